"""torch's own samples -> rules/tables/public_ops.csv: which operators a public name runs.

`python -m tests.public_ops` writes it (a minute; needs torch 2.13, and the packages expecttest and
numpy that the samples need). Every sample of a function runs once on the host, and what the
dispatcher hands to a kernel is noted: operators that are composites have been taken apart.
"""

from __future__ import annotations

import csv
import importlib
import inspect
import itertools
import pkgutil
import re
import sys
import warnings
from collections.abc import Callable, Iterable, Iterator, Sequence
from typing import Any

import torch
from torch.utils._python_dispatch import TorchDispatchMode

from portlint.catalog import rules_folder
from portlint.graph.dispatch import HOST_ONLY

FILE = rules_folder() / "tables" / "public_ops.csv"
SAMPLES = 60
"""Samples of a function that are run at most."""
MOVES = frozenset(
    "view reshape expand unsqueeze squeeze transpose permute slice select as_strided alias detach"
    " lift_fresh t _unsafe_view clone _to_copy scalar_tensor empty empty_like split"
    " split_with_sizes unbind _reshape_alias diagonal unfold copy_ resolve_conj".split()
)
"""Operators that only arrange: what a name is asked about is not them."""
HIDDEN = tuple(
    "torch.testing torch.onnx torch.fx torch.ao torch.package torch.nn.modules torch.nn.qat"
    " torch.nn.quantiz torch.nn.intrinsic torch.contrib torch.backends._".split()
)
"""Where names are repeated, or are nobody's to use."""
Seen = list[tuple[dict[str, Any], list[str]]]
Cells = tuple[str, str, str, str, str]
"""Names, a word of an argument, the operator of that name, what every call needs, and the rest."""


class Recorder(TorchDispatchMode):  # type: ignore[no-untyped-call]
    """Notes the full name of every operator that runs inside."""

    def __init__(self) -> None:
        super().__init__()  # type: ignore[no-untyped-call]
        self.ops: list[str] = []

    def __torch_dispatch__(self, func: Any, types: Any, args: Any = (), kwargs: Any = None) -> Any:
        self.ops.append(str(func))
        return func(*args, **(kwargs or {}))


def recorded(call: Callable[[], object]) -> list[str]:
    """The operators of one call; none where it fails, or takes a kernel that only hosts have."""
    with Recorder() as recorder:
        try:
            call()
        except Exception:
            return []
    ran = [op for op in recorder.ops if op.startswith("aten.")]
    return [] if any(map(HOST_ONLY.search, ran)) else ran


def operators(names: Iterable[str]) -> list[str]:
    """Distinct operators without those that only arrange, unless there are no others."""
    every = list(dict.fromkeys(names))
    return [op for op in every if op.split(".")[1].rstrip("_") not in MOVES] or every


def functions(only: Sequence[str] = ()) -> Iterator[tuple[list[str], Seen]]:
    """The names of each function with samples, and what ran for each sample."""
    from torch.testing._internal.common_methods_invocations import op_db

    wanted = (info for info in op_db if not only or info.name in only)
    keyed = sorted(wanted, key=lambda info: info.name)
    for _, infos in itertools.groupby(keyed, key=lambda info: info.name):
        seen: Seen = []
        names: dict[str, None] = {}
        for info in infos:
            names.update(dict.fromkeys(public(info)))
            kinds = [k for k in (torch.float32, torch.int64, torch.complex64) if k in info.dtypes]
            every: Any = info
            samples = every.sample_inputs("cpu", kinds[0]) if kinds else ()
            for sample in itertools.islice(samples, SAMPLES):
                if not _is_empty(sample.input, *sample.args):
                    seen.append((sample.kwargs, recorded(_call(info.op, sample))))
        yield list(names), seen


def _call(function: Callable[..., object], sample: Any) -> Callable[[], object]:
    return lambda: function(sample.input, *sample.args, **sample.kwargs)


def public(info: Any) -> Iterator[str]:
    """`torch.nn.functional.interpolate`, `torch.Tensor.add`: what people write."""
    for name in (info.name, *(alias.name for alias in info.aliases)):
        if has(f"torch.{name}"):
            yield f"torch.{name}"
        if hasattr(torch.Tensor, name):
            yield f"torch.Tensor.{name}"


def modules() -> Iterator[tuple[list[str], Seen]]:
    """The same for the classes of torch.nn."""
    from torch.testing._internal.common_modules import module_db

    for info in module_db:
        seen: Seen = []
        samples = info.module_inputs_func(
            info, "cpu", torch.float32, requires_grad=False, training=False
        )
        for sample in itertools.islice(samples, SAMPLES):
            made, given = sample.constructor_input, sample.forward_input
            if given is None or _is_empty(*given.args):
                continue
            module = info.module_cls(*made.args, **made.kwargs)
            for mode in (False, True):
                seen.append((made.kwargs, recorded(_forward(module.train(mode), given))))
        yield [f"torch.{info.name}"], seen


def _is_empty(*given: object) -> bool:
    """Whether a tensor has no elements: there is nothing to compute then."""
    return any(isinstance(value, torch.Tensor) and not value.numel() for value in given)


