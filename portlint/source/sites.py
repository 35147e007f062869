"""Mentions of names that stand behind guards in a file: what is around them is read."""

from __future__ import annotations

import ast
import bisect
import re
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from typing import NamedTuple

from portlint.errors import Unreadable
from portlint.source import cst
from portlint.source.chunks import code_tree
from portlint.source.conditions import Conditions
from portlint.source.exports import Externals
from portlint.source.guards import KINDS, Guard
from portlint.source.held import Held
from portlint.source.lines import words_on
from portlint.source.mentions import Mention
from portlint.source.names import Resolver
from portlint.source.nodes import dotted_text
from portlint.source.owners import guard_of
from portlint.source.place import Frame, Place
from portlint.source.recast.deeply import deeply
from portlint.source.recast.written import Placed, Through
from portlint.source.scope import Binding, Scope
from portlint.source.slicing import SMALL, Slice
from portlint.source.statements import Group, groups
from portlint.source.thin import Function, Keep, bare, first_line, left_out
from portlint.source.trees import trees
from portlint.source.walk import Walk, note_guard

Key = tuple[tuple[str, ...], str]
"""The definitions around a mention, and how it is spelled."""
HELPER = 40
"""Lines: a longer function is no question that a condition asks."""
BINDING = frozenset((cst.Import, cst.ImportFrom, cst.Assign))
"""Statements that give names to what stands behind the guards around them."""
DEFINITIONS = (ast.FunctionDef, ast.AsyncFunctionDef, ast.ClassDef)
WORD = re.compile(r"\w+")


@deeply()
def guards(
    text: str,
    asked: Iterable[Mention],
    externals: Externals,
    libraries: frozenset[str],
    unbound: frozenset[str],
) -> dict[Key, str]:
    """The mentions all of which stand behind a guard, with the words of the first guard."""
    wanted = {(m.inside, m.text): m for m in asked}
    tests = {test for mention in wanted.values() for test in mention.tests if test}
    attributes = {word for test in tests for word in test.attributes}
    module = code_tree(text)
    try:
        made = trees(text, module, _slices(module, text, wanted, attributes))
    except (Unreadable, RecursionError):
        return {}
    names = Resolver(externals.package, externals.refs)
    conditions = Conditions(names, libraries, externals.atom, made.code, made.bare)
    conditions.held = Held(conditions, module, text, made.cast)
    scope = Scope("module", None)
    for part, found in made.parts:
        if found:
            names.collect(scope, found)
            continue
        scope.order += 1
        for name in part.binds:
            scope.add(name, Binding(scope.order))
    statements = [statement for part in made.parts for statement in part.statements]
    seen = _Seen(wanted, unbound)
    spelling = _Spelling(words_on(text, seen.lasts), made.cast.at)
    homes = {name for inside, _ in wanted for name in inside}
    _Near(names, conditions, seen, homes, spelling).run(scope, statements)
    conditions.forget()
    return {
        key: words[0]
        for key, found in seen.found.items()
        if (words := [w for w in found if w is not None]) and len(words) == len(found)
    }


def _slices(module: ast.Module, text: str, wanted: Collection[Key], asked: set[str]) -> list[Slice]:
    """Those definitions only that hold a mention or answer a condition around it, and what they
    use."""
    found = list(groups(module, text.split("\n")))
    inside = {name for names, _ in wanted for name in names}
    homes = {name.partition(".")[0] for name in inside}
    methods = {name.rpartition(".")[2] for name in inside}
    sets = re.compile(rf"self\.(?:{'|'.join(sorted(asked)) or '-'})\b[^=\n]*=[^=]")
    held = [any(getattr(n, "name", None) in homes for n in group.statements) for group in found]
    words = {
        w for group, hold in zip(found, held, strict=True) if hold for w in WORD.findall(group.text)
    }

    def reads(body: str, nodes: Sequence[ast.stmt]) -> bool:
        return getattr(nodes[0], "name", "") in methods or sets.search(body) is not None

    parts: dict[int, Slice] = {}
    plain: list[tuple[int, Group]] = []
    used = {text.rpartition(".")[2] for names, text in wanted if not names}
    for at, (group, hold) in enumerate(zip(found, held, strict=True)):
        defining = [n for n in group.statements if isinstance(n, DEFINITIONS)]
        if hold:
            stubs = left_out(group.statements, group.text, group.line, Keep(reads))
            parts[at] = Slice(group.statements, stubs)
            used.update(_words(group, stubs))
        elif any(_helps(node, words) for node in defining):
            parts[at] = Slice(group.statements)
            used.update(_words(group, ()))
        elif defining:
            parts[at] = Slice((), binds=tuple(node.name for node in defining))
            used.update(node.name for node in defining)
        elif len(group.text) < SMALL:
            plain.append((at, group))
    needed = _needed(plain, used)
    return [part for _, part in sorted({**parts, **needed}.items())]


def _words(group: Group, stubs: Iterable[Function]) -> Iterator[str]:
    """The words of statements, without those in functions of which only the name is read."""
    lines = group.text.split("\n")
    for stub in stubs:
        first, last = first_line(stub) - group.line, (stub.end_lineno or stub.lineno) - group.line
        lines[first : last + 1] = [stub.name, *[""] * (last - first)]
    return (word for line in lines for word in WORD.findall(line))


