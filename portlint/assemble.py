"""Sightings and a target -> findings: verdict, context, words, root cause, fingerprint."""

import functools
import hashlib
import re
from collections import Counter
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from pathlib import PurePosixPath
from typing import NamedTuple

import msgspec

from portlint.backends import backends, based, foreign
from portlint.effort.label import effort_of, label
from portlint.infra.beside import ADDED, FOR_AMD
from portlint.judge import Judged, judge
from portlint.model import Context, Finding, Frozen, Related, Target
from portlint.reading import FileResult, Sighting
from portlint.rule import Rule
from portlint.targets import FAMILY

TEST_FOLDERS = frozenset("test tests testing unittests unit_tests test_utils".split())
CI_FOLDERS = frozenset(
    ".buildkite .circleci .jenkins .gitlab .ci .azure-pipelines .semaphore .teamcity".split()
)
"""Folders of systems that run tests; what is in `.github` also builds and deploys."""
EXAMPLE_FOLDERS = frozenset(
    "example examples sample samples demo demos docs doc tutorials tutorial benchmark "
    "benchmarks".split()
)
TEST_FILE = re.compile(
    r"(tests?|test_.*|.*_tests?|testing(_\w+)?|conftest)\.py|(.*[-_.])?(tests?|dev|lint|ci)([-_.].*)?\.(txt|in)"
    r"|(test_.*|.*_(unit)?tests?)\.(cu|cc|cpp|cxx)"
)
TEST_WORKFLOW = re.compile(r"(.*[-_.])?(tests?|lint)([-_.].*)?\.ya?ml")
"""Workflows of `.github` that say that they test; others build and deploy as well."""
TEST_IMAGE = re.compile(
    r"(Dockerfile|Containerfile)[._-](tests?|ci|lint)([._-].*)?|(docker-)?compose[._-]tests?[._-].*",
    re.IGNORECASE,
)
EXAMPLE_FILE = re.compile(r"(bench(mark)?|example|demo)s?(_.*)?\.(py|cu|cc|cpp|cxx)")
DEAD = "only on another release of torch"
RELATED = 20
"""Places a finding names at most; the count of the rest is said in the last one."""


class Use(NamedTuple):
    """A place that uses what another file imports or decides, and whether it has to change too.

    A library's function that is replaced has to be called otherwise; a device is decided once.
    """

    place: Related
    changes: bool


def path_context(path: str) -> Context:
    """Whether a path below the audited root is a test or an example."""
    parts = PurePosixPath(path).parts
    name = parts[-1]
    folders = {part.lower() for part in parts[:-1]}
    if folders & (TEST_FOLDERS | CI_FOLDERS) or TEST_FILE.fullmatch(name):
        return "test"
    if (".github" in folders and TEST_WORKFLOW.fullmatch(name)) or TEST_IMAGE.fullmatch(name):
        return "test"
    if name.endswith(".py") and any(folder.startswith(".") for folder in folders):
        return "example"  # a hidden folder holds what helps to write the program
    return "example" if folders & EXAMPLE_FOLDERS or EXAMPLE_FILE.fullmatch(name) else "live"


class Around(Frozen, frozen=True, kw_only=True):
    """What all files together say of each.

    `uses` are the places that use what a line of a file brings or decides, `others` the files
    beside one that are for another device, `bases` the folders with a base list of requirements;
    `cuda` says whether some source is written for CUDA.
    """

    uses: dict[str, dict[int, list[Use]]]
    others: dict[str, str]
    bases: set[str]
    cuda: bool


def around(results: Sequence[FileResult]) -> Around:
    """What these files say of each other."""
    others, bases = _neighbours(tuple(result.path for result in results))
    cuda = _has_cuda(results)
    return Around(uses=_uses(results), others=dict(others), bases=set(bases), cuda=cuda)


def findings(
    results: Iterable[FileResult],
    rules: Mapping[str, Rule],
    target: Target,
    known: Around | None = None,
) -> list[Finding]:
    """All findings for this target, in the order of the report.

    What is `known` of the files around is asked of the results where they are all that there is.
    """
    results = list(results)
    beside = known or around(results)
    found: list[Finding] = []
    for result in results:
        if not result.sightings:
            continue
        repeats: Counter[tuple[str, str]] = Counter()
        context = path_context(result.path)
        added = str(PurePosixPath(result.path).parent) in beside.bases
        device = _device(result.path, beside.others)
        uses = beside.uses.get(result.path, {})
        for sighting in result.sightings:
            if sighting.chips and target.chip not in sighting.chips:
                continue
            if (sighting.guard == ADDED and not added) or (
                sighting.guard == FOR_AMD and not beside.cuda
            ):
                sighting = msgspec.structs.replace(sighting, guard=None)
            whole = DEAD if sighting.dead == FAMILY[target.stack] else device
            if whole and sighting.guard is None:
                sighting = msgspec.structs.replace(sighting, guard=whole)
            rule = rules[sighting.rule]
            row = rule.rows.get(sighting.row) if sighting.row else None
            judged = judge(rule, row, target)
            if judged is None:
                continue
            line = " ".join(sighting.snippet.split())
            repeats[sighting.rule, line] += 1
            print_ = fingerprint(sighting.rule, result.path, line, repeats[sighting.rule, line])
            places = uses.get(sighting.span.line, [])
            found.append(_finding(sighting, rule, judged, result.path, context, print_, places))
    return sorted(found, key=lambda f: f.sort_key)


