"""What detectors yield and what the walk gathers: nodes of interest, before they have positions."""

from typing import NamedTuple

from portlint.rule import Rule
from portlint.source import cst
from portlint.source.guards import Code, Guard


class Found(NamedTuple):
    """A match: the node (or the range from `node` to `end`), and what the message quotes.

    `key` makes places with the same key one root cause; `message` replaces the rule's summary;
    `related` are further nodes with a word on each, and `places` is how many places change along
    with this one where that is another number. With `lines` the match holds on these only. `whole`
    is what it speaks of as a whole: a kernel, the strings of a source, an attention's class.
    """

    node: cst.CSTNode
    end: cst.CSTNode | None = None
    symbol: str | None = None
    row: str | None = None
    value: str = ""
    message: str | None = None
    key: str | None = None
    related: tuple[tuple[cst.CSTNode, str], ...] = ()
    lines: tuple[int, ...] = ()
    places: int | None = None
    whole: tuple[cst.CSTNode, ...] = ()


class Hit(NamedTuple):
    """A match by a rule, and the guards it stands behind (outermost first).

    `dead` is the family of stacks whose release of torch does not run it.
    """

    rule: Rule
    found: Found
    guards: tuple[Guard, ...]
    dead: str = ""


class Hits(list[Hit]):
    """All hits of a file, in the order of the walk: what a detector that runs last is given."""

    def __init__(self, code: Code) -> None:
        super().__init__()
        self.code = code
