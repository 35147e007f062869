"""Text -> Python's own syntax tree of it, what its imports mean, and what is hot in it."""

from __future__ import annotations

import ast
from typing import NamedTuple

from portlint.source.attention.marks import marked
from portlint.source.hot.heat import COLD, Heat, heat
from portlint.source.needles import Spelled
from portlint.source.reach import Aliases, aliases
from portlint.source.statements import parsed


class Tree(NamedTuple):
    """A file as `ast` reads it; no module where only libcst can read it."""

    module: ast.Module | None
    imports: Aliases
    heat: Heat


def tree(text: str, spelled: Spelled | None = None) -> Tree:
    """`spelled` is what an index's needles found in the text, where somebody asked already.

    Raises Unreadable where neither this interpreter's grammar nor libcst's can read the text."""
    module = parsed(text)
    if module is None:
        return Tree(None, {}, COLD)
    imports = aliases(module, text)
    spells = spelled.words.__contains__ if spelled is not None else text.__contains__
    hot = heat(module, imports, text, spells)
    return Tree(module, imports, marked(hot, module, imports, text, spells))
