"""Expressions of `ast` -> nodes."""

from __future__ import annotations

import ast
from collections.abc import Callable, Sequence
from typing import Any

from portlint.source import cst
from portlint.source.recast import make
from portlint.source.recast.values import CASTERS
from portlint.source.recast.written import Placed, Stretch, Through, Written, before

Caster = Callable[[Any, Any], Any]
"""What makes a node of one kind of `ast`'s."""


class Unknown(Exception):
    """A node that only a newer Python has; libcst has to read the file."""


class Expressions:
    """Makes expressions; `at` has where each node stands, by its id."""

    def __init__(self, written: Written) -> None:
        self.written = written
        self.at: dict[int, Placed | Through] = {}

    def expr(self, node: ast.expr) -> Any:
        """The same expression."""
        caster = CASTERS.get(type(node))
        if caster is None:
            raise Unknown(type(node).__name__)
        found = caster(self, node)
        self.at[id(found)] = node
        return found

    def maybe(self, node: ast.expr | None) -> Any:
        """The same expression, where there is one."""
        return None if node is None else self.expr(node)

    def put(self, node: cst.CSTNode, place: Placed | Through) -> Any:
        """The node, which stands here."""
        self.at[id(node)] = place
        return node

    def elements(self, nodes: Sequence[ast.expr]) -> list[Any]:
        """The elements of a list, a tuple or a set."""
        return [self._element(node) for node in nodes]

    def _element(self, node: ast.expr) -> Any:
        kind = make.StarredElement if type(node) is ast.Starred else make.Element
        value = node.value if type(node) is ast.Starred else node
        return self.put(kind(self.expr(value)), node)

    def arguments(self, args: Sequence[ast.expr], keywords: Sequence[ast.keyword]) -> list[Any]:
        """What is given to a call, in the order in which it is written."""
        found: list[ast.expr | ast.keyword] = [*args, *keywords]
        if args and keywords and _place(args[-1]) > _place(keywords[0]):
            found.sort(key=_place)
        return [self._argument(node) for node in found]

    def _argument(self, node: ast.expr | ast.keyword) -> Any:
        if type(node) is ast.keyword:
            value = self.expr(node.value)
            if node.arg is None:
                return self.put(make.Arg(value, None, "**"), Through(node, node.value))
            end = node.col_offset + len(node.arg.encode())
            place = Stretch(node.lineno, node.col_offset, node.lineno, end)
            name = self.put(make.Name(node.arg), place)
            return self.put(make.Arg(value, name, ""), Through(node, node.value))
        assert isinstance(node, ast.expr)
        if type(node) is ast.Starred:
            return self.put(make.Arg(self.expr(node.value), None, "*"), node)
        return self.put(make.Arg(self.expr(node), None, ""), node)

    def parameters(self, args: ast.arguments) -> Any:
        """The parameters of a function."""
        plain = [*args.posonlyargs, *args.args]
        missing: list[ast.expr | None] = [None] * (len(plain) - len(args.defaults))
        values = [*missing, *args.defaults]
        every = [self.parameter(p, v) for p, v in zip(plain, values, strict=True)]
        only = [
            self.parameter(p, v) for p, v in zip(args.kwonlyargs, args.kw_defaults, strict=True)
        ]
        first = len(args.posonlyargs)
        star: Any = None
        if args.vararg is not None:
            star = self.parameter(args.vararg, None, "*")
        elif only:
            star = self.put(make.ParamStar(), self.written.last("*", args.kwonlyargs[0]))
        rest = None if args.kwarg is None else self.parameter(args.kwarg, None, "**")
        return make.Parameters(every[first:], star, only, rest, every[:first])

    def parameter(self, node: ast.arg, value: ast.expr | None, star: str = "") -> Any:
        """One parameter, with what it is where nothing is given."""
        end = node.col_offset + len(node.arg.encode())
        name = self.put(
            make.Name(node.arg), Stretch(node.lineno, node.col_offset, node.lineno, end)
        )
        note = None if node.annotation is None else make.Annotation(self.expr(node.annotation))
        place = before(node, star) if star else node
        return self.put(make.Param(name, note, self.maybe(value), star), place)


def _place(node: ast.expr | ast.keyword) -> tuple[int, int]:
    return node.lineno, node.col_offset
