"""What has to hold of every input: it is read or refused in words, and said the same way twice."""

import contextlib
import functools
import pathlib
import re
import tempfile
import zlib
from collections import Counter
from collections.abc import Sequence
from typing import Any

import msgspec

from portlint import catalog, config, engine, passes, render
from portlint.catalog import Catalog, shipped
from portlint.config import Config
from portlint.discover import File
from portlint.errors import RuleError, Unreadable, UsageError
from portlint.formats import FORMATS
from portlint.infra import weights
from portlint.job import Job
from portlint.reading import FileResult
from portlint.running import Run
from portlint.source.index import build
from portlint.source.modules import module_name
from portlint.source.relevant import Exporting
from portlint.source.text import decode
from portlint.turns import Turn
from tests.fuzz import inputs
from tests.fuzz.broken import Broken
from tests.fuzz.inputs import Part

GOOD = "import torch\nx = torch.cuda.Stream()\n"
EVERY = 4
"""Of so many inputs one goes through the whole of a run, and of those so many through renderers."""


@functools.cache
def plain() -> Config:
    """The configuration of a run that nobody configured."""
    empty = pathlib.Path(tempfile.mkstemp(suffix=".toml")[1])
    found, _ = config.read((), {"jobs": 1, "audit": False}, empty, shipped().rules)
    empty.unlink()
    return found


