"""What an expression of torch is, as far as its text tells: kinds, and how they combine."""

from __future__ import annotations

import ast
import functools
import re
from collections.abc import Callable

TENSOR, MASK, MANY, LOCAL, STATIC, UNKNOWN = "tensor", "mask", "many", "host", "static", ""
"""On the device; booleans there; several; on the host; no tensor at all; not known."""
ON_DEVICE = frozenset([TENSOR, MASK])
TENSORS = re.compile(r"\b(\w*Tensor)\b(?!Dict|Type)")
NUMBERS = re.compile(r"\b(int|float|bool|str|Size|dict|Dict|Callable|Any|Cache|ndarray)\b")
SEVERAL = re.compile(r"(typing\.)?(Optional\[)?([Ll]ist|[Tt]uple|Sequence|Iterable)\b")
PLAIN = re.compile(
    r"(?=.*\b(int|float|bool|str|Size)\b)"
    r"(Optional|Union|[Ll]ist|[Tt]uple|Sequence|int|float|bool|str|None|Size|torch|[\[\], |.])+"
)
"""Annotations of numbers and texts, and of lists of them."""
HOSTED = re.compile(r"(^|_)(cpu|np|numpy|host|list)(_|$)")
"""Names that say that something is on the host."""


def spelled(node: ast.AST) -> str:
    """The text of a node, in one form."""
    plain = _plain(node)
    return ast.unparse(node) if plain is None else plain


def _plain(node: ast.AST) -> str | None:
    """What `ast.unparse` gives, sooner, of names, their attributes and items, and of unions."""
    if isinstance(node, ast.Name):
        return node.id
    if isinstance(node, ast.Attribute):
        owner = _plain(node.value) if isinstance(node.value, ast.Name | ast.Attribute) else None
        return None if owner is None else f"{owner}.{node.attr}"
    if isinstance(node, ast.Constant):
        return repr(node.value) if node.value is None or isinstance(node.value, int) else None
    if isinstance(node, ast.BinOp) and isinstance(node.op, ast.BitOr):
        first = None if isinstance(node.left, ast.Constant) else _plain(node.left)
        second = None if isinstance(node.right, ast.BinOp) else _plain(node.right)
        return None if first is None or second is None else f"{first} | {second}"
    if isinstance(node, ast.Subscript) and isinstance(node.value, ast.Name | ast.Attribute):
        owner, items = _plain(node.value), [node.slice]
        if isinstance(node.slice, ast.Tuple) and len(node.slice.elts) > 1:
            items = node.slice.elts
        inner = [_plain(item) for item in items]
        if owner is not None and None not in inner:
            return f"{owner}[{', '.join(part for part in inner if part)}]"
    return None


def last(func: ast.expr) -> str:
    """The last part of what is called."""
    return func.attr if isinstance(func, ast.Attribute) else getattr(func, "id", "")


def root(node: ast.expr) -> str | None:
    """The name that a dotted expression begins with."""
    while isinstance(node, ast.Attribute):
        node = node.value
    return node.id if isinstance(node, ast.Name) else None


def item_of(kind: str) -> str:
    """What one of several is; a part of a tensor is a tensor."""
    return TENSOR if kind == MANY else kind


def both(left: str, right: str, op: ast.operator) -> str:
    """What an operator makes of two operands."""
    kinds = {left, right}
    if MASK in kinds and isinstance(op, ast.BitAnd | ast.BitOr | ast.BitXor):
        return MASK
    if kinds & ON_DEVICE:
        return TENSOR
    if LOCAL in kinds:
        return LOCAL
    return STATIC if kinds == {STATIC} else UNKNOWN


def parameter(arg: ast.arg, default: ast.expr | None, is_hosted: Callable[[str], bool]) -> str:
    """What a parameter holds, by its name, annotation and default."""
    if is_hosted(arg.arg):
        return LOCAL
    if arg.annotation is not None:
        return annotated(arg.annotation)
    if isinstance(default, ast.Constant) and isinstance(default.value, bool | int | float | str):
        return STATIC
    return UNKNOWN


def annotated(node: ast.expr | None) -> str:
    """What an annotation says: `Tensor | None` is a tensor, `list[Tensor]` several."""
    if node is None:
        return UNKNOWN
    return _told(spelled(node))


@functools.lru_cache(maxsize=4096)
def _told(text: str) -> str:
    """What the text of an annotation says."""
    if not TENSORS.search(text):
        return STATIC if PLAIN.fullmatch(text) else UNKNOWN
    if NUMBERS.search(text):
        return UNKNOWN
    if SEVERAL.match(text):
        return MANY
    return MASK if text.endswith("BoolTensor") else TENSOR


def is_bool(node: ast.Call) -> bool:
    """Whether a call asks for booleans: `dtype=torch.bool`."""
    return any(
        k.arg == "dtype" and spelled(k.value) in ("torch.bool", "bool") for k in node.keywords
    )


def is_cpu(node: ast.Call) -> bool:
    """Whether a call names the host: `.to("cpu")`."""
    given = [*node.args, *(k.value for k in node.keywords if k.arg == "device")]
    return any(isinstance(arg, ast.Constant) and arg.value == "cpu" for arg in given)
