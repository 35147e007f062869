"""The ops of a graph in the order they run -> the most bytes of their results alive at once."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import NamedTuple

from portlint.graph.extent import count, size
from portlint.record import Op, Tensor

SHARED = frozenset(
    "view _unsafe_view _reshape_alias view_as view_as_real view_as_complex real imag reshape "
    "reshape_as flatten unflatten permute transpose t mT adjoint movedim moveaxis swapaxes "
    "swapdims expand expand_as broadcast_to unsqueeze squeeze slice select narrow alias detach "
    "lift_fresh split split_with_sizes tensor_split chunk unbind hsplit vsplit dsplit diagonal "
    "as_strided unfold contiguous".split()
)
"""Ops whose results lie in the memory of their first operand."""
SAME_TYPE = frozenset("to type_as float half bfloat16 dropout".split())
"""Those that give their operand back where the dtype stays (dropout: outside of training)."""

Storage = tuple[int | str, int]
"""Memory of its own: the op that made it and which of its results, or the name of an input."""


class Peak(NamedTuple):
    """The most bytes alive at once, and how many results of unknown size are not among them."""

    bytes: int
    unsized: int


def peak(ops: Sequence[Op]) -> Peak:
    """Run through a graph: results live until their last use, inputs and outputs to the end.

    Weights count nowhere, nor do the gradients of weights that a joint graph makes.
    """
    graph = _Storages(ops)
    ends = graph.ends()
    gradients = graph.gradients()
    sizes = {k: 0 if k in gradients else size(t) for k, t in graph.tensors.items()}
    live = most = sum(sizes[key] or 0 for key in graph.given)
    for number, made in enumerate(graph.made):
        live += sum(sizes[key] or 0 for key in made)
        most = max(most, live)
        live -= sum(sizes[key] or 0 for key in ends.get(number, ()))
    return Peak(most, sum(known is None for known in sizes.values()))


class _Storages:
    """Which memory each op makes and touches; views are in the memory of what they show."""

    def __init__(self, ops: Sequence[Op]) -> None:
        self.ops = ops
        self.tensors: dict[Storage, Tensor] = {}
        self.given: set[Storage] = set()
        self.made: list[list[Storage]] = []
        self.used: list[list[Storage]] = []
        self.home: dict[Storage, Storage | None] = {}
        for op in ops:
            self.made.append([])
            self.used.append([key for t in op.inputs if (key := self._of(t)) is not None])
            self._results(op)

    def _of(self, tensor: Tensor) -> Storage | None:
        """The memory of an operand; None for weights."""
        if tensor.source is not None:
            return self.home.get((tensor.source, tensor.part))
        if tensor.origin in ("parameter", "buffer"):
            return None
        key = (tensor.name, 0)
        if key not in self.tensors:
            self.tensors[key] = tensor
            if tensor.origin == "input":
                self.given.add(key)
            else:
                self.made[-1].append(key)
        return key

    def _results(self, op: Op) -> None:
        shared = op.inputs and _shares(op)
        for tensor in op.outputs:
            key = (op.id, tensor.part)
            if shared:
                self.home[key] = self._of(op.inputs[0])
                continue
            self.home[key] = key
            self.tensors[key] = tensor
            self.made[-1].append(key)

    def ends(self) -> dict[int, list[Storage]]:
        """The memory that is free after each op."""
        last: dict[Storage, int] = {}
        for number, keys in enumerate(zip(self.made, self.used, strict=True)):
            last.update(dict.fromkeys([*keys[0], *keys[1]], number))
        for key in {*self.given, *self._kept()}:
            last.pop(key, None)
        found: dict[int, list[Storage]] = {}
        for key, number in last.items():
            found.setdefault(number, []).append(key)
        return found

    def gradients(self) -> set[Storage]:
        """What a joint graph gives back for weights, and what of that size it is made of."""
        makers = {op.id: op for op in self.ops if op.backward}
        found = set[Storage]()
        waiting = [op for op in makers.values() if op.returned]
        for op in waiting:
            values = count(op.outputs[0]) if op.outputs else None
            found |= {(op.id, tensor.part) for tensor in op.outputs}
            alike = [t.source for t in op.inputs if t.source is not None and count(t) == values]
            inner = (makers.get(source) for source in alike)
            waiting += [made for made in inner if made and (made.id, 0) not in found]
        return found

    def _kept(self) -> Iterator[Storage]:
        """What the model gives back; not the gradients."""
        for op in self.ops:
            if op.returned and not op.backward:
                homes = (self.home[op.id, tensor.part] for tensor in op.outputs)
                yield from (home for home in homes if home is not None)


def _shares(op: Op) -> bool:
    name = op.name.split(".")[1] if "." in op.name else op.name
    if name in SHARED or (name.endswith("_") and not name.endswith("__")):
        return True
    alike = bool(op.outputs) and op.outputs[0].dtype == op.inputs[0].dtype
    return name in SAME_TYPE and alike
