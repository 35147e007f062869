"""The models of a run -> their traces, what the rules see in them, and their part of the report."""

from __future__ import annotations

import ast
import dataclasses
import functools
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path

import msgspec

from portlint.attention.reported import row
from portlint.capture import capture
from portlint.catalog import Catalog
from portlint.config import Config
from portlint.contents import contents
from portlint.errors import Unreadable
from portlint.fit import fit
from portlint.graph.attention import Group, attentions
from portlint.graph.coverage import coverage
from portlint.graph.match import match, shown
from portlint.graph.view import View
from portlint.graph.words import words
from portlint.model import NotAnalysed, Target
from portlint.oracle import interpreter
from portlint.oracle.compare import Compared, compare
from portlint.oracle.differs import disagreements
from portlint.oracle.session import Session
from portlint.oracle.told import told
from portlint.reading import FileResult
from portlint.record import Trace
from portlint.report import Break, Model
from portlint.source.index import build
from portlint.trace.protocol import Request


@dataclasses.dataclass(frozen=True)
class Traced:
    """A model's trace and what the rules see in it, by file; `found` is the oracle's word on it."""

    view: View
    results: list[FileResult]
    found: Sequence[Compared] | None = None
    versions: Mapping[str, str] = dataclasses.field(default_factory=dict)

    @property
    def trace(self) -> Trace:
        """What the model did."""
        return self.view.trace

    @functools.cached_property
    def attentions(self) -> list[Group]:
        """The attentions of the graph in groups."""
        return attentions(self.view)

    def reported(self, target: Target, root: Path) -> Model:
        """The model's part of the report."""
        trace = self.trace
        found = coverage(self.view, target, lambda at: f"{shown(at, root)}:{at.line}")
        return Model(
            name=trace.model,
            captured_by=trace.captured_by,
            fidelity=trace.fidelity or None,
            parameters=trace.parameters if trace.captured_by else None,
            ops=found.rows,
            attention=tuple(
                row(
                    group.kind,
                    group.features,
                    group.number,
                    (shown(group.place, root), group.place.line) if group.place else None,
                    target,
                )
                for group in self.attentions
            ),
            coverage=found.counts,
            breaks=_breaks(trace, root),
            try_first=found.try_first,
            confinement=trace.confinement,
            oracle=None
            if self.found is None
            else told(
                self.found, self.view, self.versions, lambda at: f"{shown(at, root)}:{at.line}"
            ),
            fit=fit(self.view, self.attentions, target),
        )

    @property
    def uncaptured(self) -> list[NotAnalysed]:
        """Why the model has no graph at all."""
        if self.trace.captured_by is not None:
            return []
        failures = [event for event in self.trace.events if event.kind == "failure"]
        reason = failures[-1].detail or failures[-1].what if failures else "gave no graph"
        return [NotAnalysed(path=self.trace.model, reason=reason)]


def _breaks(trace: Trace, root: Path) -> tuple[Break, ...]:
    return tuple(
        Break(
            reason=event.detail or event.what,
            path=shown(event.place, root) if event.place else None,
            line=event.place.line if event.place else None,
        )
        for event in trace.events
        if event.kind in ("break", "failure")
    )


def traced(config: Config, rules: Catalog, root: Path) -> list[Traced]:
    """Trace the models one after the other; each costs only its own part of the report."""
    newer = words(rules.newer, config.target)
    asked = interpreter.find(config.oracle_python) if config.oracle else None
    found = []
    for spec in config.models:
        view = View(capture(request(spec, config, rules, root)), newer)
        found.append(Traced(view, match(view, rules, root)))
    if asked is None:
        return found
    with Session(asked) as session:
        return [_compared(one, session, config, rules, root) for one in found]


def _compared(one: Traced, session: Session, config: Config, rules: Catalog, root: Path) -> Traced:
    """The model again, with what the oracle says of it."""
    found = compare(one.view, config.target, session.ask)
    more = disagreements(found, one.trace, rules, root)
    versions = session.interpreter.versions
    return dataclasses.replace(one, results=[*one.results, *more], found=found, versions=versions)


def root_of(models: Sequence[str]) -> Path:
    """The folder of the first model's file; the current folder for a dotted name."""
    path = Path(models[0].rpartition(":")[0] or models[0])
    if path.is_dir():
        return path
    return path.parent if path.suffix == ".py" else Path.cwd()


def request(spec: str, config: Config, rules: Catalog, root: Path) -> Request:
    """What the child is asked for one model."""
    asked = {name: getattr(config.tracing, name) for name in config.tracing.__struct_fields__}
    asked["readable"] = tuple(str(path.resolve()) for path in config.tracing.readable)
    plain = Request(
        spec=spec,
        root=str(root.resolve()),
        cwd=str(Path.cwd()),
        training=config.target.workload != "inference",
        breaks=config.target.stack in ("native-compile", "vllm"),
        libraries=tuple(sorted({*build(rules).libraries, *extensions(root)})),
    )
    return msgspec.structs.replace(plain, **{k: v for k, v in asked.items() if v is not None})


def extensions(root: Path) -> Iterator[str]:
    """The compiled modules that setup.py files of the audited tree build, read and never run."""
    for file in sorted(root.rglob("setup.py")):
        try:
            tree = ast.parse(contents(file))
        except (OSError, Unreadable, SyntaxError, ValueError, RecursionError, MemoryError):
            continue
        for node in ast.walk(tree):
            if isinstance(node, ast.Call) and ast.unparse(node.func).endswith("Extension"):
                named = [k.value for k in node.keywords if k.arg == "name"]
                for value in [*named, *node.args[:1]]:
                    if isinstance(value, ast.Constant) and isinstance(value.value, str):
                        yield value.value.split(".")[0]