def _forward(module: Callable[..., object], given: Any) -> Callable[[], object]:
    return lambda: module(*given.args, **given.kwargs)


def rows(names: list[str], seen: Seen) -> Iterator[Cells]:
    """One row for a name, or one for each word of the argument that decides what runs."""
    own = next((op for name in names for op in schema(name)), "")
    key, groups = deciding(seen)
    for word, calls in groups.items():
        ways = alternatives(calls)
        least = {op for way in ways for op in way}
        also = [op for call in calls for op in operators(call) if op not in least]
        yield (
            ";".join(names),
            f"{key}={word}" if key else "",
            own,
            "|".join(" ".join(way) for way in ways),
            " ".join(dict.fromkeys(also)),
        )


def alternatives(calls: Iterable[list[str]]) -> list[list[str]]:
    """The sets of operators that calls cannot do without: those that hold no smaller one."""
    sets = {frozenset(ops): ops for ops in map(operators, calls) if ops}
    return [ops for found, ops in sets.items() if not any(other < found for other in sets)]


def deciding(seen: Seen) -> tuple[str, dict[str, list[list[str]]]]:
    """The argument, a word, on which the operators depend; "" where they depend on none."""
    keys = dict.fromkeys(k for kwargs, _ in seen for k, v in kwargs.items() if isinstance(v, str))
    for key in keys:
        groups: dict[str, list[list[str]]] = {}
        for kwargs, ops in seen:
            if isinstance(kwargs.get(key), str):
                groups.setdefault(kwargs[key], []).append(ops)
        ran = {frozenset(op for ops in calls for op in ops) for calls in groups.values()}
        if len(ran) > 1:
            return key, groups
    return "", {"": [ops for _, ops in seen]}


def schema(name: str) -> Iterator[str]:
    """The operator of the same name, without an overload, if there is one."""
    last = name.rpartition(".")[2]
    for op in (last, f"{name.split('.')[-2]}_{last}"):
        if torch._C._jit_get_schemas_for_operator(f"aten::{op}"):
            yield f"aten.{op}"


def has(name: str) -> bool:
    """Whether a dotted name is there, without importing more than torch."""
    found: Any = torch
    for part in name.split(".")[1:]:
        if not hasattr(found, part):
            return False
        found = getattr(found, part)
    return True


def documented() -> Iterator[str]:
    """Every public name of torch: what its modules list, and the methods of a tensor."""
    yield from (f"torch.Tensor.{n}" for n in dir(torch.Tensor) if not n.startswith("_"))
    for info in pkgutil.walk_packages(torch.__path__, "torch.", onerror=lambda _: None):
        private = any(part.startswith("_") for part in info.name.split("."))
        if private or info.name.startswith(HIDDEN) or info.name not in sys.modules:
            continue
        module = importlib.import_module(info.name)
        yield info.name
        listed = getattr(module, "__all__", ())
        yield from (f"{info.name}.{n}" for n in listed if not n.startswith("_"))
    for module in (torch, torch.nn, torch.nn.functional, torch.cuda, torch.distributed):
        whole = module in (torch.nn, torch.distributed)
        listed = vars(module) if whole else getattr(module, "__all__", ())
        yield from (f"{module.__name__}.{n}" for n in listed if not n.startswith("_"))
    yield from (f"torch.nn.functional.{n}" for n in vars(torch.nn.functional) if n[0].islower())


def calls(name: str) -> list[str]:
    """The functions of torch.nn.functional that a class of torch.nn calls in its forward."""
    made = getattr(torch.nn, name.removeprefix("torch.nn."), None)
    if name.count(".") > 2 or not hasattr(made, "forward"):
        return []
    try:
        source = inspect.getsource(made.forward)  # type: ignore[union-attr]
    except (OSError, TypeError):
        return []
    return [f"torch.nn.functional.{n}" for n in re.findall(r"\bF\.(\w+)\(", source)]


def table() -> Iterator[Cells]:
    """All rows, by name; a name without samples has the operator that is called as it is."""
    found: dict[str, list[Cells]] = {}
    for names, seen in itertools.chain(functions(), modules()):
        if names:
            found[names[0]] = list(rows(names, seen))
    told = {name for listed in found.values() for name in listed[0][0].split(";")}
    for name in sorted(n for n in set(documented()) - told if "._" not in n):
        op = next(schema(name), "") if name.count(".") <= 2 or ".functional." in name else ""
        below = [row for called in calls(name) for row in found.get(called, ())]
        found[name] = [(name, *row[1:]) for row in below] or [(name, "", op, "", "")]
    for name in sorted(found):
        yield from found[name]


def main() -> None:
    """Write the table."""
    warnings.simplefilter("ignore")
    torch.manual_seed(0)
    with FILE.open("w", encoding="utf-8", newline="") as file:
        writer = csv.writer(file, lineterminator="\n")
        writer.writerow(("name", "when", "own", "ops", "also"))
        writer.writerows(table())


if __name__ == "__main__":
    main()
