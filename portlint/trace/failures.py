"""An exception -> the kind of failure, the reason in plain words, and the user's line."""

from __future__ import annotations

import errno
import linecache
import re
from typing import NamedTuple

from torch._dynamo import exc as dynamo
from torch._subclasses import fake_tensor as fake
from torch.fx.experimental import symbolic_shapes as symbolic

from portlint.record import Place
from portlint.trace.loaderror import LoadError
from portlint.trace.places import Homes, chain, foreign, frames

BRANCH = re.compile(r"^\s*(if|elif|while|assert)\b|\bif\b.*\belse\b|\b(not|and|or|any|all|bool)\b")
OUT_OF_MEMORY = re.compile(
    r"can't allocate memory|not enough memory|bad_alloc|Cannot allocate", re.I
)
NETWORK = re.compile(
    r"Network is unreachable|name resolution|Name or service not known|offline mode|OfflineMode"
    r"|Max retries exceeded|getaddrinfo|cannot find the requested files in the (local|disk) cache",
    re.I,
)
MISSING = re.compile(r"missing (a|\d+) required|missing required (positional )?argument", re.I)
CLOSED = (
    "the model may read its repository and what is installed, and change temporary files only; "
    "--trace-read PATH lets it read more"
)
NO_KERNEL = re.compile(r"Could not run '([^']+)'|no kernel|not implemented for|meta", re.I)


class Failure(NamedTuple):
    """Why a rung could not capture."""

    kind: str
    words: str
    place: Place | None


def failure(error: BaseException, homes: Homes) -> Failure:
    """Look at an exception and what it was raised from; the first that is understood decides."""
    place = located(error, homes)
    for part in chain(error):
        if isinstance(part, LoadError):
            if part.kind == "model-error" and isinstance(part.__cause__, BaseException):
                below = failure(part.__cause__, homes)
                return below._replace(place=part.place or below.place)
            return Failure(part.kind, str(part), part.place or place)
        if found := _understood(part, place):
            return Failure(*found, place)
    return Failure("model-error", f"{type(error).__name__}: {short(error)}", place)


def _understood(error: BaseException, place: Place | None) -> tuple[str, str] | None:
    text = str(error)
    line = linecache.getline(place.path, place.line).strip() if place else ""
    match error:
        case SystemExit():
            return "exit", f"the model ended the program: SystemExit({error.code!r})"
        case KeyboardInterrupt():
            return "exit", "the model raised KeyboardInterrupt"
        case MemoryError():
            return "memory", "the model needs more memory than it may have"
        case RecursionError():
            return "recursion", "the model calls itself without end"
        case PermissionError(errno=errno.EACCES, filename=str()):
            return "permission", f"{CLOSED} ({short(error)})"
        case ModuleNotFoundError():
            return "missing-library", f"{error.name} is not installed"
        case fake.DynamicOutputShapeException():
            return (
                "data-dependent-size",
                f"the shape that {error.func} gives depends on tensor data",
            )
        case symbolic.GuardOnDataDependentSymNode():
            return _guard(line)
        case fake.DataDependentOutputException():
            return "data-dependent-value", f"{error.func} gives Python a value of tensor data"
        case fake.UnsupportedOperatorException():
            return "fake-tensor", f"{error.func} cannot be followed without data"
        case fake.UnsupportedFakeTensorException():
            return "fake-tensor", f"fake tensors cannot follow this: {short(error)}"
        case dynamo.Unsupported():
            return "unsupported-python", f"the compiler does not understand: {short(error)}"
        case dynamo.UserError() if "Dynamic control flow" in text:
            return "data-dependent-branch", "which branch runs depends on tensor data"
    if OUT_OF_MEMORY.search(text):
        return "memory", "the model needs more memory than it may have"
    if NETWORK.search(text):
        return "network", f"the model wants the network, which is closed: {short(error)}"
    if isinstance(error, TypeError) and MISSING.search(text):
        return "missing-input", short(error)
    if "numpy() is not supported for tensor subclasses" in text:
        return "data-dependent-value", "numpy gets a tensor's data"
    if "tolist() is not supported" in text:
        return "data-dependent-value", "a list gets a tensor's data"
    if "on meta tensors" in text or ("data-dependent" in text and "meta" in text):
        return "data-dependent-value", "Python takes a value of tensor data"
    if isinstance(error, NotImplementedError | RuntimeError) and NO_KERNEL.search(text):
        return "fake-tensor", f"an operator cannot run here: {short(error)}"
    return None


def _guard(line: str) -> tuple[str, str]:
    """Whether a branch or a size depends on data, told from the user's line."""
    if BRANCH.search(line):
        return "data-dependent-branch", "which branch runs depends on tensor data"
    if re.search(r"\brange\(|\bfor\b", line):
        return "data-dependent-size", "how often this loop runs depends on tensor data"
    if re.search(r"\[[^\]]*:", line):
        return "data-dependent-size", "the length of this slice depends on tensor data"
    if re.search(r"\bint\(|\bfloat\(|\.item\(", line):
        return "data-dependent-value", "Python takes a value of tensor data"
    return "data-dependent-size", "a size on this line depends on tensor data"


def located(error: BaseException, homes: Homes) -> Place | None:
    """The user's line: where it was raised, or the stack that the compiler kept."""
    if isinstance(error, SyntaxError) and error.filename and error.lineno:
        return Place(path=error.filename, line=error.lineno)
    kept = [p for part in chain(error) for p in _kept(part)]
    raised = [p for part in chain(error) for p in frames(part.__traceback__)]
    for found in (kept, raised):
        if any(homes.holds(p.path) for p in found):
            return homes.innermost(_deepest(found, homes))
    return homes.innermost(kept or raised)


def _deepest(found: list[Place], homes: Homes) -> list[Place]:
    return [p for p in found if homes.holds(p.path)]


def _kept(error: BaseException) -> list[Place]:
    stack = getattr(error, "real_stack", None) or getattr(error, "user_stack", None) or ()
    return [
        Place(path=frame.filename, line=frame.lineno or 1, function=frame.name)
        for frame in stack
        if not foreign(frame.filename)
    ]


def short(error: BaseException) -> str:
    """The first line of what an exception says, or its type."""
    lines = [line.strip() for line in str(error).splitlines() if line.strip()]
    return lines[0][:300] if lines else type(error).__name__


def wants_strict(error: BaseException, homes: Homes) -> bool:
    """The two errors that strict export recovers from: `.numpy()` and `assert tensor`."""
    if ".numpy() is not supported" in str(error):
        return True
    place = located(error, homes)
    line = linecache.getline(place.path, place.line) if place else ""
    return line.lstrip().startswith("assert") and isinstance(error, Exception)
