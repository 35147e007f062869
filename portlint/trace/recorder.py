"""Ops as they are dispatched, with the running line and module: for what export cannot do."""

from __future__ import annotations

import contextlib
import sys
from collections.abc import Iterator
from typing import Any

import torch
from torch import nn
from torch.nn.modules import module as hooks
from torch.utils import _pytree as pytree
from torch.utils._python_dispatch import TorchDispatchMode
from torch.utils.weak import WeakIdKeyDictionary

from portlint.record import Op, Tensor
from portlint.trace import values
from portlint.trace.places import here
from portlint.trace.records import Records

LIMIT = 200_000
"""Ops after which a recorder only lets run: a loop that goes on for ever is not worth more."""


class Recorder(TorchDispatchMode):  # type: ignore[no-untyped-call]
    """Writes down every op that runs."""

    def __init__(self, records: Records, module: nn.Module) -> None:
        super().__init__()  # type: ignore[no-untyped-call]
        self.records = records
        self.ops: list[Op] = []
        self.known: Any = WeakIdKeyDictionary()
        self.paths = {id(child): path for path, child in module.named_modules()}
        self.running: list[tuple[str, str]] = []

    def know(self, named: Iterator[tuple[str, torch.Tensor]], origin: Any) -> None:
        """Tell the recorder what a tensor is before anything runs."""
        for name, tensor in named:
            self.known[tensor] = values.tensor(tensor, origin, name)

    def __torch_dispatch__(
        self, func: Any, types: Any, args: tuple[Any, ...] = (), kwargs: Any = None
    ) -> Any:
        """Run the op and write it down."""
        kwargs = kwargs or {}
        given = values.arguments(func, args, kwargs, self._given)
        out = func(*args, **kwargs)
        name = values.op_name(func)
        if len(self.ops) < LIMIT and not name.startswith(("aten._assert", "aten.detach", "prim.")):
            self._write(name, given, out)
        return out

    def _given(self, value: Any) -> list[Tensor] | None:
        if not isinstance(value, torch.Tensor):
            return None
        found = self.known.get(value)
        return [found if found is not None else values.tensor(value, "constant")]

    def _write(self, name: str, given: values.Arguments, out: Any) -> None:
        number = next(self.records.ids)
        origin, of = values.derived(given.tensors)
        made = [leaf for leaf in pytree.tree_leaves(out) if isinstance(leaf, torch.Tensor)]
        outputs = [values.tensor(leaf, origin, of, number, part) for part, leaf in enumerate(made)]
        for leaf, record in zip(made, outputs, strict=True):
            self.known[leaf] = record
        stack = tuple(here(sys._getframe(2)))[-8:]
        path, kind = self.running[-1] if self.running else ("", "")
        self.ops.append(
            Op(
                id=number,
                name=name,
                level="core",
                inputs=tuple(given.tensors),
                arguments=tuple(given.names),
                outputs=tuple(outputs),
                literals=given.literals,
                place=self.records.homes.innermost(stack),
                stack=stack,
                module=path,
                module_class=kind,
                stub=str(given.literals.get("name", "")) if name.startswith("portlint.") else "",
            )
        )

    @contextlib.contextmanager
    def recording(self) -> Iterator[None]:
        """Record what runs in here, and in which module."""

        def enter(module: nn.Module, _args: Any) -> None:
            kind = type(module)
            path = self.paths.get(id(module), "")
            self.running.append((path, f"{kind.__module__}.{kind.__qualname__}"))

        def leave(_module: nn.Module, _args: Any, _out: Any) -> None:
            self.running.pop()

        before = hooks.register_module_forward_pre_hook(enter)
        after = hooks.register_module_forward_hook(leave, always_call=True)
        try:
            with self:
                yield
        finally:
            before.remove()
            after.remove()
