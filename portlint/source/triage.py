"""Which top-level statements of a file can hold a finding: text -> slices for libcst.

Sound by construction: a statement is left out only if it holds none of the substrings without
which no rule can match, and binds no name that another statement's match depends on.
"""

from __future__ import annotations

import ast
import bisect
import itertools
import re
from collections.abc import Iterable, Iterator, Sequence
from typing import NamedTuple

from portlint.source.prose import is_comment, prose
from portlint.source.reach import Known, imported, reaches
from portlint.source.spelled import Needles, Parts, Spelled
from portlint.source.statements import Group, groups
from portlint.source.thin import Keep, first_line, is_private, shortened, thinned
from portlint.source.tree import Tree

SMALL = 20_000
"""Characters: longer module-level assignments without a gate are data tables and are left out."""


WORD = re.compile(r"\w+")


class Slice(NamedTuple):
    """Whole top-level statements: the line they start at (from 1), their text, or only names.

    `plain` ones hold no function or class.
    """

    line: int
    text: str
    binds: tuple[str, ...] = ()
    plain: bool = False


class Gates(NamedTuple):
    """What can open a file or a statement: substrings, and names the catalogue knows.

    A file needs all parts of one of `file`; a statement one of `statement`, or a known name.
    `needles` finds them all.
    """

    file: tuple[Parts, ...]
    statement: tuple[str, ...]
    known: Known
    needles: Needles

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
        return [Slice(1, text)]
    lines = text.split("\n")
    found = list(groups(tree.module, lines))
    gate = _Gate(tree, tree.module, gates.known, lines, spelled.starts)
    wanted = [gate(group.statements) for group in found]
    words = _words(found, wanted, extra, gates)
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
        tree: Tree,
        module: ast.Module,
        known: Known,
        lines: Sequence[str],
        starts: Sequence[int],
    ) -> None:
        self.tree = tree
        self.known = known
        self.lines = lines
        self.prose = prose(module, lines) if starts else frozenset()
        self.spelling = _without(_lines(starts, lines), self.prose)

    def __call__(self, statements: Sequence[ast.stmt]) -> bool:
        at = bisect.bisect_left(self.spelling, first_line(statements[0]))
        last = max(node.end_lineno or node.lineno for node in statements)
        here = self.spelling[at : bisect.bisect_right(self.spelling, last)]
        return (
            any(self.tree.heat.touches(node) for node in statements)
            or any(not is_comment(line, self.lines, statements) for line in here)
            or any(reaches(node, self.tree.imports, self.known) for node in statements)
        )


def _lines(starts: Sequence[int], lines: Sequence[str]) -> Iterator[int]:
    """The lines in which characters stand."""
    ends = list(itertools.accumulate(len(line) + 1 for line in lines))
    return (bisect.bisect_right(ends, start) + 1 for start in starts)


def _without(lines: Iterable[int], prose: frozenset[int]) -> list[int]:
    return sorted(set(lines) - prose)


def _used(found: Sequence[Group], wanted: Sequence[bool]) -> set[str]:
    """Every word of the wanted statements."""
    return {
        word
        for group, want in zip(found, wanted, strict=True)
        for word in (WORD.findall(group.text) if want else ())
    }


def _joined(parts: Iterable[Slice]) -> Iterator[Slice]:
    """Slices of plain statements that follow each other become one: libcst starts slowly."""
    for plain, run in itertools.groupby(parts, key=lambda part: part.plain):
        if not plain:
            yield from run
            continue
        first, *rest = run
        texts, line = [first.text], first.line + first.text.count("\n")
        for part in rest:
            texts.append("\n" * (part.line - line) + part.text)
            line = part.line + part.text.count("\n")
        yield first._replace(text="".join(texts))


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
    plain = not any(
        isinstance(n, ast.FunctionDef | ast.AsyncFunctionDef | ast.ClassDef)
        for n in group.statements
    )
    if plain and wanted:
        return Slice(group.line, group.text, plain=True)
    if plain and len(group.text) < SMALL:
        return Slice(group.line, shortened(group.text, group.statements, used), plain=True)
    if wanted:
        return Slice(group.line, thinned(group.text, group.line, group.statements, keep))
    return Slice(group.line, "", tuple(name for node in group.statements for name in _bound(node)))


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
