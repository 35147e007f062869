"""Which top-level statements of a file can hold a finding: text -> slices for libcst.

Sound by construction: a statement is left out only if it holds none of the substrings without
which no rule can match, and binds no name that another statement's match depends on.
"""

from __future__ import annotations

import ast
import bisect
import itertools
import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from types import MappingProxyType
from typing import NamedTuple

from portlint.source.prose import is_comment, prose
from portlint.source.reach import Known, imported, reaching
from portlint.source.spelled import Needles, Parts, Spelled
from portlint.source.statements import Group, groups
from portlint.source.thin import Keep, first_line, is_private, kept, shortened
from portlint.source.tree import Tree

SMALL = 20_000
"""Characters: longer module-level assignments without a gate are data tables and are left out."""


WORD = re.compile(r"\w+")
FIRST = re.compile(r"\(\s*([^\W\d]\w*)\s*[,)]")
"""A name that a call is given first."""
ASKED = re.compile(r"\b(?:if|elif|while|and|or|not|assert)[ (]+([^\W\d]\w*)\(|=\s*([^\W\d]\w*)\(\)")
ANSWERED = re.compile(r"\breturn[ (]+([^\W\d]\w*)\(")
"""What a condition may call, and what that may hand on."""
NEWLINE = "\n"
DEFINITIONS = (ast.FunctionDef, ast.AsyncFunctionDef, ast.ClassDef)
PASSED_ON = frozenset(["torch.device"])
"""Names without a rule of their own that detectors ask for, of audited files that import them."""


class Slice(NamedTuple):
    """Whole top-level statements: their text, or only names.

    `numbers` are the lines of the file (from 1) that the lines of the text are. `plain` statements
    hold no function or class; `brought` are imports in them that were left out, for who asks what a
    file imports at all: names and the paths they stand for.
    """

    text: str
    numbers: Sequence[int] = ()
    binds: tuple[str, ...] = ()
    plain: bool = False
    brought: tuple[tuple[str, str], ...] = ()


class Gates(NamedTuple):
    """What can open a file or a statement: substrings, and names the catalogue knows.

    A file needs all parts of one of `file`; a statement one of `statement`, or a known name. Those
    of `depending` open a statement only where the file has all of one of these parts as well.
    `needles` finds them all.
    """

    file: tuple[Parts, ...]
    statement: tuple[str, ...]
    known: Known
    needles: Needles
    depending: Mapping[str, tuple[Parts, ...]] = MappingProxyType({})

    def starts(self, spelled: Spelled) -> list[int]:
        """The characters at which something starts that opens its statement."""
        shut = {word for word, parts in self.depending.items() if not spelled.has(parts)}
        return [start for word, start in spelled.starts if word not in shut]

    def opens(self, spelled: Spelled) -> bool:
        """Whether a file with these substrings can hold a finding at all."""
        return spelled.has(self.file)


def slices(
    text: str,
    tree: Tree,
    gates: Gates,
    spelled: Spelled,
    extra: Sequence[str] = (),
    everything: bool = False,
) -> list[Slice]:
    """The statements to parse, in order; left-out statements only say which names they bind.

    `spelled` is what `gates.needles` finds in the text, `extra` are names whose use makes a
    statement a candidate.
    """
    if everything or tree.module is None:
        return [Slice(text, range(1, text.count("\n") + 2))]
    lines = text.split("\n")
    found = list(groups(tree.module, lines))
    gate = _Gate(text, tree, tree.module, gates.known, lines, gates.starts(spelled))
    wanted = [gate(group.statements) for group in found]
    words = _words(found, wanted, extra, gates)
    _want_named(found, wanted)
    flags = _any_of({name for group in found for name in _flags(group.statements)})
    used = _used(found, wanted)

    def keep(body: str, statements: Sequence[ast.stmt]) -> bool:
        """A method may also hand a flag to its object, which others then ask."""
        named = any(test is not None and test.search(body) for test in (words, flags))
        return named or gate(statements)

    parts = (_slice(group, want, keep, used) for group, want in zip(found, wanted, strict=True))
    return list(_joined(parts))


