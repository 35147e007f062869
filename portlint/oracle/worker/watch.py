"""Operators on large tensors -> what the host would run, found without running it."""

from typing import Any

import torch
from torch.utils._python_dispatch import TorchDispatchMode

from .values import size

EXPLICIT = torch._C.DispatchKey.CompositeExplicitAutograd


class Unrun(Exception):
    """An operator that was not run: the host has its only kernel (`sure`), or may have it."""

    def __init__(self, name: str, sure: bool) -> None:
        super().__init__(name)
        self.name, self.sure = name, sure


class Watch(TorchDispatchMode):  # type: ignore[no-untyped-call]
    """Stops before an operator that would run on the host on more than `limit` bytes.

    `careful` names those whose kernel sends some arguments to the host: whether it does so is
    known only by running it.
    """

    def __init__(self, limit: int, careful: frozenset[str]) -> None:
        super().__init__()  # type: ignore[no-untyped-call]
        self.limit, self.careful = limit, careful

    def __torch_dispatch__(
        self, func: Any, types: Any, args: tuple[Any, ...] = (), kwargs: Any = None
    ) -> Any:
        kwargs = kwargs or {}
        name = func.name()
        if size((args, kwargs)) > self.limit:
            own = _has(name, "XLA")
            if not own and not _composite(name):
                raise Unrun(name, sure=True)
            if own and name in self.careful:
                raise Unrun(name, sure=False)
            if not own and _has(name, "CompositeExplicitAutograd"):
                with self:  # what it is made of comes by here as well
                    return func._op_dk(EXPLICIT, *args, **kwargs)
        return func(*args, **kwargs)


def _has(name: str, key: str) -> bool:
    return bool(torch._C._dispatch_has_kernel_for_dispatch_key(name, key))


def _composite(name: str) -> bool:
    return _has(name, "CompositeExplicitAutograd") or _has(name, "CompositeImplicitAutograd")
