"""One Python file -> its sightings, exports and uses: triage, trees, walk, places."""

from __future__ import annotations

import ast
from collections.abc import Mapping, Sequence

import msgspec

from portlint.errors import Unreadable
from portlint.model import Related, Span
from portlint.reading import DeviceUse, Export, FileResult, Sighting
from portlint.source import cst
from portlint.source.conditions import Conditions
from portlint.source.doubted import doubted
from portlint.source.exports import Exported, Externals, exported
from portlint.source.extent import extent, is_placed
from portlint.source.found import Hit
from portlint.source.guards import Code
from portlint.source.held import Held
from portlint.source.hot.heat import COLD
from portlint.source.index import Index
from portlint.source.match import Matcher
from portlint.source.names import Resolver
from portlint.source.needles import Spelled
from portlint.source.recast.deeply import deeply
from portlint.source.scope import Binding, Scope
from portlint.source.silent import exports
from portlint.source.slicing import Slice
from portlint.source.tree import Tree, tree
from portlint.source.trees import Trees, trees
from portlint.source.triage import slices
from portlint.source.trials import Trial, trial_at, trials
from portlint.source.walk import Walk

SNIPPET = 200
"""Characters of a source line that a finding quotes at most."""


@deeply()
def analyse(
    text: str,
    path: str,
    index: Index,
    externals: Externals,
    everything: bool = False,
    spelled: Spelled | None = None,
) -> FileResult:
    """Everything the source pass says about one file; a file it cannot read says why.

    `everything` parses all statements, not only those that can hold a finding (for tests);
    `spelled` is what the index's needles found in the text, where somebody asked already.
    """
    count = text.count("\n") + bool(text and not text.endswith("\n"))
    spelled = spelled or index.gates.needles.find(text)
    try:
        read = tree(text, spelled)
        if not (everything or externals.table or externals.asked):
            silent = exports(read, text, index, spelled)
            if silent is not None:
                return FileResult(path=path, lines=count, exports=silent)
        reading = _Reading(text, path, index, externals, spelled)
        reading.parse(read, everything)
    except Unreadable as error:
        return FileResult(path=path, lines=count, not_analysed=str(error))
    found = reading.result(count)
    reading.conditions.forget()
    return found


class _Reading:
    """The state of reading one file, from slices to spans."""

    def __init__(
        self, text: str, path: str, index: Index, externals: Externals, spelled: Spelled
    ) -> None:
        self.text = text
        passed_on = index.gates.needles.find(" ".join(externals.paths))
        self.spelled = spelled.besides(passed_on.words)
        self.path = path
        self.index = index
        self.externals = externals
        self.names = Resolver(externals.package, externals.refs, ":=" in text)
        self.module = Scope("module", None)
        self.heat = COLD
        self.trials: list[Trial] = []
        self.trees: Trees
        self.conditions: Conditions
        self.tree: ast.Module | None = None

    def parse(self, read: Tree, everything: bool) -> None:
        """Slices -> trees, and the bindings of the module in textual order."""
        self.heat = read.heat
        self.tree = read.module
        self.trials = trials(read.module)
        parts = self._slices(read, read.module, everything) if read.module is not None else []
        self.trees = trees(self.text, read.module, parts)
        self.conditions = Conditions(
            self.names,
            self.index.libraries,
            self.externals.atom,
            self.trees.code,
            self.trees.bare,
        )
        self.conditions.held = Held(self.conditions, read.module, self.text, self.trees.cast)
        for part, statements in self.trees.parts:
            for name, path in part.brought:
                self.module.add(name, Binding(self.module.order, path=path))
            if statements:
                self.names.collect(self.module, statements)
                continue
            self.module.order += 1
            for name in part.binds:
                self.module.add(name, Binding(self.module.order))

    def _slices(self, read: Tree, module: ast.Module, everything: bool) -> list[Slice]:
        index, words = self.index, self.externals.words
        return slices(
            self.text, read, module, index.gates, self.spelled, index.libraries, words, everything
        )

    def result(self, count: int) -> FileResult:
        """Walk the trees and turn hits into sightings with spans."""
        matcher = Matcher(self.index, self.externals, self.text, self.spelled, self.trees.code)
        statements = [statement for part in self.trees.parts for statement in part.statements]
        walk = Walk(self.names, self.conditions, matcher, self.path, self.heat)
        walk.run(self.module, statements)
        matcher.finish()
        self.module.now = 0
        imports = matcher.imports
        passed_on = exported(
            self.module, self.names, self.conditions, self.index, matcher.hits, imports
        )
        spans = self._spans(matcher, passed_on)
        lines = self.text.split("\n")
        hits = [hit for hit in matcher.hits if _holds(hit, spans)]
        found = dict.fromkeys(_sighting(hit, spans, lines, self) for hit in hits)
        sightings = [self._tried(sighting) for sighting in found]
        return FileResult(
            path=self.path,
            lines=count,
            sightings=tuple(self._held(sorted(sightings, key=_order))),
            exports={name: _placed(item, spans) for name, item in passed_on.items()},
            uses=tuple(
                DeviceUse(module=module, name=name, line=spans[id(node)].line)
                for module, name, node in self.externals.used
            ),
            ways=matcher.ways,
            crashes=tuple(matcher.crashes),
        )

    def _tried(self, sighting: Sighting) -> Sighting:
        """The sighting, behind the trial of the module that it stands in."""
        words = trial_at(self.trials, sighting.span.line) if sighting.guard is None else None
        return msgspec.structs.replace(sighting, guard=words) if words else sighting

    def _held(self, sightings: Sequence[Sighting]) -> Sequence[Sighting]:
        """The sightings with what around them has to be asked of other files."""
        open_ = {s.span for s in sightings if s.guard is None}
        if self.tree is None or not open_:
            return sightings
        held = doubted(self.tree, self.text, open_)
        return [
            msgspec.structs.replace(s, within=held[s.span]) if s.guard is None else s
            for s in sightings
        ]

    def _spans(self, matcher: Matcher, exports: dict[str, Exported]) -> Mapping[int, Span]:
        wanted = [node for hit in matcher.hits for node in _nodes(hit)]
        wanted += [item.node for item in exports.values() if item.node is not None]
        wanted += [node for _, _, node in self.externals.used]
        return self.trees.spans(wanted) if wanted else {}


