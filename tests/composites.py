"""torch's own samples -> the operators that composites end in, against rules/tables/aten.csv.

`python -m tests.composites` prints the rows that a run disagrees with (half a minute; needs torch
2.13 and, for its samples, expecttest and numpy). A device without kernels of its own is set up, on
which the ops that lazy tensors lower, and all that have no composite kernel, end in a Python
function: what that function is called with is what a composite is made of on such a device.
"""

from __future__ import annotations

import collections
import importlib
import itertools
import sys
import warnings
from collections.abc import Iterator
from typing import Any

import torch
from torch.utils import backend_registration
from torch.utils._pytree import tree_leaves, tree_map

from portlint.catalog import read_table

SAMPLES = 6
FACTORIES = frozenset({"empty.memory_format", "empty_strided.default"})
ROWS = {row["op"]: row for row in read_table("aten")}
reached: list[str] = []


class Bare(torch.Tensor):
    """A tensor of the device without kernels; `raw` is the tensor of the host behind it."""

    __torch_function__: Any = torch._C._disabled_torch_function_impl

    @staticmethod
    def __new__(cls, raw: torch.Tensor) -> Bare:
        bare: Any = torch._C._acc.create_empty_tensor(tuple(raw.shape), raw.dtype)
        bare.__class__ = cls
        return bare  # type: ignore[no-any-return]

    def __init__(self, raw: torch.Tensor) -> None:
        self.raw = raw


def name_of(op: Any) -> str:
    """ "aten::mul.Tensor" -> "mul.Tensor", as the table writes it."""
    name = op.name().removeprefix("aten::")
    return name if "." in name else f"{name}.default"


def end(op: Any, *args: Any, **kwargs: Any) -> Any:
    """Note an op that reached the device, and run it on the host."""
    reached.append(name_of(op))
    given = [leaf for leaf in tree_leaves((args, kwargs)) if isinstance(leaf, Bare)]
    args, kwargs = tree_map(_to_host, (args, kwargs))
    types = [str(argument.type) for argument in op._schema.arguments]
    args = tuple(_as_tensor(a, t) for a, t in zip(args, types, strict=False))
    same = {id(bare.raw): bare for bare in given}
    return tree_map(lambda x: same.get(id(x), _to_device(x)), op(*args, **kwargs))


def _as_tensor(value: Any, kind: str) -> Any:
    return torch.tensor(value) if kind == "Tensor" and isinstance(value, int | float) else value


def _to_host(value: Any) -> Any:
    if isinstance(value, torch.device):
        return torch.device("cpu")
    return value.raw if isinstance(value, Bare) else value


def _to_device(value: Any) -> Any:
    return Bare(value) if isinstance(value, torch.Tensor) else value


def set_up() -> list[Any]:
    """The device: its fallback, and an end for each op that is lowered although it could go on."""
    backend_registration._setup_privateuseone_for_python_backend("bare")
    library: Any = torch.library.Library  # its methods have no annotations
    rest = library("_", "IMPL", "PrivateUse1")
    rest.fallback(end, "PrivateUse1")
    ours = library("aten", "IMPL", "PrivateUse1")
    for name in (name for name, row in ROWS.items() if row["xla"] == "lowered"):
        op = overload(name)
        if op is not None:
            ours.impl(op, lambda *args, op=op, **kwargs: end(op, *args, **kwargs))
    return [rest, ours]


def overload(name: str) -> Any:
    """torch.ops.aten.mul.Tensor of "mul.Tensor"; None where this torch has none."""
    base, _, variant = name.partition(".")
    return getattr(getattr(torch.ops.aten, base, None), variant, None)


def samples() -> Iterator[tuple[str, Any]]:
    """Every composite of the table that torch has samples for, with each sample."""
    ours = collections.defaultdict(list)
    for name, row in ROWS.items():
        if row["xla"] == "composite":
            ours[name.partition(".")[0]].append(name)
    database = importlib.import_module("torch.testing._internal.common_methods_invocations").op_db
    for info in database:
        if torch.float32 not in info.dtypes:
            continue
        base = info.name.replace(".", "_").removeprefix("nn_functional_")
        for variant in (base, info.aten_name, f"{base}_"):
            for name in ours.get(variant, ()):
                inputs = info.sample_inputs("cpu", torch.float32, requires_grad=False)
                yield from ((name, one) for one in itertools.islice(inputs, SAMPLES))


def main() -> int:
    """Print what disagrees: a row that is said to lower and reaches an op that does not."""
    warnings.simplefilter("ignore")
    kept = set_up()
    wrong: dict[str, set[str]] = collections.defaultdict(set)
    ran = set()
    for name, one in samples():
        reached.clear()
        try:
            args, kwargs = tree_map(_to_device, ((one.input, *one.args), dict(one.kwargs)))
            overload(name)(*args, **kwargs)
        except Exception:  # most samples are written for another overload
            continue
        ran.add(name)
        if ROWS[name]["leaf"]:
            ends = set(reached) - FACTORIES
            wrong[name] |= {op for op in ends if ROWS.get(op, {}).get("xla") != "lowered"}
    for name in sorted(name for name in wrong if wrong[name]):
        print(f"{name}: {ROWS[name]['leaf']!r}, but {', '.join(sorted(wrong[name]))}")
    print(f"{len(ran)} composites ran")
    del kept
    return int(any(wrong.values()))


if __name__ == "__main__":
    sys.exit(main())
