"""What all parts of a run have in common: its code, its findings by place, what hours they take."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from typing import Literal, NamedTuple

from portlint.context import path_context
from portlint.copies import MODULAR
from portlint.discover import kind_of
from portlint.errors import Unreadable
from portlint.model import Finding
from portlint.notebook.read import read as notebook
from portlint.reading import FileResult
from portlint.report import Hours, Part
from portlint.scope.choices import Choices, Weight
from portlint.scope.ease import Places, Price, ease
from portlint.scope.graph import Graph
from portlint.scope.native import extensions, loading
from portlint.scope.switches import left_off
from portlint.scope.walk import Walk
from portlint.scope.workloads import WORKLOADS, Workload
from portlint.source.modules import is_python, source_roots

Read = Callable[[str], str]
"""Name of an audited file -> its text."""


class Name(NamedTuple):
    """What a part is called, and where it stands."""

    kind: Literal["model", "entry"]
    path: str
    line: int
    name: str


class Found(NamedTuple):
    """What runs in a part (files by number), and the findings in that for each workload it has."""

    homes: frozenset[int]
    findings: Mapping[Workload, Sequence[Finding]]


class Scene:
    """The files and findings of a run, arranged."""

    def __init__(
        self,
        results: Sequence[FileResult],
        read: Read,
        findings: Mapping[Workload, Iterable[Finding]],
        price: Price,
    ) -> None:
        self.results = {result.path: result for result in results}
        self.read = read
        self.price = price
        self.code = Graph(_texts(results, read), source_roots(self.results))
        self.kinds = {path: _kind(path) for path in self.results}
        self.places = {use: Places(findings[use], self._piece) for use in WORKLOADS}
        self.loading = loading(self.code, extensions(self.kinds, read), self.kinds)
        self.choices = Choices(self.code, self._weights())
        self.priced: dict[tuple[str, ...], Hours] = {}
        self._left_off: dict[str, frozenset[int]] = {}

    def _weights(self) -> dict[int, Weight]:
        """How many findings of any workload a piece has: those that break, and others."""
        every: dict[int, dict[str, bool]] = {}
        for places in self.places.values():
            for at, findings in places.pieces.items():
                for finding in findings:
                    known = every.setdefault(at, {})
                    breaks = finding.impact == "breaks"
                    known[finding.fingerprint] = known.get(finding.fingerprint, False) or breaks
        return {at: (sum(f.values()), len(f) - sum(f.values())) for at, f in every.items()}

    def _piece(self, path: str, line: int) -> int | None:
        return self.code.piece(path, line) if path in self.code.paths else None

    def findings(
        self, walks: Mapping[Workload, Walk], path: str, files: Iterable[str] = ()
    ) -> dict[Workload, Sequence[Finding]]:
        """What a part in the file `path` runs into that walks so; `files` are with it as a whole.

        Of tests and examples only those findings count that are of the part's own kind, and where
        choices are made none that stand behind what is off unless somebody turns it on.
        """
        contexts = frozenset(["live", path_context(path)])
        found: dict[Workload, Sequence[Finding]] = {}
        for use, walk in walks.items():
            native = {f for at in self.loading.keys() & walk.ran for f in self.loading[at]}
            held = self.places[use].of(walk.ran, {*files, *native}, contexts)
            found[use] = held if walk.choice is None else self._by_default(held)
        return found

    def _by_default(self, findings: Sequence[Finding]) -> Sequence[Finding]:
        return tuple(f for f in findings if f.line not in self._off(f.path))

    def _off(self, path: str) -> frozenset[int]:
        """The lines of a file that are left off; of one that is not Python none."""
        if path not in self._left_off:
            home = self.code.paths.get(path)
            cut = None if home is None or path.endswith(".ipynb") else self.code.files[home].cut
            self._left_off[path] = left_off(cut) if cut else frozenset()
        return self._left_off[path]

    def homes(self, walks: Mapping[Workload, Walk]) -> frozenset[int]:
        """The files in which something runs."""
        every = set().union(*(walk.ran for walk in walks.values()))
        return frozenset(map(self.code.homes.__getitem__, every))

    def part(self, name: Name, found: Found, others: Sequence[str] = ()) -> Part:
        """The part as it is reported."""
        files = [self.results[self.code.files[home].path] for home in sorted(found.homes)]
        whole = not any(r.not_analysed or r.unread or r.crashes for r in files)
        easy = {
            use: ease(group, whole, self._hours(group)) for use, group in found.findings.items()
        }
        context = path_context(name.path)
        return Part(
            kind=name.kind,
            path=name.path,
            line=name.line,
            name=name.name,
            context="live" if context == "guarded" else context,
            files=len(files),
            lines=sum(result.lines for result in files),
            inference=easy.get("inference"),
            training=easy.get("training"),
            others=tuple(others),
        )

    def _hours(self, findings: Sequence[Finding]) -> Hours:
        key = tuple(f"{f.fingerprint}{f.impact}" for f in findings)
        if key not in self.priced:
            self.priced[key] = self.price(findings) if findings else (0.0, 0.0)
        return self.priced[key]


def _kind(path: str) -> str:
    return "python" if path.endswith(".py") else kind_of(path) or "python"


def _texts(results: Iterable[FileResult], read: Read) -> Iterator[tuple[str, str]]:
    """The Python of all files but tests, and but those that others are generated from."""
    for result in results:
        name = result.path.rpartition("/")[2]
        if is_python(name) and not name.startswith(MODULAR) and path_context(result.path) != "test":
            text = read(result.path)
            yield result.path, _program(text) if result.path.endswith(".ipynb") else text


def _program(text: str) -> str:
    try:
        return notebook(text).python
    except Unreadable:
        return ""
