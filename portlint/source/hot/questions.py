"""Questions that code asks about itself: which branches a hot path takes, and what they know."""

from __future__ import annotations

import ast
import re
from collections.abc import Sequence

from portlint.source.hot.kinds import STATIC, TENSOR, root, spelled
from portlint.source.lines import walk

EAGER = re.compile(r"tracing|compiling|exporting|scripting|torchscript|TYPE_CHECKING")
"""Questions whether a graph is being made: what hangs on them is left alone."""
SELDOM = re.compile(
    r"debug|verbose|profil|sanity|check_nan|log_level|isEnabledFor|\bshould_(log|save|evaluate)\b",
    re.I,
)
"""Questions that are true now and then."""
TRAINS = re.compile(r"\bself\.training\b|\b(labels?|targets?|gt_\w+)\b is not None|\bis_train")
"""Questions that are true in training only."""
FAKE = re.compile(r"FakeTensorMode|fake_mode")
"""Blocks whose tensors are on no device, whatever they are told."""
UNREAL = re.compile(rf"{FAKE.pattern}|init_empty_weights|device\([\"']meta")
"""Blocks whose tensors have no values."""
DEVICES = re.compile(r"[\"'](mps|cpu|xpu|npu|hpu|mlu|musa|cuda|xla|tpu)[\"']")


def is_first(test: ast.expr) -> bool:
    """Whether a block runs once: `if self.table is None`, `if not hasattr(self, "table")`."""
    match test:
        case ast.Compare(left=ast.Attribute() as left, ops=[ast.Is()]):
            return root(left) == "self"
        case ast.UnaryOp(op=ast.Not(), operand=ast.Call(func=ast.Name("hasattr"))):
            return True
        case ast.UnaryOp(op=ast.Not(), operand=ast.Attribute(attr=attr)):
            return "init" in attr or "cached" in attr or "built" in attr
        case ast.BoolOp(values=values):
            return any(is_first(value) for value in values)
    return False


def fills(node: ast.If) -> bool:
    """`if layer.scale is None: layer.scale = …`, wherever the assignment stands."""
    if not any(isinstance(part, ast.Assign) for part in node.body):
        return False
    asked = {
        spelled(part.left)
        for part in walk(node.test)
        if isinstance(part, ast.Compare)
        and isinstance(part.ops[0], ast.Is)
        and isinstance(part.left, ast.Attribute | ast.Subscript)
    }
    made = (item for part in node.body if isinstance(part, ast.Assign) for item in part.targets)
    return bool(asked) and any(spelled(item) in asked for item in made)


def narrowed(test: ast.expr) -> tuple[dict[str, str] | None, dict[str, str] | None]:
    """What the outcomes of a question say of names: `isinstance(n, int)`, `torch.is_tensor(n)`.

    A branch for another kind of device is never taken: None.
    """
    match test:
        case ast.UnaryOp(op=ast.Not(), operand=inner):
            yes, no = narrowed(inner)
            return no, yes
        case ast.BoolOp(op=ast.And(), values=values):
            found = [narrowed(value)[0] for value in values]
            known = [item for item in found if item is not None]
            merged = {name: kind for item in known for name, kind in item.items()}
            return (merged if len(known) == len(found) else None), {}
        case ast.Call(func=ast.Name("isinstance"), args=[ast.Name(name), kinds]):
            text = spelled(kinds)
            if "Tensor" in text:
                return {name: TENSOR} if "," not in text and "|" not in text else {}, {name: STATIC}
            return {name: STATIC}, {}
        case ast.Call(func=func, args=[ast.Name(name)]) if spelled(func) == "torch.is_tensor":
            return {name: TENSOR}, {name: STATIC}
        case ast.Compare(left=left, ops=[op], comparators=[other]):
            if _is_type(left) and DEVICES.search(spelled(other)):
                if isinstance(op, ast.Eq | ast.In):
                    return None, {}
                return {}, None
    return {}, {}


def _is_type(node: ast.expr) -> bool:
    """Whether a text ends as that of a kind of device does; not with a bracket or a quote."""
    closed = isinstance(node, ast.Call | ast.Subscript | ast.Constant)
    return not closed and spelled(node).endswith((".type", "device_type"))


def leaves(body: Sequence[ast.stmt]) -> bool:
    """Whether what stands behind a block is not reached from it."""
    return bool(body) and isinstance(body[-1], ast.Return | ast.Raise | ast.Continue | ast.Break)


def is_read(node: ast.expr) -> bool:
    """Whether a number is read out right here: `n.item()`, `int(n)`, `n.item() + 1`."""
    match node:
        case ast.Call(func=ast.Attribute(attr="item")):
            return True
        case ast.Call(func=ast.Name("int" | "max" | "min"), args=args):
            return bool(args)
        case ast.BinOp(left=left, right=right):
            return is_read(left) or is_read(right)
        case ast.UnaryOp(operand=operand):
            return is_read(operand)
    return False


NUMBERS = frozenset("int float bool str len".split())
"""What gives no tensor, whatever it is given."""
FILLS = frozenset("append add".split())


def counts(targets: Sequence[ast.expr], made: Sequence[ast.AST]) -> bool:
    """Whether a loop or comprehension makes numbers of Python only, and no tensor of some size."""
    own = {n.id for target in targets for n in walk(target) if isinstance(n, ast.Name)}
    return all(_is_number(part, own) for part in made)


def _is_number(node: ast.AST, own: set[str]) -> bool:
    match node:
        case ast.Constant() | ast.Pass() | ast.Continue() | ast.Break():
            return True
        case ast.Name(name):
            return name in own
        case ast.Compare():
            return not any(isinstance(n, ast.Call | ast.Slice) for n in walk(node))
        case ast.BoolOp(values=parts) | ast.Tuple(elts=parts) | ast.List(elts=parts):
            return all(_is_number(part, own) for part in parts)
        case ast.BinOp(left=left, right=right):
            return _is_number(left, own) and _is_number(right, own)
        case ast.UnaryOp(operand=value) | ast.Assign(value=value) | ast.AugAssign(value=value):
            return _is_number(value, own)
        case ast.IfExp(test=test, body=body, orelse=other):
            return all(_is_number(part, own) for part in (test, body, other))
        case ast.If(test=test, body=body, orelse=rest):
            return all(_is_number(part, own) for part in (test, *body, *rest))
        case ast.Expr(value=ast.Call(func=ast.Attribute(attr=name), args=args)) if name in FILLS:
            return all(_is_number(part, own) for part in args)
        case ast.Call(func=ast.Name(name)):
            return name in NUMBERS
    return False
