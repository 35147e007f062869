"""rules/oracle/probes.jsonl -> recorded calls and their answers, as ops that can be judged."""

from __future__ import annotations

import functools
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

import msgspec

from portlint.catalog import rules_folder
from portlint.errors import RuleError
from portlint.model import Frozen
from portlint.oracle.protocol import Answer, Query
from portlint.record import Op, Tensor

NAMED = ("dtype", "layout", "memory_format", "device", "float", "complex", "generator")
"""The keys that mark what is no plain JSON in a call."""


class Probe(Frozen, frozen=True, kw_only=True):
    """A recorded call: what it stands for in a few words, the call, and the answer to it."""

    name: str
    call: Query
    answer: Answer


@functools.cache
def probes(folder: Path | None = None) -> tuple[Probe, ...]:
    """All recorded calls, in file order; RuleError where a line is none."""
    path = (folder or rules_folder()) / "oracle" / "probes.jsonl"
    found = []
    try:
        lines = path.read_bytes().splitlines()
    except OSError as error:
        raise RuleError(f"{path}: the probes cannot be read: {error.strerror}") from error
    for number, line in enumerate(lines, 1):
        try:
            found.append(msgspec.json.decode(line, type=Probe))
        except msgspec.MsgspecError as error:
            raise RuleError(f"{path}: line {number}: {error}") from error
    return tuple(found)


def op(probe: Probe, number: int = 0) -> Op:
    """A probe as the record of a traced model would hold it."""
    inputs, arguments, literals = [], [], {}
    for name, value in probe.call.kwargs.items():
        tensors = list(_tensors(name, value))
        inputs += [tensor for _, tensor in tensors]
        arguments += [path for path, _ in tensors]
        if not tensors and value is not None:
            literals[name] = _plain(value)
    outputs = tuple(Tensor(shape=shape, dtype=dtype) for shape, dtype in probe.answer.outputs)
    return Op(
        id=number,
        name=probe.call.op,
        level="aten",
        inputs=tuple(inputs),
        arguments=tuple(arguments),
        outputs=outputs,
        literals=literals,
    )


def _tensors(path: str, value: Any) -> Iterator[tuple[str, Tensor]]:
    if isinstance(value, list):
        for number, item in enumerate(value):
            yield from _tensors(f"{path}.{number}", item)
    elif isinstance(value, Mapping) and "t" in value:
        yield path, Tensor(shape=tuple(value["t"]), dtype=value["d"])


def _plain(value: Any) -> Any:
    """The literal that a record has where a call has one of the marked values."""
    if isinstance(value, list):
        return [_plain(item) for item in value]
    if not isinstance(value, Mapping):
        return value
    if "float" in value:
        return float(value["float"])
    if "complex" in value:
        return str(complex(*value["complex"]))
    return str(next(iter(value.values())))