@functools.lru_cache(maxsize=2)
def _neighbours(paths: tuple[str, ...]) -> tuple[Mapping[str, str], Collection[str]]:
    """What the files beside a file say of it; asked for every target of a matrix."""
    return backends(paths), based(paths)


def _has_cuda(results: Iterable[FileResult]) -> bool:
    """Whether some source is written for CUDA, so that those for AMD are its counterparts."""
    return any(
        PurePosixPath(result.path).suffix in (".cu", ".cuh")
        and any(s.guard is None and s.layer == "infra" for s in result.sightings)
        for result in results
        if result.sightings and path_context(result.path) == "live" and foreign(result.path) is None
    )


def _device(path: str, others: Mapping[str, str]) -> str | None:
    """Why a file as a whole is for another device, or for one of several."""
    if path in others:
        return f"one of several device backends, as `{others[path]}` is"
    device = foreign(path)
    return f"for another device: `{device}`" if device else None


def fingerprint(rule: str, path: str, line: str, repeat: int) -> str:
    """Stays the same when lines move: rule, path, the line's words, and which repeat it is."""
    text = f"{rule}\0{path}\0{line}\0{repeat}"
    return hashlib.sha256(text.encode("utf-8", "surrogatepass")).hexdigest()[:20]


def _finding(
    sighting: Sighting,
    rule: Rule,
    judged: Judged,
    path: str,
    context: Context,
    print_: str,
    uses: list[Use],
) -> Finding:
    row = rule.rows.get(sighting.row) if sighting.row else None
    if context == "live" and sighting.guard is not None:
        context = "guarded"
    span = sighting.span
    return Finding(
        rule=rule.code,
        name=rule.name,
        impact=judged.impact,
        effort=label(effort_of(rule, row)),
        confidence=judged.confidence,
        context=context,
        layer=sighting.layer,
        message=_message(sighting, rule, judged),
        path=path,
        line=span.line,
        column=span.column,
        end_line=span.end_line,
        end_column=span.end_column,
        symbol=sighting.symbol,
        snippet=sighting.snippet,
        evidence=sighting.evidence or judged.evidence,
        replacement=judged.replacement or None,
        root_cause=_root_cause(sighting, rule, path),
        related=_limited([*sighting.related, *(use.place for use in uses)]),
        lines=sighting.lines,
        places=1 + _places(sighting) + sum(use.changes for use in uses),
        fingerprint=print_,
    )


def _message(sighting: Sighting, rule: Rule, judged: Judged) -> str:
    row = rule.rows.get(sighting.row) if sighting.row else None
    text = sighting.message or rule.summary
    for name, value in (
        ("{symbol}", sighting.symbol),
        ("{value}", sighting.value),
        ("{what}", row.what if row else ""),
    ):
        text = text.replace(name, value or "")
    if sighting.where:
        text += f" ({sighting.where})"
    if judged.note:
        text += f"; {judged.note}"
    if judged.workload:
        text += f" (in {judged.workload})"
    if sighting.guard:
        text += f" [guarded: {sighting.guard}]"
    return " ".join(text.split())


def _root_cause(sighting: Sighting, rule: Rule, path: str) -> str:
    if sighting.key is not None:
        return f"{rule.code}:{sighting.key}"
    if rule.root_cause == "place":
        return f"{rule.code}:{path}:{sighting.span.line}"
    what = sighting.row.removesuffix(".*") if sighting.row else sighting.symbol
    if rule.root_cause == "symbol" and what:
        return f"{rule.code}:{what}"
    return rule.code


def _places(sighting: Sighting) -> int:
    """How many further places of its file change along with a sighting."""
    return len(sighting.related) if sighting.places is None else sighting.places


def _limited(related: list[Related]) -> tuple[Related, ...]:
    if len(related) <= RELATED:
        return tuple(related)
    last = related[RELATED]
    more = Related(
        path=last.path, line=last.line, message=f"and {len(related) - RELATED} more places"
    )
    return (*related[:RELATED], more)


def _uses(results: Iterable[FileResult]) -> dict[str, dict[int, list[Use]]]:
    """Where a device decided, or a library's name imported, in one file is used in others."""
    results = list(results)
    homes: dict[tuple[str, str], tuple[str, int, bool]] = {}
    for result in results:
        for name, export in result.exports.items():
            if export.line:
                changes = export.kind == "symbol"
                homes[_module(result.path), name] = (result.path, export.line, changes)
    passed = {(_module(path), name): module for path, _, module, name in _all_uses(results)}
    uses: dict[str, dict[int, list[Use]]] = {}
    for path, line, module, name in _all_uses(results):
        home = homes.get((_origin(module, name, passed), name))
        if home is not None:
            place = Related(path=path, line=line, message=f"uses `{name}` from here")
            uses.setdefault(home[0], {}).setdefault(home[1], []).append(Use(place, home[2]))
    return uses


def _origin(module: str, name: str, passed: Mapping[tuple[str, str], str]) -> str:
    """The module a name comes from, through modules that pass it on under the same name."""
    seen: set[str] = set()
    while module not in seen and (module, name) in passed:
        seen.add(module)
        module = passed[module, name]
    return module


def _all_uses(results: Iterable[FileResult]) -> Iterator[tuple[str, int, str, str]]:
    for result in results:
        for use in dict.fromkeys(result.uses):
            yield result.path, use.line, use.module, use.name


def _module(path: str) -> str:
    from portlint.source.modules import module_name

    return module_name(path)[0]