def _nodes(hit: Hit) -> list[cst.CSTNode]:
    found = hit.found
    ends = [found.end] if found.end is not None else []
    guards = [guard.node for guard in hit.guards[-1:] if guard.node is not None]
    whole = filter(is_placed, found.whole)
    return [found.node, *ends, *(node for node, _ in found.related), *guards, *whole]


def _placed(item: Exported, spans: Mapping[int, Span]) -> Export:
    span = spans.get(id(item.node))
    return msgspec.structs.replace(item.export, line=span.line) if span else item.export


def _holds(hit: Hit, spans: Mapping[int, Span]) -> bool:
    """Whether a match that is bound to lines stands on one of them."""
    span = spans[id(hit.found.node)]
    lines = hit.found.lines
    return not lines or any(span.line <= line <= span.end_line for line in lines)


def _order(sighting: Sighting) -> tuple[Span, str, str]:
    return (sighting.span, sighting.rule, sighting.symbol or "")


def _sighting(hit: Hit, spans: Mapping[int, Span], lines: list[str], reading: _Reading) -> Sighting:
    found = hit.found
    span = spans[id(found.node)]
    if found.end is not None:
        end = spans[id(found.end)]
        span = Span(span.line, span.column, end.end_line, end.end_column)
    return Sighting(
        rule=hit.rule.code,
        span=span,
        layer="source",
        snippet=lines[span.line - 1].rstrip()[:SNIPPET],
        symbol=found.symbol,
        row=found.row,
        value=found.value,
        message=found.message,
        guard=_guard_text(hit, spans, reading.trees.code),
        dead=hit.dead,
        key=found.key,
        related=tuple(
            Related(path=reading.path, line=spans[id(node)].line, message=text)
            for node, text in found.related
        ),
        lines=extent(found.whole, spans, lines) or None,
        places=found.places,
    )


def _guard_text(hit: Hit, spans: Mapping[int, Span], code: Code) -> str | None:
    """What stands between this place and a Neuron host: the innermost guard and its line."""
    if not hit.guards:
        return None
    guard = hit.guards[-1]
    text = guard.text(code)
    span = spans.get(id(guard.node)) if guard.node is not None else None
    where = f" (line {span.line})" if span else ""
    words = {
        "typing": "seen by type checkers only",
        "neuron": f"only where Neuron is not used: `{text}`",
        "method": f"one of several methods by device, as `{text}` is",
        "skip": f"test skipped without CUDA: `{text}`",
        "import": f"a missing import is caught: `{text}`",
        "option": f"a failure is caught: `{text}`",
        "error": "only on the way to an error",
        "unreal": f"tensors are on no device in `{text}`",
        "idle": f"nothing of it is used but `{text}`",
        "fallback": f"only where this fails: `{text}`"
        if isinstance(guard.node, cst.Try | cst.TryStar)
        else f"only on another release of torch: `{text}`",
    }
    return words.get(guard.kind, f"only where `{text}`") + where