def _needed(plain: Sequence[tuple[int, Group]], used: set[str]) -> dict[int, Slice]:
    """Those of the plain statements that bind what is used, or use it; the last ones first."""
    found: dict[int, Slice] = {}
    for at, group in reversed(plain):
        words = WORD.findall(group.text)
        if not used.isdisjoint(words):
            found[at] = Slice(bare(group.statements, used))
            if not all(isinstance(n, ast.Import | ast.ImportFrom) for n in group.statements):
                used.update(words)
    return found


def _helps(node: ast.stmt, words: set[str]) -> bool:
    if not isinstance(node, ast.FunctionDef) or node.name not in words:
        return False
    return (node.end_lineno or node.lineno) - node.lineno < HELPER


class _Spelling(NamedTuple):
    """The lines of a text that spell one of some names, and where its nodes stand."""

    lines: Sequence[int]
    places: Mapping[int, Placed | Through]

    def has(self, node: cst.SimpleStatementLine) -> bool:
        """Whether a statement may spell one."""
        place = self.places.get(id(node))
        if place is None or isinstance(place, Through):
            return True
        at = bisect.bisect_left(self.lines, place.lineno)
        return at < len(self.lines) and self.lines[at] <= (place.end_lineno or place.lineno)


class _Near(Walk):
    """A walk that looks into no functions but those around mentions; others are there to ask."""

    def __init__(
        self,
        names: Resolver,
        conditions: Conditions,
        seen: _Seen,
        homes: Collection[str],
        spelling: _Spelling,
    ) -> None:
        super().__init__(names, conditions, seen, "")
        self.homes = homes
        self.spelling = spelling

    def _enter(self, frame: Frame, node: cst.CSTNode) -> None:
        if type(node) is cst.SimpleStatementLine and not self.spelling.has(node):
            frame.scope.now = frame.scope.orders.get(id(node)) or frame.scope.now
            if not BINDING.isdisjoint(map(type, node.body)):
                note_guard(frame)
        elif type(node) is cst.FunctionDef and self._is_far(frame, node):
            frame.scope.now = frame.scope.orders.get(id(node)) or frame.scope.now
            self.names.forget()
            inner = frame.inside(node, self.heat)
            outer = guard_of(self.conditions, node, frame.parents, frame.scope)
            self._push(inner.behind(outer), [*node.decorators, node.params])
        else:
            super()._enter(frame, node)

    def _is_far(self, frame: Frame, node: cst.FunctionDef) -> bool:
        around = [p for p in frame.parents if isinstance(p, cst.FunctionDef | cst.ClassDef)]
        if any(isinstance(parent, cst.FunctionDef) for parent in around):
            return False
        names = [parent.name.value for parent in (*around, node)]
        return ".".join(names) not in self.homes


class _Seen:
    """Told of every name by the walk; keeps what each wanted mention stands behind."""

    kinds: frozenset[type[cst.CSTNode]] = frozenset((cst.Name, cst.Attribute))
    ahead: frozenset[int] = frozenset()

    def __init__(self, wanted: Iterable[Key], unbound: frozenset[str]) -> None:
        self.found: dict[Key, list[str | None]] = {key: [] for key in wanted}
        self.texts = {text for _, text in self.found}
        self.lasts = {text.rpartition(".")[2] for text in self.texts}
        self.unbound = unbound

    def visit(self, at: Place, node: cst.CSTNode) -> None:
        """Note the guard of a name, or that there is none."""
        if not isinstance(node, cst.Name | cst.Attribute):
            return
        last = node.value if isinstance(node, cst.Name) else node.attr.value
        if last not in self.lasts or isinstance(at.parent, cst.AssignTarget):
            return
        text = dotted_text(node) or f"?.{last}"
        if text not in self.texts:
            return
        for key in self.found:
            if key[1] == text and key[0] == inside(at.frame.parents, node):
                self.found[key].append(self._guard(at, node))

    def _guard(self, at: Place, node: cst.Name | cst.Attribute) -> str | None:
        for guard in (*reversed(at.frame.guards), *_imported(at, node)):
            if guard.kind in KINDS and guard.library not in self.unbound:
                return guard.text(at.conditions.code)
        return None


def _imported(at: Place, node: cst.Name | cst.Attribute) -> list[Guard]:
    """What every import that brings a name stands behind."""
    refs = at.refs(node)
    found = [ref.guard for ref in refs if ref.guard is not None]
    return found[:1] if len(found) == len(refs) else []


def inside(parents: tuple[cst.CSTNode, ...], node: cst.CSTNode) -> tuple[str, ...]:
    """The classes and the outermost function around a node, as `Mention.inside` has them."""
    found: list[str] = []
    for at, parent in enumerate(parents):
        if not isinstance(parent, cst.FunctionDef | cst.ClassDef):
            continue
        part = parents[at + 1] if at + 1 < len(parents) else node
        function = isinstance(parent, cst.FunctionDef)
        if part is not parent.body and (function or isinstance(part, cst.Decorator)):
            break
        found.append(f"{found[-1]}.{parent.name.value}" if found else parent.name.value)
        if function:
            break
    return tuple(found)
