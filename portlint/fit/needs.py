"""The facts of a model -> what inference and training keep in device memory, part by part."""

from __future__ import annotations

from collections.abc import Iterator

from portlint.fit.cache import said
from portlint.fit.facts import Facts
from portlint.fit.figures import Figures
from portlint.fit.live import Peak
from portlint.graph.extent import width
from portlint.report import Need
from portlint.report.amount import amount, parameters

LONE = ("weights", "gradients", "optimizer")
"""Parts that data-parallel cores may share out (FSDP); the others belong to a core's own batch."""


def inference(known: Facts) -> Need:
    """Weights, the cache of a batch, and the results of a forward."""
    parts = {"weights": sum(known.weights.values())}
    words = [_weights(known)]
    if known.cache.kept and known.tokens:
        if size := known.cache.total(known.batch, known.tokens):
            parts["cache"] = size
        words += _cache(known)
    words += [f"counted {what}" for what in known.cache.assumed]
    words += [f"not counted, the graph does not tell it: {what}" for what in known.cache.unknown]
    words += _alive(known, known.forward, parts, "one forward")
    return _need("inference", parts, words, known.forward, bool(known.cache.unknown))


def training(known: Facts, figures: Figures) -> Need:
    """Weights, their gradients and the optimizer's state, and what a step keeps of its forward."""
    count, size = known.parameters, width(known.dtype)
    copied = size < 4
    master = figures.master.value if copied else 0
    parts = {
        "weights": sum(known.weights.values()),
        "gradients": count * size,
        "optimizer": int(count * (figures.moments.value + master)),
    }
    states = figures.moments.words + (f" and {figures.master.words}" if copied else "")
    words = [
        _weights(known),
        f"gradients of every parameter in {known.dtype} (frozen ones need none); "
        f"{figures.accumulation.words} take {amount(count * figures.accumulation.value)} more",
        f"optimizer: {states}, {figures.moments.value + master:g} bytes a parameter (assumed)",
        *_alive(known, known.step, parts, "one step"),
    ]
    return _need("training", parts, words, known.step, False)


def _need(
    workload: str, parts: dict[str, int], words: list[str], found: Peak | None, unknown: bool
) -> Need:
    return Need(
        workload=workload,  # type: ignore[arg-type]
        parts=parts,
        words=tuple(words),
        total=sum(parts.values()),
        least=unknown or found is None or found.unsized > 0,
    )


def _weights(known: Facts) -> str:
    whole = sum(known.weights.values())
    text = f"weights and buffers as traced, {parameters(known.parameters)}, mostly {known.dtype}"
    if known.dtype != "float32":
        return text
    halved = whole - known.weights.get("float32", 0) // 2
    return f"{text}: {amount(whole)}; in bfloat16 {amount(halved)}"


def _cache(known: Facts) -> Iterator[str]:
    layers = "; ".join(said(known.cache))
    held = f"{known.batch} × {known.tokens} tokens"
    longer = known.tokens != known.traced
    why = "all positions of its config" if longer else "as traced"
    yield f"cache of {held} ({why}), as if it generates text: {layers}"


def _alive(known: Facts, found: Peak | None, parts: dict[str, int], what: str) -> Iterator[str]:
    if found is None:
        yield f"not counted: results of {what}, for no such graph could be captured"
        return
    parts["activations"] = found.bytes
    tokens = f" × {known.traced} tokens" if known.traced else ""
    yield (
        f"activations: results alive at once in {what} with batch {known.batch}{tokens} as traced, "
        "each operator writing its result (eager mode); a compiler that fuses needs less, longer "
        "inputs need more (--batch, --seq-len)"
    )
    if found.unsized:
        yield f"not counted: {found.unsized} results whose size depends on data"
