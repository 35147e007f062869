"""What is known while a function is read: what its names hold, the marks and calls so far."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterable, Sequence
from typing import NamedTuple

from portlint.source.hot.calls import Definition, Function, Names
from portlint.source.hot.hosted import told
from portlint.source.hot.kinds import LOCAL, STATIC, TENSOR, UNKNOWN, parameter, spelled
from portlint.source.hot.wording import Wording


class Mark(NamedTuple):
    """A place: the function it stands in, what is waited for where, its node, words for it."""

    function: str
    kind: str
    node: ast.expr
    value: str


class Called(NamedTuple):
    """A function of this file that hot code calls, and what it is given."""

    function: Function
    level: str
    given: dict[str, str]


METADATA = re.compile(r"Metadata\b")
"""Objects of an engine that describe a batch: what their fields hold, and where, is not known."""
Outcomes = tuple[dict[str, str] | None, dict[str, str] | None]
"""What the two outcomes of a question say of names; None: that outcome never comes."""


class State:
    """Of one function; the kinds of its names are those of the last assignment."""

    def __init__(
        self, names: Names, function: Function | None, level: str, wording: Wording
    ) -> None:
        self.text = wording.of
        self.describes = wording.describes
        self.names = names
        self.function = function.name if function else ""
        self.owner = function.owner if function else ""
        self.level = level
        self.held: dict[str, str] = {}
        self.marks: list[Mark] = []
        self.calls: list[Called] = []
        self.layers: frozenset[str] = frozenset()
        self.sure: frozenset[str] = frozenset()
        self.asked: set[str] = set()
        self.opaque: set[str] = set()
        self.answers: dict[str, Outcomes] = {}
        self.quiet = 0
        self.reached: ast.AST | None = None
        self.carried: ast.AST | None = None
        self.counted: set[int] = set()

    def given(self, node: Definition, known: dict[str, str]) -> None:
        """What parameters hold: by annotation, by default, by what a caller gives."""
        args, here, is_hosted = node.args, told(node), self.names.is_hosted
        plain = [*args.posonlyargs, *args.args]
        defaults: list[ast.expr | None] = [None] * (len(plain) - len(args.defaults))
        defaults += args.defaults
        for arg, default in [
            *zip(plain, defaults, strict=True),
            *zip(args.kwonlyargs, args.kw_defaults, strict=True),
        ]:
            kind = parameter(arg, default, is_hosted) or known.get(arg.arg, UNKNOWN)
            kind = LOCAL if arg.arg in here else kind
            if known.get(arg.arg) in (STATIC, LOCAL):
                kind = known[arg.arg]
            self.held[arg.arg] = kind
            if self.describes and arg.annotation and METADATA.search(spelled(arg.annotation)):
                self.opaque.add(arg.arg)
        for star in (args.vararg, args.kwarg):
            if star is not None:
                self.held[star.arg] = UNKNOWN

    def known(self, node: ast.expr, sure: bool) -> None:
        """`x.shape`, `x.size()`: the name is a tensor from here on."""
        if sure and isinstance(node, ast.Name) and self.held.get(node.id) == UNKNOWN:
            self.held[node.id] = TENSOR

    def expr(self, node: ast.expr | None) -> str:
        """What an expression is."""
        raise NotImplementedError

    def keyed(self, parts: Sequence[ast.expr]) -> bool:
        """Whether an item is taken out by a key whose values are on the host."""
        match parts:
            case [ast.Constant(value=str(key)), *_]:
                return self.names.is_hosted(key)
        return False

    def index(self, node: ast.Subscript) -> bool:
        """Whether an index chooses by a mask."""
        raise NotImplementedError

    def asks(self, node: ast.expr) -> bool:
        """Whether an index is a comparison."""
        raise NotImplementedError

    def sizes(self, numbers: Iterable[ast.expr], node: ast.expr, words: str) -> None:
        """Numbers that become sizes."""
        raise NotImplementedError

    def again(self, node: ast.expr) -> str:
        """The kind of what was read already."""
        self.quiet += 1
        kind = self.expr(node)
        self.quiet -= 1
        return kind

    def mark(self, kind: str, node: ast.expr, value: str) -> None:
        """Note a place, unless it was read before."""
        if not self.quiet:
            self.marks.append(Mark(self.function, f"{self.level}:{kind}", node, value))