class _Gate:
    """Whether some rule can match in statements themselves; comments and docstrings open none."""

    def __init__(
        self,
        text: str,
        tree: Tree,
        module: ast.Module,
        known: Known,
        lines: Sequence[str],
        starts: Sequence[int],
    ) -> None:
        self.heat = tree.heat
        self.reaching = reaching(module, tree.imports, known, text)
        self.lines = lines
        self.prose = prose(module, lines) if starts else frozenset()
        self.spelling = _without(_lines(starts, lines), self.prose)

    def __call__(self, statements: Sequence[ast.stmt]) -> bool:
        at = bisect.bisect_left(self.spelling, first_line(statements[0]))
        last = max(node.end_lineno or node.lineno for node in statements)
        here = self.spelling[at : bisect.bisect_right(self.spelling, last)]
        return (
            not self.reaching.isdisjoint(statements)
            or any(self.heat.touches(node) for node in statements)
            or any(not is_comment(line, self.lines, statements) for line in here)
        )


def _lines(starts: Sequence[int], lines: Sequence[str]) -> Iterator[int]:
    """The lines in which characters stand."""
    ends = list(itertools.accumulate(len(line) + 1 for line in lines))
    return (bisect.bisect_right(ends, start) + 1 for start in starts)


def _without(lines: Iterable[int], prose: frozenset[int]) -> list[int]:
    return sorted(set(lines) - prose)


def _used(found: Sequence[Group], wanted: Sequence[bool]) -> set[str]:
    """Every word of what can be read: wanted statements, plain ones, and what they call."""
    used: set[str] = set()
    left: list[Group] = []
    for group, want in zip(found, wanted, strict=True):
        if want:
            used.update(WORD.findall(group.text))
        elif _defines(group):
            left.append(group)
        elif not _imports(group.statements):
            used.update(_loaded(group.statements))
    while True:
        asked = [not used.isdisjoint(_names(group)) for group in left]
        if not any(asked):
            return used
        for group in itertools.compress(left, asked):
            used.update(WORD.findall(group.text))
        left = [group for group, ask in zip(left, asked, strict=True) if not ask]


def _loaded(statements: Sequence[ast.stmt]) -> Iterator[str]:
    """The names in plain statements; strings in them, of which `__all__` is made, name nothing."""
    for statement in statements:
        for node in ast.walk(statement):
            if isinstance(node, ast.Name):
                yield node.id
            elif isinstance(node, ast.Attribute):
                yield node.attr


def _names(group: Group) -> Iterator[str]:
    return (n.name for n in group.statements if isinstance(n, DEFINITIONS))


def _defines(group: Group) -> bool:
    return any(isinstance(node, DEFINITIONS) for node in group.statements)


def _joined(parts: Iterable[Slice]) -> Iterator[Slice]:
    """Slices of plain statements that follow each other become one: libcst starts slowly."""
    for plain, run in itertools.groupby(parts, key=lambda part: part.plain):
        if not plain:
            yield from run
            continue
        found = [part for part in run if part.text.strip() or part.brought]
        numbers = [number for part in found for number in part.numbers]
        brought = tuple(pair for part in found for pair in part.brought)
        yield Slice("".join(part.text for part in found), numbers, plain=True, brought=brought)


def _words(
    found: Sequence[Group], wanted: list[bool], extra: Iterable[str], gates: Gates
) -> re.Pattern[str] | None:
    """The names through which wanted statements can be used; statements with one are wanted too."""
    names: set[str] = set()
    new = set(extra)
    pattern: re.Pattern[str] | None = None
    read = [False] * len(found)
    while True:
        for index, group in enumerate(found):
            if wanted[index] and not read[index]:
                read[index] = True
                new.update(n for node in group.statements for n in _aliases(node, gates.statement))
        if new <= names:
            return pattern
        names |= new
        pattern = _any_of(names)
        for index, group in enumerate(found):
            wanted[index] = wanted[index] or bool(pattern and pattern.search(group.text))


def _want_named(found: Sequence[Group], wanted: list[bool]) -> None:
    """What wanted statements say by a name: bases of a module, `jit(f)`, what a guard calls."""
    left = {
        node.name: index
        for index, group in enumerate(found)
        if not wanted[index]
        for node in group.statements
        if isinstance(node, DEFINITIONS)
    }
    if not left or not any(wanted):
        return
    asked = [(g, False) for g, want in zip(found, wanted, strict=True) if want or not _defines(g)]
    while asked and left:
        for name in _said(*asked.pop()):
            index = left.pop(name, None)
            if index is not None:
                wanted[index] = True
                asked.append((found[index], True))


def _said(group: Group, answers: bool) -> set[str]:
    """The names by which a group may say more than its own text does."""
    asked = {name for pair in ASKED.findall(group.text) for name in pair}
    more = ANSWERED.findall(group.text) if answers else ()
    return asked.union(_bases(group), FIRST.findall(group.text), more)


