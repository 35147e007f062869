"""One operator with its arguments -> whether torch-xla lowers it, and to what."""

import contextlib
from typing import Any

import torch
import torch_xla.debug.metrics as metrics

from .hlo import described
from .values import BACKEND, lazy, size, value
from .watch import Unrun, Watch


def answer(asked: dict[str, Any], limit: int, careful: frozenset[str]) -> dict[str, Any]:
    """`status` and what belongs to it: the operator is run, on tensors that are lazy."""
    operator = _overload(asked["op"])
    if operator is None:
        return {"status": "unknown-op"}
    try:
        args = [value(item) for item in asked.get("args", ())]
        kwargs = {name: value(item) for name, item in asked.get("kwargs", {}).items()}
        kwargs |= dict.fromkeys(_missing(operator, len(args), kwargs))
        large = size((args, kwargs)) > limit
        metrics.clear_all()
        with torch.no_grad(), Watch(limit, careful) if large else contextlib.nullcontext():
            made = operator(*args, **kwargs)
        fallen = fallbacks()
        return {"status": "fallback" if fallen else "lowered", "fallback": fallen, **_made(made)}
    except Unrun as stop:
        return unrun(stop)
    except Exception as error:
        return {"status": "error", "fallback": fallbacks(), "error": sentence(error)}


def _missing(operator: Any, given: int, kwargs: dict[str, Any]) -> list[str]:
    """The optional arguments that have no default and were left out: records hold no None."""
    rest = operator._schema.arguments[given:]
    optional = [a for a in rest if not a.has_default_value() and "Optional" in str(a.type)]
    return [argument.name for argument in optional if argument.name not in kwargs]


def fallbacks() -> list[str]:
    """The operators that ran on the host since the counters were cleared."""
    return sorted(name for name in metrics.counter_names() if name.startswith("aten::"))


def unrun(stop: Unrun) -> dict[str, Any]:
    """What is known of an operator that would have run on too much."""
    if stop.sure:
        return {"status": "fallback", "fallback": [stop.name], "executed": False}
    return {"status": "too-large", "error": f"{stop.name} may run on the host", "executed": False}


def sentence(error: BaseException) -> str:
    """The kind of an error and the first line of what it says."""
    first = str(error).strip().partition("\n")[0]
    return f"{type(error).__name__}: {first}"[:300]


def _overload(name: str) -> Any:
    parts = name.split(".")
    if len(parts) != 3:
        return None
    try:
        return getattr(getattr(getattr(torch.ops, parts[0]), parts[1]), parts[2])
    except AttributeError:
        return None


def _made(values: Any) -> dict[str, Any]:
    tensors = lazy(values)
    outputs = [[list(t.shape), str(t.dtype).removeprefix("torch.")] for t in tensors]
    text = BACKEND._get_xla_tensors_hlo(tensors) if tensors else ""
    return {"outputs": outputs, **described(text).get("", {})}
