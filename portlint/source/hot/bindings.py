"""Names and conditions on a hot path: what names hold, and what Python decides by."""

from __future__ import annotations

import ast

from portlint.source.hot import torchwords as words
from portlint.source.hot.called import Calls
from portlint.source.hot.kinds import (
    LOCAL,
    MANY,
    MASK,
    ON_DEVICE,
    STATIC,
    TENSOR,
    UNKNOWN,
    item_of,
    last,
    spelled,
)
from portlint.source.hot.questions import narrowed
from portlint.source.hot.state import Outcomes


class Bindings(Calls):
    """Gives names their kinds, and asks conditions for the value of a tensor."""

    def bind(self, target: ast.expr, kind: str, value: ast.expr | None = None) -> None:
        """Give names what a value is."""
        if isinstance(target, ast.Name):
            here = self.names.is_hosted(target.id) and kind != STATIC
            self.answers.pop(target.id, None)
            self.opaque.discard(target.id)
            if kind == UNKNOWN and self.hides(value):
                self.opaque.add(target.id)
            if isinstance(value, ast.Compare):
                self.answers[target.id] = narrowed(value)
            kind = TENSOR if target.id in self.sure and kind == UNKNOWN else kind
            self.held[target.id] = LOCAL if here else kind
            self.asked.discard(target.id)
            if kind == UNKNOWN and value is not None and self.asks(value):
                self.asked.add(target.id)
        elif isinstance(target, ast.Tuple | ast.List):
            each = value.elts if isinstance(value, ast.Tuple | ast.List) else []
            same = len(each) == len(target.elts)
            # Who unpacks what a function gives knows better than its annotation.
            told = value is not None and value is self.reached
            part = UNKNOWN if kind == TENSOR and told else item_of(kind)
            for index, item in enumerate(target.elts):
                self.bind(item, self.again(each[index]) if same else part)
        elif isinstance(target, ast.Starred):
            self.bind(target.value, MANY if kind in (TENSOR, MANY) else UNKNOWN)
        elif isinstance(target, ast.Subscript):
            if self.index(target) and self.expr(target.value) != LOCAL:
                self.mark("mask-write", target, spelled(target))
        elif isinstance(target, ast.Attribute) and isinstance(target.value, ast.Name):
            self.held[f"{target.value.id}.{target.attr}"] = kind

    def hides(self, value: ast.expr | None) -> bool:
        """Whether a value comes out of an object that does not say where its tensors are."""
        while isinstance(value, ast.Attribute | ast.Subscript | ast.Call):
            value = value.func if isinstance(value, ast.Call) else value.value
        return isinstance(value, ast.Name) and value.id in self.opaque

    def rounds(self, target: ast.expr, over: ast.expr) -> None:
        """What the names of a loop hold: numbers of `enumerate`, items of each part of `zip`."""
        match over, target:
            case (
                ast.Call(func=ast.Name("enumerate"), args=[inner, *_]),
                ast.Tuple(elts=[first, second]),
            ):
                self.bind(first, STATIC)
                self.rounds(second, inner)
            case ast.Call(func=ast.Name("zip"), args=args), ast.Tuple(elts=parts) if len(
                args
            ) == len(parts):
                for part, arg in zip(parts, args, strict=True):
                    self.rounds(part, arg)
            case _:
                self.bind(target, item_of(self.expr(over)))

    def narrow(self, test: ast.expr) -> Outcomes:
        """What the outcomes of a question say of names, also where its answer has a name."""
        match test:
            case ast.Name(name):
                return self.answers.get(name, ({}, {}))
            case ast.UnaryOp(op=ast.Not(), operand=ast.Name(name)):
                yes, no = self.answers.get(name, ({}, {}))
                return no, yes
        return narrowed(test)

    def test(self, test: ast.expr) -> None:
        """The condition of a statement or choice: whether it is the value of a tensor."""
        if self.truth(test):
            self.mark("branch", test, spelled(test))

    def truth(self, test: ast.expr) -> bool:
        """Whether Python has to know a tensor's value to decide."""
        match test:
            case ast.BoolOp(op=op, values=values):
                if isinstance(op, ast.And) and any("torch.float16" in self.text(v) for v in values):
                    return False
                found = [self.truth(value) for value in values]
                return any(found)
            case ast.UnaryOp(op=ast.Not(), operand=operand):
                return self.truth(operand)
            case ast.Call(func=ast.Name("bool"), args=[value]):
                return self.truth(value)
            case ast.Call(func=func, args=args) if last(func) in words.TRUTHS:
                kinds = [self.expr(arg) for arg in args]
                torch = any(p.startswith("torch.") for p in self.names.paths(func))
                base = self.expr(func.value) if isinstance(func, ast.Attribute) else UNKNOWN
                return base in ON_DEVICE or (torch and any(kind in ON_DEVICE for kind in kinds))
            case ast.Name(name):
                return self.held.get(name) == MASK and name not in self.names.imports
        before = len(self.marks)
        kind = self.expr(test)
        if kind not in ON_DEVICE:
            # A decision by `x.item()` is a decision, not a read.
            reads = [m for m in self.marks[before:] if m.kind.endswith(":value")]
            if reads and isinstance(test, ast.Compare | ast.Call) and self.level != "step":
                self.marks[before:] = [m for m in self.marks[before:] if m not in reads]
                return True
        return kind in ON_DEVICE
