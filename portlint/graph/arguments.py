"""An op record -> its base name, its literal arguments and the dtypes it works on."""

from __future__ import annotations

from collections.abc import Iterator

from portlint.graph.view import View
from portlint.record import Op, Tensor

INTEGERS = frozenset({"int8", "int16", "int32", "int64", "uint8", "uint16", "uint32", "uint64"})
SIGNED = frozenset({"int8", "int16", "int32", "int64"})
COMPLEX = frozenset({"complex32", "complex64", "complex128"})
VIEWS = frozenset(
    "view reshape permute transpose t unsqueeze squeeze expand slice select flatten unflatten"
    " to _to_copy type_as contiguous clone detach alias view_as _unsafe_view movedim".split()
)


def base(op: Op) -> str:
    """ "aten.index.Tensor" -> "index"; other namespaces keep theirs ("mylib.rope")."""
    parts = op.name.split(".")
    if parts[0] == "aten":
        return parts[1] if len(parts) > 1 else ""
    return ".".join(parts[:2])


def numbers(op: Op, name: str) -> list[int]:
    """A literal that is one whole number or several; symbols are left out."""
    value = op.literals.get(name)
    items = value if isinstance(value, list | tuple) else [value]
    return [i for i in items if isinstance(i, int) and not isinstance(i, bool)]


def number(op: Op, name: str, default: int) -> int:
    """A literal whole number, or what holds when it is not given."""
    found = numbers(op, name)
    return found[0] if found else default


def dtypes(op: Op) -> tuple[str, ...]:
    """Distinct dtypes of what an op takes and gives, in order."""
    return tuple(dict.fromkeys(t.dtype for t in (*op.inputs, *op.outputs)))


def first_dtype(op: Op) -> str:
    """The dtype of the first operand ("" without one)."""
    return op.inputs[0].dtype if op.inputs else ""


def short(op: Op) -> str:
    """The name people know: "aten.index.Tensor" -> "aten.index"."""
    return ".".join(op.name.split(".")[:2])


def quoted(op: Op, view: View) -> str:
    """How a message names an op; what a composite ends in names the composite too."""
    if op.semantic and op.semantic != op.name:
        return f"{short(op)} (in {'.'.join(op.semantic.split('.')[:2])})"
    return short(op)


def weights(op: Op, view: View) -> Iterator[Tensor]:
    """Operands that are parameters, or parameters seen through views and casts."""
    for tensor in op.inputs:
        found = _weight(tensor, view)
        if found is not None:
            yield found


def _weight(tensor: Tensor, view: View, depth: int = 12) -> Tensor | None:
    if tensor.origin == "parameter":
        return tensor
    maker = view.maker(tensor)
    if maker is None or not depth or base(maker) not in VIEWS or len(maker.inputs) != 1:
        return None
    return _weight(maker.inputs[0], view, depth - 1)