def _bases(group: Group) -> Iterator[str]:
    """The bases of the classes of a group; of classes in others only where there are any."""
    inner = len(group.statements) < group.text.count("class ")
    for statement in group.statements:
        for node in ast.walk(statement) if inner else [statement]:
            if isinstance(node, ast.ClassDef):
                yield from (base.id for base in node.bases if isinstance(base, ast.Name))


def _any_of(names: set[str]) -> re.Pattern[str] | None:
    """A search for these names as whole words."""
    if not names:
        return None
    return re.compile(rf"\b(?:{'|'.join(sorted(map(re.escape, names)))})\b")


def _flags(statements: Sequence[ast.stmt]) -> Iterator[str]:
    """Names that a try sets to True or False."""
    for node in statements:
        for item in ast.walk(node) if isinstance(node, ast.Try) else ():
            if isinstance(item, ast.Assign) and isinstance(item.value, ast.Constant):
                yield from (t.id for t in item.targets if isinstance(t, ast.Name))


def _slice(group: Group, wanted: bool, keep: Keep, used: set[str]) -> Slice:
    """Short statements that define nothing are always parsed: they set flags and devices."""
    plain = not _defines(group)
    if plain and wanted:
        return _whole(group.line, group.text)
    if plain and _imports(group.statements):
        every = (pair for node in group.statements for pair in imported(node))
        brought = tuple(pair for pair in every if pair[0] and pair[0] not in used)
        return _whole(group.line, _needed(group, used))._replace(brought=brought)
    if plain and len(group.text) < SMALL:
        return _whole(group.line, shortened(group.text, group.statements, used))
    if wanted:
        lines = enumerate(kept(group.text, group.line, group.statements, keep), group.line)
        left = [(number, line) for number, line in lines if line is not None]
        return Slice("\n".join(line for _, line in left), [number for number, _ in left])
    return Slice("", binds=tuple(name for node in group.statements for name in _bound(node)))


def _whole(line: int, text: str) -> Slice:
    """Plain statements that start at a line; the lines left out of them stand at their end."""
    lines = text.rstrip("\n").count("\n") + 1
    return Slice(f"{text.rstrip(NEWLINE)}\n", range(line, line + lines), plain=True)


def _imports(statements: Sequence[ast.stmt]) -> bool:
    return all(isinstance(node, ast.Import | ast.ImportFrom) for node in statements)


def _needed(group: Group, used: set[str]) -> str:
    """Imports without the names that nothing uses."""
    found = []
    for node in group.statements:
        assert isinstance(node, ast.Import | ast.ImportFrom)
        names = [item for item in node.names if _is_used(item, node, used)]
        if names:
            whole = len(names) == len(node.names)
            found.append(ast.unparse(node if whole else _of(node, names)))
    return "; ".join(found)


def _is_used(item: ast.alias, node: ast.Import | ast.ImportFrom, used: set[str]) -> bool:
    name = (item.asname or item.name).split(".")[0]
    if isinstance(node, ast.ImportFrom) and f"{node.module}.{item.name}" in PASSED_ON:
        return True
    return name in used or name == "*" or name.startswith("__")


def _of(node: ast.Import | ast.ImportFrom, names: list[ast.alias]) -> ast.stmt:
    if isinstance(node, ast.ImportFrom):
        return ast.ImportFrom(node.module, names, node.level)
    return ast.Import(names)


def _aliases(node: ast.stmt, gates: Sequence[str]) -> Iterator[str]:
    """The names a wanted statement binds to something that may be meant where they are used."""
    for item in ast.walk(node) if isinstance(node, ast.If | ast.Try | ast.With) else [node]:
        if isinstance(item, ast.Import | ast.ImportFrom):
            yield from (
                name for name, path in imported(item) if name and any(g in path for g in gates)
            )
        elif isinstance(item, ast.Assign | ast.AnnAssign) and not isinstance(
            item.value, ast.Constant | ast.Dict | ast.List | ast.Tuple | ast.Set | ast.JoinedStr
        ):
            targets = item.targets if isinstance(item, ast.Assign) else [item.target]
            yield from (t.id for t in targets if isinstance(t, ast.Name))
        elif (
            isinstance(item, ast.FunctionDef | ast.AsyncFunctionDef)
            and (item.decorator_list or is_private(item.name))
        ) or (isinstance(item, ast.ClassDef) and is_private(item.name)):
            yield item.name


def _bound(node: ast.stmt) -> Iterator[str]:
    if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef | ast.ClassDef):
        yield node.name
        return
    for item in ast.walk(node):
        if isinstance(item, ast.Name) and isinstance(item.ctx, ast.Store):
            yield item.id