def a_file(data: bytes, default: str) -> None:
    """One file, as `check -` and an editor hand it over."""
    name, body = inputs.parts(data, default)[0]
    rules = shipped()
    first = passes.one(body, name, rules)
    if passes.one(body, name, rules) != first:
        raise Broken("a second reading says something else")
    result = first.result
    _sound(result, body)
    whole = passes.one(body, name, rules, everything=True).result
    if whole.not_analysed is None and not whole.unread:
        _same(result, whole)
        _told(result, whole, body, name)
    if zlib.crc32(data) % EVERY == 0:
        _reported(engine.run_bytes(body, name, plain()), zlib.crc32(data) // EVERY)


def _same(gated: FileResult, whole: FileResult) -> None:
    for field in FileResult.__struct_fields__:
        one, other = getattr(gated, field), getattr(whole, field)
        if field == "sightings" and one != other:
            rules = sorted({sighting.rule for sighting in {*one} ^ {*other}})
            raise Broken(f"triage changes {rules[0]}", f"{one!r} or {other!r}"[:1000])
        if field not in ("exports", "ways") and one != other:
            raise Broken(f"triage changes {field}", f"{one!r} or {other!r}"[:1000])


def _told(gated: FileResult, whole: FileResult, body: bytes, name: str) -> None:
    """Of imports whose guards nobody asked for some may be noted; of others all of them are."""
    if not Counter(gated.ways) <= Counter(whole.ways):
        raise Broken("triage makes up ways", f"{gated.ways!r} or {whole.ways!r}"[:1000])
    if not whole.ways or name.endswith(".ipynb") or not inputs.safe(name):
        return
    file = File(pathlib.Path(name), name, "python")
    watched = {module_name(name)[0]: {(way.source, way.name) for way in whole.ways}}
    job = Job(Exporting(), watched=watched)
    asked = passes.analyse_bytes(body, Turn(file), job, passes.start(shipped()))
    if asked is not None and Counter(asked.result.ways) != Counter(whole.ways):
        raise Broken("triage loses ways", f"{asked.result.ways!r} or {whole.ways!r}"[:1000])


def _sound(result: FileResult, body: bytes) -> None:
    """No rule failed, and every place is one of the text."""
    for crash in result.crashes:
        raise Broken(re.sub(r" in [\w<>]+, line \d+.*", "", crash.reason)[:100], crash.reason)
    if not result.sightings:
        return
    lines = _lines(result, body)
    for sighting in result.sightings:
        span = sighting.span
        if not 1 <= span.line <= span.end_line <= len(lines):
            raise Broken(f"a place of {sighting.rule} is on no line", repr(sighting))
        if not 1 <= span.column <= len(lines[span.line - 1]) + 1:
            raise Broken(f"a place of {sighting.rule} is in no column", repr(sighting))
        if not 1 <= span.end_column <= len(lines[span.end_line - 1]) + 1:
            raise Broken(f"a place of {sighting.rule} ends in no column", repr(sighting))
        if (span.line, span.column) > (span.end_line, span.end_column):
            raise Broken(f"a place of {sighting.rule} ends before it begins", repr(sighting))
        if not all(1 <= place.line <= len(lines) for place in sighting.related):
            raise Broken(f"a place beside one of {sighting.rule} is on no line", repr(sighting))


def _lines(result: FileResult, body: bytes) -> Sequence[str]:
    """The lines that places speak of: of a notebook those of its code."""
    if not result.path.endswith(".ipynb"):
        return decode(body).split("\n")
    from portlint.notebook.read import read

    return [line.code for line in read(decode(body)).lines]


def _reported(done: Run, chance: int = 0) -> bytes:
    """The report as JSON, and sometimes in every format."""
    if done.internal_error:
        crashes = [item.reason for item in done.report.not_analysed if item.internal]
        raise Broken(re.sub(r" in [\w<>]+, line \d+.*", "", crashes[0])[:100], crashes[0])
    style = render.Style(rules=shipped().rules)
    for name in FORMATS if chance % EVERY == 0 and done.report.findings else ("json",):
        render.render(done.report, name, style).encode()
    return msgspec.json.encode((done.report, done.left_out))


def a_tree(data: bytes, default: str) -> None:
    """Several files in a folder."""
    with _written(inputs.parts(data, default)) as root:
        flags: dict[str, Any] = {"jobs": 1, "audit": zlib.crc32(data) % 2 == 0}
        try:
            asked, _ = config.read((root,), flags, None, shipped().rules)
            first = engine.run(asked)
        except UsageError as error:
            _in_words(error)
            return
        whole = engine.run(msgspec.structs.replace(asked, no_triage=True))
        said, again = _reported(first, zlib.crc32(data)), _reported(whole, 1)
        if not whole.report.not_analysed and said != again:
            raise Broken("triage changes what a run says", _difference(first, whole))
        if _reported(engine.run(asked), 1) != said:
            raise Broken("a second run says something else")


def _difference(one: Run, other: Run) -> str:
    found = [set(map(msgspec.json.encode, run.report.findings)) for run in (one, other)]
    return repr(sorted(found[0] ^ found[1]))[:1500]


@contextlib.contextmanager
def _written(files: Sequence[Part]) -> Any:
    with tempfile.TemporaryDirectory() as folder:
        root = pathlib.Path(folder) / "root"
        root.mkdir()
        for name, body in files:
            path = root / name
            if inputs.safe(name):
                with contextlib.suppress(FileExistsError, NotADirectoryError, IsADirectoryError):
                    path.parent.mkdir(parents=True, exist_ok=True)
                    path.write_bytes(body)
        yield root


def _in_words(error: BaseException) -> None:
    """What a person is told has words in each line, and no name of an exception."""
    said = str(error)
    if not all(line.strip() for line in said.split("\n")[:1]) or "Traceback" in said:
        raise Broken("a mistake is not told in words", repr(said))


def a_configuration(data: bytes, default: str) -> None:
    """A portlint.toml or pyproject.toml beside a file."""
    a_tree(inputs.joined([inputs.parts(data, default)[0], Part("good.py", GOOD.encode())]), default)


def a_rule(data: bytes, default: str) -> None:
    """The file of a rule."""
    name, body = inputs.parts(data, default)[0]
    name = name if name.count("/") == 1 and inputs.safe(name) else default
    with _written([Part(name, body)]) as root:
        tables = _tables()
        try:
            rule = catalog.read_rule(root / name, tables)
        except RuleError as error:
            _in_words(error)
            return
        rules = {**shipped().rules, rule.code: rule}
        try:
            build(Catalog(rules, "", root))
        except RuleError as error:
            _in_words(error)


@functools.cache
def _tables() -> dict[str, list[dict[str, str]]]:
    return catalog._symbol_tables(catalog.rules_folder())


def some_knowledge(data: bytes, default: str) -> None:
    """A table of an overlay, and what is judged with it."""
    body = inputs.parts(data, default)[0].data
    with _written([Part("facts/ops.csv", body)]) as root:
        flags = {"jobs": 1, "knowledge": str(root / "facts")}
        try:
            asked, _ = config.read((), flags, _empty(root), shipped().rules)
        except UsageError as error:
            _in_words(error)
            return
        _reported(engine.run_bytes(GOOD.encode(), "a.py", asked))


def _empty(root: pathlib.Path) -> pathlib.Path:
    (root / "empty.toml").touch()
    return root / "empty.toml"


def some_weights(data: bytes, default: str) -> None:
    """The head of a file of weights."""
    body = inputs.parts(data, default)[0].data
    with (
        _written([Part("m.safetensors", body)]) as root,
        (root / "m.safetensors").open("rb") as file,
    ):
        try:
            facts = weights.read(file)
        except Unreadable:
            return
    _reported_file("m.safetensors", body)
    for fact in facts:
        fact.value.encode()


def _reported_file(name: str, body: bytes) -> None:
    with _written([Part(name, body)]) as root:
        asked, _ = config.read((root,), {"jobs": 1}, _empty(root.parent), shipped().rules)
        _reported(engine.run(asked))


def some_ignores(data: bytes, default: str) -> None:
    """A .gitignore, where git is not asked."""
    body = inputs.parts(data, default)[0].data
    names = ("good.py", "out/a.py", f"a/b/{'a' * 50}.gen.py")
    a_tree(
        inputs.joined([Part(".gitignore", body), *(Part(n, GOOD.encode()) for n in names)]),
        default,
    )
