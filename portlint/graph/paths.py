"""What is known of an operator and the path it takes to the device -> what becomes of it there."""

from __future__ import annotations

from typing import Literal, NamedTuple

from portlint.graph.tables import Known

Status = Literal["documented", "likely", "restricted", "falls_back", "unsupported", "unknown"]
NATIVE_WORD = frozenset({"gpt2", "trl", "diffusers"})
"""Sources that ran an op on the native stack; the compiler's own pages hold on every path."""
XLA_WORD = frozenset(
    {"composite", "dispatch", "fallback", "cond", "list", "analyze", "trace", "pt-notes"}
)


REFUSED = frozenset(["SetDimensionSize"])
"""What ops are lowered to that somebody's compiler run refused."""
NO_KERNEL = "none"
"""Instead of a leaf: the op only reads or changes what is known of a tensor."""


class Path(NamedTuple):
    """How a call reaches the device: op by op or as a whole graph, with or without a host."""

    name: str
    stacks: tuple[str, ...]
    workloads: tuple[str, ...] = ()

    @property
    def xla(self) -> bool:
        """Whether lazy tensors record the op."""
        return self.stacks == ("xla",)


LAZY = Path("lazy", ("xla",), ("training",))
TRACE = Path("trace", ("xla",), ("inference",))
EAGER = Path("eager", ("native-eager",))
WHOLE = Path("whole", ("native-compile", "vllm"))
PATHS = (LAZY, TRACE, EAGER, WHOLE)


def path_of(stack: str, workload: str) -> Path:
    """The path of a target; under both workloads the one that forgives less."""
    if stack == "xla":
        return LAZY if workload == "training" else TRACE
    return EAGER if stack == "native-eager" else WHOLE


class Fate(NamedTuple):
    """What becomes of an op, why in a few words, and the source that says so."""

    status: Status
    why: str
    basis: str = ""


def fate(row: Known, path: Path) -> Fate:
    """What becomes of any call of the op on the path, before its arguments and dtypes are seen."""
    if row.family == "data-dependent":
        return _data_dependent(row, path)
    if row.family == "host-read" and row.native != "supported":
        return _host_read(row, path)
    return _xla(row, path) if path.xla else _native(row, path)


def host(path: Path) -> Status:
    """What an op does that the device cannot run: lazy and eager programs have the host."""
    return "falls_back" if path in (LAZY, EAGER) else "unsupported"


def _data_dependent(row: Known, path: Path) -> Fate:
    """Sizes that depend on values: recompiled op by op, refused by a compiled graph."""
    why = "what it gives, or reads in Python, depends on the values"
    if path is EAGER:
        return Fate(
            "restricted", f"{why}: waits for the device, and later ops compile again", _any(row)
        )
    return Fate(host(path), why, _any(row))


def _host_read(row: Known, path: Path) -> Fate:
    """An op that takes a value out of a tensor on its way: a wait, a frozen value, a break."""
    status: Status = "unsupported" if path is TRACE else "restricted"
    then = {
        TRACE: "a trace freezes what was read",
        WHOLE: "the graph ends there",
    }
    why = f"reads a value in Python: {then.get(path, 'waits for the device')}"
    return Fate(status, why, _any(row))


def _xla(row: Known, path: Path) -> Fate:
    """Lazy tensors: the dispatch table, then the compiler's word."""
    if row.xla == "error":
        return Fate(
            "unsupported", "no kernel for XLA and none for the host: it raises", _of(row, XLA_WORD)
        )
    if row.xla == "fallback":
        gone = "runs on the host" if path is LAZY else "a trace cannot hold what the host runs"
        return Fate(host(path), f"no XLA lowering: {gone}", _of(row, XLA_WORD))
    if row.documented == "no" or (row.family == "linalg" and row.xla == "lowered"):
        return Fate("unsupported", "lowered to an operator the compiler does not take", _any(row))
    if row.hlo in REFUSED:
        return Fate("unsupported", f"lowered to {row.hlo}, which the compiler refuses", _any(row))
    if row.documented == "yes" and row.xla:
        return Fate("documented", "", _of(row, XLA_WORD))
    if lowers(row):
        via = f"ends in {row.leaf}" if row.leaf else "has an XLA lowering"
        via = "runs nothing on the device" if row.leaf == NO_KERNEL else via
        return Fate("likely", via, _of(row, XLA_WORD))
    if row.hlo:
        return Fate("unknown", f"lowered to {row.hlo}, on which the compiler has no word")
    if row.xla == "composite":
        return Fate("unknown", "made of other ops, which were not measured")
    return Fate("unknown", "" if row.xla else "not in torch 2.9, or its dispatch was not measured")


def _native(row: Known, path: Path) -> Fate:
    """The native stack: what recipes run; what the compiler is known to take or refuse."""
    if row.native == "supported":
        return Fate("documented", "", _of(row, NATIVE_WORD))
    if row.documented == "no" or row.native == "unsupported":
        sent = path is EAGER and row.family in {"fft", "linalg"}
        status: Status = "falls_back" if sent else "unsupported"
        return Fate(status, "the compiler does not take it", _any(row))
    if row.family == "linalg":
        return Fate("unknown", "solving and factorising is not compiled; a kernel is not named")
    if row.family == "complex":
        return Fate("restricted", "complex numbers are decomposed into real ones", _any(row))
    if row.xla == "error":
        return Fate("unknown", "the host has no kernel either: without one of its own it raises")
    if not lowers(row):
        then = ""
        if row.xla == "fallback":
            then = "the host runs it" if path is EAGER else "the graph fails to compile"
            then = f": without one {then}"
        return Fate("unknown", f"public material names no kernel{then}")
    if path is EAGER and row.kernel and not (row.core or row.leaf):
        return Fate("unknown", "compiles in a graph; a kernel for single calls is not named")
    if row.leaf == NO_KERNEL:
        return Fate("likely", "runs nothing on the device", _any(row))
    return Fate("likely", "lowers to operators the compiler takes", _any(row))


def lowers(row: Known) -> bool:
    """Whether the op, or what it ends in, is lowered to HLO the compiler is known to take."""
    return not row.hlo and (row.xla == "lowered" or bool(row.leaf))


def _of(row: Known, words: frozenset[str]) -> str:
    """The first source of the kind; what the row has where there is none."""
    return next((name for name in row.basis.split() if name in words), _any(row))


def _any(row: Known) -> str:
    return next(iter(row.basis.split()), "")
