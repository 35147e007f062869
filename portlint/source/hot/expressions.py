"""Expressions on a hot path: what they are, and whether Python takes a tensor's value in them."""

from __future__ import annotations

import ast
from collections.abc import Callable, Iterable

from portlint.source.hot import torchwords as words
from portlint.source.hot.bindings import Bindings
from portlint.source.hot.kinds import (
    LOCAL,
    MANY,
    MASK,
    ON_DEVICE,
    STATIC,
    TENSOR,
    UNKNOWN,
    both,
    item_of,
    root,
    spelled,
)
from portlint.source.hot.questions import EAGER, counts, is_read


class Expressions(Bindings):
    """Reads expressions and conditions."""

    def expr(self, node: ast.expr | None) -> str:
        """What an expression is; marks what it waits for."""
        if node is None:
            return UNKNOWN
        read = EXPRESSIONS.get(type(node))
        return read(self, node) if read is not None else UNKNOWN

    def _name(self, node: ast.Name) -> str:
        return self.held.get(node.id, UNKNOWN)

    def _constant(self, node: ast.Constant) -> str:
        return STATIC

    def _attribute(self, node: ast.Attribute) -> str:
        if isinstance(node.value, ast.Name) and (
            known := self.held.get(f"{node.value.id}.{node.attr}")
        ):
            return known
        if node.attr in words.FACTS:
            self.expr(node.value)
            self.known(node.value, node.attr == "shape")
            return STATIC
        base = self.expr(node.value)
        if base in ON_DEVICE or base == LOCAL:
            return base if node.attr in words.SAME or node.attr == "logits" else UNKNOWN
        return LOCAL if self.names.is_hosted(node.attr) else UNKNOWN

    def _subscript(self, node: ast.Subscript) -> str:
        base = LOCAL if self.keyed([node.slice]) else self.expr(node.value)
        if self.index(node) and base not in (LOCAL, STATIC, MANY) and root(node.value) != "self":
            self.mark("mask-read", node, spelled(node))
            return base or TENSOR
        return item_of(base) if base in (MANY, TENSOR, MASK, LOCAL) else base

    def index(self, node: ast.Subscript) -> bool:
        """Read an index; whether it chooses by a mask."""
        parts = node.slice.elts if isinstance(node.slice, ast.Tuple) else [node.slice]
        masked = False
        for part in parts:
            if isinstance(part, ast.Slice):
                bounds = [b for b in (part.lower, part.upper, part.step) if b is not None]
                self.sizes(bounds, node, "the length of this slice")
            else:
                kind = self.expr(part)
                masked = kind == MASK or (kind == UNKNOWN and self.asks(part)) or masked
        return masked

    def asks(self, node: ast.expr) -> bool:
        """Whether an index is a comparison of something unknown: of a tensor, as it is an index."""
        match node:
            case ast.Compare(left=left, ops=ops, comparators=others):
                odd = any(isinstance(op, ast.Is | ast.IsNot | ast.In | ast.NotIn) for op in ops)
                sides = [side for side in (left, *others) if isinstance(side, ast.Constant)]
                text = any(isinstance(side.value, str | None) for side in sides)
                return not odd and not text and self.level != "eval"
            case ast.UnaryOp(op=ast.Invert(), operand=operand):
                return self.asks(operand)
            case ast.BinOp(left=left, op=ast.BitAnd() | ast.BitOr(), right=right):
                return self.asks(left) and self.asks(right)
            case ast.Name(name):
                return name in self.asked
        return False

    def sizes(self, numbers: Iterable[ast.expr], node: ast.expr, words: str) -> None:
        """Mark a place that is given sizes, where one of them comes out of a tensor."""
        found = [self.sized(number) for number in numbers]
        if any(found):
            self.mark("length", node, words)

    def sized(self, node: ast.expr) -> bool:
        """Whether a number comes out of a tensor; the read of it is then told as a length."""
        before = len(self.marks)
        kind = self.expr(node)
        reads = [m for m in self.marks[before:] if m.kind.endswith(":value")]
        if reads and is_read(node):
            self.marks[before:] = [m for m in self.marks[before:] if m not in reads]
            return True
        return kind in ON_DEVICE

    def _operation(self, node: ast.BinOp) -> str:
        return both(self.expr(node.left), self.expr(node.right), node.op)

    def _unary(self, node: ast.UnaryOp) -> str:
        kind = self.expr(node.operand)
        return STATIC if isinstance(node.op, ast.Not) else kind

    def _compare(self, node: ast.Compare) -> str:
        sides = [node.left, *node.comparators]
        kinds = [self.expr(side) for side in sides]
        odd = any(isinstance(op, ast.Is | ast.IsNot | ast.In | ast.NotIn) for op in node.ops)
        text = any(isinstance(s, ast.Constant) and isinstance(s.value, str | None) for s in sides)
        if odd or text or (LOCAL in kinds and TENSOR not in kinds):
            return LOCAL if LOCAL in kinds and not odd else STATIC
        if any(kind in ON_DEVICE for kind in kinds):
            return MASK
        return UNKNOWN if UNKNOWN in kinds else STATIC

    def _bool(self, node: ast.BoolOp) -> str:
        kinds = [self.expr(value) for value in node.values]
        return kinds[-1] if len(set(kinds)) == 1 else UNKNOWN

    def _choice(self, node: ast.IfExp) -> str:
        if not EAGER.search(self.text(node.test)):
            self.test(node.test)
        kinds = set()
        for known, part in zip(self.narrow(node.test), (node.body, node.orelse), strict=True):
            if known is not None:
                fit = {n: k for n, k in known.items() if self.held.get(n) not in (STATIC, LOCAL)}
                before, self.held = self.held, self.held | fit
                kinds.add(self.expr(part))
                self.held = before
        kinds.discard(STATIC)
        return kinds.pop() if len(kinds) == 1 else UNKNOWN

    def _sequence(self, node: ast.Tuple | ast.List | ast.Set) -> str:
        kinds = [self.expr(item) for item in node.elts]
        if any(kind in ON_DEVICE or kind == MANY for kind in kinds):
            return MANY
        if LOCAL in kinds:
            return LOCAL
        return UNKNOWN if UNKNOWN in kinds else STATIC

    def _dict(self, node: ast.Dict) -> str:
        for value in node.values:
            self.expr(value)
        return UNKNOWN

    def _starred(self, node: ast.Starred) -> str:
        return self.expr(node.value)

    def _named(self, node: ast.NamedExpr) -> str:
        kind = self.expr(node.value)
        self.bind(node.target, kind)
        return kind

    def _comprehension(self, node: ast.ListComp | ast.SetComp | ast.GeneratorExp) -> str:
        before = dict(self.held)
        if counts([clause.target for clause in node.generators], [node.elt]):
            self.counted.update(id(clause.iter) for clause in node.generators)
        for clause in node.generators:
            self.rounds(clause.target, clause.iter)
            for test in clause.ifs:
                self.expr(test)
        kind = self.expr(node.elt)
        self.held = before
        if kind == LOCAL:
            return LOCAL
        return MANY if kind in ON_DEVICE else UNKNOWN

    def _mapping(self, node: ast.DictComp) -> str:
        before = dict(self.held)
        for clause in node.generators:
            self.rounds(clause.target, clause.iter)
        self.expr(node.value)
        self.held = before
        return UNKNOWN

    def _waited(self, node: ast.Await | ast.Yield | ast.YieldFrom) -> str:
        self.expr(node.value)
        return UNKNOWN

    def _formatted(self, node: ast.JoinedStr) -> str:
        """A text that shows tensors is a tensor to whoever writes it."""
        parts = [part.value for part in node.values if isinstance(part, ast.FormattedValue)]
        shown = [self.expr(part) for part in parts]
        return TENSOR if any(kind in ON_DEVICE for kind in shown) else STATIC


EXPRESSIONS: dict[type[ast.AST], Callable[..., str]] = {
    ast.Name: Expressions._name,
    ast.Constant: Expressions._constant,
    ast.Attribute: Expressions._attribute,
    ast.Subscript: Expressions._subscript,
    ast.BinOp: Expressions._operation,
    ast.UnaryOp: Expressions._unary,
    ast.Compare: Expressions._compare,
    ast.BoolOp: Expressions._bool,
    ast.IfExp: Expressions._choice,
    ast.Tuple: Expressions._sequence,
    ast.List: Expressions._sequence,
    ast.Set: Expressions._sequence,
    ast.Dict: Expressions._dict,
    ast.Starred: Expressions._starred,
    ast.NamedExpr: Expressions._named,
    ast.ListComp: Expressions._comprehension,
    ast.SetComp: Expressions._comprehension,
    ast.GeneratorExp: Expressions._comprehension,
    ast.DictComp: Expressions._mapping,
    ast.Await: Expressions._waited,
    ast.Yield: Expressions._waited,
    ast.YieldFrom: Expressions._waited,
    ast.JoinedStr: Expressions._formatted,
    ast.Call: Expressions.call,
}
