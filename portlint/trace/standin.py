"""Names of a missing library: calls become one opaque operator, so a graph names them."""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any

import torch
from torch import Tensor, nn
from torch.utils import _pytree as pytree

LIBRARY: Any = torch.library.Library("portlint", "DEF")  # type: ignore[no-untyped-call]
LIBRARY.define("stub(str name, Tensor[] inputs, SymInt[] shape, str said) -> Tensor")
LIBRARY.define("stub_backward(str name, Tensor grad, Tensor[] inputs) -> Tensor[]")
LIBRARY.define("launch(str name, Tensor(a!)[] inputs) -> ()")
WORDS: dict[str, Callable[..., int]] = {
    "cdiv": lambda a, b: -(-a // b),
    "next_power_of_2": lambda n: 1 << max(n - 1, 0).bit_length(),
}
"""Functions of a kernel language that host code needs a real number from."""


def _stub(name: str, inputs: list[Tensor], shape: list[int], said: str) -> Tensor:
    return inputs[0].new_zeros(shape)


def _backward(name: str, grad: Tensor, inputs: list[Tensor]) -> list[Tensor]:
    return [torch.zeros_like(tensor) for tensor in inputs]


def _launch(name: str, inputs: list[Tensor]) -> None:
    return None


for operator, function in (("stub", _stub), ("stub_backward", _backward), ("launch", _launch)):
    LIBRARY.impl(operator, function, "CompositeExplicitAutograd")
    torch.library.register_fake(f"portlint::{operator}", function, lib=LIBRARY)


def _remember(ctx: Any, inputs: tuple[Any, ...], output: Any) -> None:
    ctx.name, tensors, *_ = inputs
    ctx.save_for_backward(*tensors)


def _differentiate(ctx: Any, grad: Tensor) -> tuple[Any, ...]:
    grads = torch.ops.portlint.stub_backward(ctx.name, grad, list(ctx.saved_tensors))
    return None, grads, None, None


torch.library.register_autograd(
    "portlint::stub", _differentiate, setup_context=_remember, lib=LIBRARY
)


def tensors(*values: Any) -> list[Tensor]:
    """The tensors among arguments, in order."""
    return [leaf for leaf in pytree.tree_leaves(values) if isinstance(leaf, Tensor)]


def opaque(name: str, given: list[Tensor], shape: Any = None, said: str = "") -> Tensor:
    """A call of a missing function: the result is assumed to be like the first floating input.

    `said` is the call as it was made, with a number for each tensor among the inputs.
    """
    floating = [t for t in given if t.is_floating_point()] or given
    first = floating[0]
    inputs = [first, *(t for t in given if t is not first)]
    result: Tensor = torch.ops.portlint.stub(name, inputs, list(assumed(name, first, shape)), said)
    return result


def call(given: list[Tensor], args: Any, kwargs: Any) -> str:
    """The arguments of a call as JSON: a tensor is `{"tensor": 0}`, a stand-in its name.

    An instance of a missing class has what it was made with beside its name.
    """
    first = next((t for t in given if t.is_floating_point()), given[0])
    order = [first, *(t for t in given if t is not first)]

    def plain(value: Any) -> Any:
        if isinstance(value, Tensor):
            return {"tensor": next((n for n, t in enumerate(order) if t is value), 0)}
        if isinstance(value, Standin):
            return {"name": value._name}
        if isinstance(value, Layer):
            args, kwargs = value.made_with
            return {"name": value.stands_for, "args": plain(args), "kwargs": plain(kwargs)}
        if isinstance(value, dict):
            return {key: plain(item) for key, item in value.items()}
        if isinstance(value, list | tuple):
            return [plain(item) for item in value]
        return value if isinstance(value, bool | int | float | str) else None

    return json.dumps({"args": plain(args), "kwargs": plain(kwargs)})


def assumed(name: str, first: Tensor, shape: Any) -> Any:
    """A result's shape: attention over packed tensors drops the packing, a loss its classes."""
    if shape is not None:
        return shape
    last = name.rpartition(".")[2].lower()
    if "qkvpacked" in last and first.dim() >= 4:
        return (*first.shape[:-3], *first.shape[-2:])
    if ("cross_entropy" in last or "crossentropy" in last) and first.dim() > 1:
        return first.shape[:-1]
    return first.shape


class Layer(nn.Module):
    """An instance of a missing library's class: a module with the weights its arguments tell of."""

    stands_for = "?"

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__()
        self.made_with = (args, kwargs)
        sizes = [a for a in (*args, *kwargs.values()) if type(a) is int]
        kind = self.stands_for.rpartition(".")[2].lower()
        self.out: int | None = None
        dtype = kwargs.get("dtype") or kwargs.get("params_dtype")
        dtype = dtype if isinstance(dtype, torch.dtype) else None
        if "linear" in kind and len(sizes) > 1:
            self.out = sizes[1]
            self.weight = nn.Parameter(torch.empty(sizes[1], sizes[0], dtype=dtype))
            if kwargs.get("bias", True):
                self.bias = nn.Parameter(torch.empty(sizes[1], dtype=dtype))
        elif "norm" in kind and (sizes or args):
            shape = tuple(args[0]) if args and isinstance(args[0], tuple | list) else sizes[:1]
            self.weight = nn.Parameter(torch.ones(tuple(shape), dtype=dtype))

    def forward(self, *args: Any, **kwargs: Any) -> Any:
        """One opaque operator over the inputs and the weights."""
        given = tensors(args, kwargs)
        if not given:
            return Standin(f"{self.stands_for}()")
        shape = (*given[0].shape[:-1], self.out) if self.out else None
        said = call([*given, *self.parameters()], args, kwargs)
        return opaque(self.stands_for, [*given, *self.parameters()], shape, said)


class Standin:
    """A name of a missing library: function, class, decorator, kernel or constant."""

    def __init__(self, name: str, kernel: bool = False) -> None:
        self.__dict__.update(_name=name, _kernel=kernel, __name__=name.rpartition(".")[2])

    def __getattr__(self, name: str) -> Any:
        if name.startswith("__") and name.endswith("__"):
            raise AttributeError(name)
        return WORDS.get(name) or Standin(f"{self._name}.{name}")

    def __getitem__(self, key: Any) -> Standin:
        return self

    def __mro_entries__(self, bases: tuple[Any, ...]) -> tuple[type, ...]:
        return (self._type(),)

    def __instancecheck__(self, value: Any) -> bool:
        return isinstance(value, Layer) and value.stands_for == self._name

    def __or__(self, other: Any) -> Standin:
        return self

    __ror__ = __or__

    def __bool__(self) -> bool:
        return True

    def __iter__(self) -> Any:
        return iter(())

    def __call__(self, *args: Any, **kwargs: Any) -> Any:
        """Launch, decorate, construct or compute, as name and arguments tell."""
        given = tensors(args, kwargs)
        if self._kernel:
            return torch.ops.portlint.launch(self._name, given) if given else None
        if (
            len(args) == 1
            and not kwargs
            and callable(args[0])
            and not isinstance(args[0], Tensor | Layer)
        ):
            return self._decorated(args[0])
        if self.__name__[:1].isupper() and not given:
            return self._type()(*args, **kwargs)
        if not given:
            return Standin(self._name)
        return opaque(self._name, given, said=call(given, args, kwargs))

    def _decorated(self, function: Any) -> Any:
        """A kernel language's decorator turns a function into a kernel; any other leaves it."""
        if isinstance(function, Standin):
            return function
        if self.__name__ in ("jit", "autotune", "heuristics", "kernel"):
            return Standin(f"{function.__module__}.{function.__qualname__}", kernel=True)
        return function

    def _type(self) -> type[Layer]:
        return type(self.__name__, (Layer,), {"stands_for": self._name})
