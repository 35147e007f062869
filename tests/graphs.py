"""Op records made by hand, for tests of what reads them."""

from typing import Any

from portlint.graph.view import View
from portlint.record import Level, Op, Origin, Place, Tensor, Trace


def tensor(
    dtype: str = "float32",
    shape: tuple[int | str, ...] = (4, 8),
    origin: Origin = "activation",
    source: int | None = None,
) -> Tensor:
    """A tensor; parameters and inputs get a name."""
    name = "weight" if origin == "parameter" else ""
    return Tensor(dtype=dtype, shape=shape, origin=origin, name=name, source=source)


def op(
    name: str,
    *inputs: Tensor,
    gives: Tensor | None = None,
    level: Level = "aten",
    semantic: str = "",
    backward: bool = False,
    id: int = 0,
    **literals: Any,
) -> Op:
    """An op of the first line of a.py; it gives what its first operand is."""
    return Op(
        id=id,
        name=name,
        level=level,
        inputs=inputs,
        outputs=(gives or (inputs[0] if inputs else tensor()),),
        literals=literals,
        semantic=semantic,
        backward=backward,
        place=Place(path="a.py", line=1 + id),
    )


def view(*ops: Op) -> View:
    """A view of a trace of these ops."""
    return View(Trace(model="a.py:model", captured_by="export", ops=ops))
