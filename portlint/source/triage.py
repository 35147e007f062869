"""Which top-level statements of a file can hold a finding: text -> slices.

Sound by construction: a statement is left out only if it holds none of the substrings without
which no rule can match, and binds no name that another statement's match depends on.
"""

from __future__ import annotations

import ast
import bisect
from collections.abc import Sequence

from portlint.source import needed
from portlint.source.answering import want_answers
from portlint.source.gates import Gates
from portlint.source.lines import lines_of
from portlint.source.needles import Spelled
from portlint.source.prose import is_comment, prose
from portlint.source.reach import Known, reaches, reaching
from portlint.source.slicing import Slice, slice_of
from portlint.source.statements import groups
from portlint.source.thin import Keep, first_line
from portlint.source.tree import Tree


def slices(
    text: str,
    tree: Tree,
    module: ast.Module,
    gates: Gates,
    spelled: Spelled,
    libraries: frozenset[str],
    extra: Sequence[str] = (),
    everything: bool = False,
) -> list[Slice]:
    """The statements to parse, in order; left-out statements only say which names they bind.

    `spelled` is what `gates.needles` finds in the text, `libraries` are those that names may speak
    of, `extra` are names whose use makes a statement a candidate.
    """
    if everything:
        return [Slice(module.body)]
    lines = text.split("\n")
    found = list(groups(module, lines))
    gate = _Gate(text, tree, module, gates.known, lines, gates.starts(spelled))
    wanted = [gate(group.statements) for group in found]
    words = needed.words(found, wanted, extra, gates.spelled)
    want_answers(found, wanted, extra, libraries)
    needed.want_named(found, wanted)
    words |= needed.flags(found)
    used = needed.used(found, wanted)

    def reads(body: str, statements: Sequence[ast.stmt]) -> bool:
        """A method may also hand a flag to its object, which others then ask."""
        return needed.stands_in(words, body) or gate(statements)

    def hands(statement: ast.stmt) -> bool:
        return gate([statement]) or reaches(statement, tree.imports, gates.known)

    keep = Keep(reads, hands)
    return [slice_of(group, want, keep, used) for group, want in zip(found, wanted, strict=True)]


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
        at = set(lines_of(text, sorted(starts)))
        self.spelling = sorted(at - prose(module, lines, at))

    def __call__(self, statements: Sequence[ast.stmt]) -> bool:
        at = bisect.bisect_left(self.spelling, first_line(statements[0]))
        last = max([node.end_lineno or node.lineno for node in statements])
        here = self.spelling[at : bisect.bisect_right(self.spelling, last)]
        return (
            not self.reaching.isdisjoint(statements)
            or any(map(self.heat.touches, statements))
            or any(not is_comment(line, self.lines, statements) for line in here)
        )
