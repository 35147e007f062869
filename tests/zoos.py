"""The zoo of attentions: its programs as modules, as they run, and as they are traced."""

from __future__ import annotations

import contextlib
import importlib.util
import pathlib
import sys
from collections.abc import Iterator
from types import ModuleType
from typing import Any
from unittest import mock

import torch
from torch import nn

from portlint.record import Trace
from portlint.trace.joint import joint
from portlint.trace.ladder import Ladder
from portlint.trace.load import Loaded
from portlint.trace.log import Log
from portlint.trace.outputs import every_tensor
from portlint.trace.places import Homes
from portlint.trace.records import Records
from portlint.trace.redirect import redirected
from portlint.trace.stubs import Stubs, stubbed
from tests.entry import Entry

ZOO = pathlib.Path(__file__).parent / "zoo"
FILES = sorted(path for path in ZOO.glob("*.py") if path.name != "__init__.py")
LIBRARIES = (
    *("flash_attn", "xformers", "natten", "mamba_ssm", "fla", "ring_flash_attn", "vllm"),
    *("deepspeed", "MultiScaleDeformableAttention"),
)
"""What the programs import and is not installed: stand-ins answer, as in a trace."""
CALLERS = ("absent",)
"""Files whose calls go to such libraries: they are traced and do not run."""
UNTRACED = ("ring",)
"""Files of programs that need more than one process."""


class Called(nn.Module):
    """A function as a module."""

    def __init__(self, function: Any) -> None:
        super().__init__()
        self.function = function

    def forward(self, *args: Any) -> Any:
        return self.function(*args)


def loaded(path: pathlib.Path) -> ModuleType:
    """A file of the zoo, or a copy of one, as a module of its own."""
    spec = importlib.util.spec_from_file_location(f"zoo_{path.stem}", path)
    assert spec and spec.loader
    module = importlib.util.module_from_spec(spec)
    sys.modules[spec.name] = module
    with standing_in():
        spec.loader.exec_module(module)
    return module


@contextlib.contextmanager
def standing_in() -> Iterator[tuple[Log, Stubs]]:
    """Libraries that are missing are answered for."""
    log = Log(Homes(str(ZOO)))
    with stubbed(log, LIBRARIES) as stubs:
        missing = {name for name in LIBRARIES if importlib.util.find_spec(name) is None}
        stubs.enabled |= missing
        yield log, stubs


def entries(path: pathlib.Path) -> list[Entry]:
    found: list[Entry] = loaded(path).ZOO
    return found


def built(entry: Entry) -> tuple[nn.Module, tuple[Any, ...]]:
    """The same weights and inputs for all entries that make them in the same order."""
    torch.manual_seed(0)
    model = entry.make() if isinstance(entry.make, type) else Called(entry.make)
    model.train(entry.training)
    torch.manual_seed(1)
    return model, entry.inputs()


def outputs(entry: Entry) -> tuple[torch.Tensor, ...]:
    """What an entry gives."""
    model, args = built(entry)
    with torch.no_grad():
        given = model(*args)
    return given if isinstance(given, tuple) else (given,)


def traced(entry: Entry, root: pathlib.Path = ZOO) -> Trace:
    """The operators before decomposition, and in training those of forward and backward."""
    module, args = built(entry)
    module.eval()
    every_tensor(module)
    model = Loaded(module, args, {}, entry.name)
    with standing_in() as (log, stubs), redirected(log), undecomposed():
        records = Records(Homes(str(root)))
        captured = Ladder(model, log, stubs, records).climb()
        assert captured, log.events
        ops = [*captured.ops, *(joint(model, records) if entry.training else ())]
    return Trace(
        model=entry.name,
        captured_by=captured.rung,
        training=entry.training,
        ops=tuple(ops),
        patterns=tuple(records.patterns),
    )


def undecomposed() -> Any:
    """Decomposition costs more than all the rest, and no one asks for what it gives."""
    return mock.patch.object(
        torch.export.ExportedProgram, "run_decompositions", side_effect=RuntimeError("not here")
    )
