"""What was not looked at, and what nobody tells about -> hours that it may cost."""

from collections.abc import Iterator, Sequence
from typing import NamedTuple

from portlint.effort.causes import Cause
from portlint.effort.hours import Priced
from portlint.effort.weights import Weights
from portlint.model import NotAnalysed
from portlint.report import Model

NOT_ANALYSED = "not-analysed"
UNKNOWN_OPS = "unknown-ops"
ATTENTION = "NEU4"
UNSERVED = "unserved-attention"
NAMED = 5
"""Things named in a reason at most."""


class Gap(NamedTuple):
    """Something that widens the range: from nothing to what it may cost."""

    key: str
    title: str
    why: str
    priced: Priced
    paths: tuple[str, ...] = ()


def gaps(
    items: Sequence[NotAnalysed],
    models: Sequence[Model],
    found: Sequence[Cause],
    figures: Weights,
) -> list[Gap]:
    """Files and models without a verdict, operators without one, attentions without a kernel."""
    return [
        *_not_analysed(items, models, figures),
        *_unknown(models, figures),
        *_unserved(models, found, figures),
    ]


def _not_analysed(
    items: Sequence[NotAnalysed], models: Sequence[Model], figures: Weights
) -> Iterator[Gap]:
    names = {model.name for model in models}
    paths = tuple(dict.fromkeys(item.path for item in items))
    if not paths:
        return
    lost = sum(path in names for path in paths)
    files = len(paths) - lost
    high = files * figures.unseen.file + lost * figures.unseen.model
    reasons = (
        *_counted(files, "file", figures.unseen.file),
        *_counted(lost, "model", figures.unseen.model),
    )
    yield Gap(
        NOT_ANALYSED,
        "what was not analysed",
        "Nothing is known of these: read them, or mend what keeps them from being read.",
        Priced((0.0, high), reasons),
        paths,
    )


def _unknown(models: Sequence[Model], figures: Weights) -> Iterator[Gap]:
    ops = sorted({op.op for model in models for op in model.ops if op.verdict == "unknown"})
    kinds = sorted({a.kind for m in models for a in m.attention if a.verdict == "unknown"})
    if not ops and not kinds:
        return
    high = len(ops) * figures.unseen.operator + len(kinds) * figures.unseen.attention
    reasons = (
        *_counted(len(ops), "operator", figures.unseen.operator, ops),
        *_counted(len(kinds), "attention", figures.unseen.attention, kinds),
    )
    yield Gap(
        UNKNOWN_OPS,
        "operators and attentions of which public material says nothing",
        "Try these first on the device: no public page tells how they do there.",
        Priced((0.0, high), reasons),
    )


def _unserved(models: Sequence[Model], found: Sequence[Cause], figures: Weights) -> Iterator[Gap]:
    """Attentions that no kernel serves, as far as they cost more than what findings say of them."""
    rows = [a for m in models for a in m.attention]
    limited = sorted({a.kind for a in rows if a.verdict == "limited"})
    compiled = sorted({a.kind for a in rows if a.verdict == "compiler-path"} - set(limited))
    each = figures.unserved
    told = sum(cause.priced.hours[1] for cause in found if cause.rule.code.startswith(ATTENTION))
    high = len(limited) * each.limited + len(compiled) * each.compiler_path - told
    if high <= 0:
        return
    reasons = (
        *_counted(len(limited), "attention that needs a change", each.limited, limited),
        *_counted(len(compiled), "attention left to the compiler", each.compiler_path, compiled),
        *([f"- {told:g} h: what findings on attention cost already"] if told else []),
    )
    yield Gap(
        UNSERVED,
        "attention that no kernel serves as it is",
        "It runs; whether it is fast enough shows a measurement on the device.",
        Priced((0.0, high), reasons),
        tuple(sorted({a.path for a in rows if a.path})),
    )


def _counted(count: int, word: str, hours: float, names: Sequence[str] = ()) -> Iterator[str]:
    if count:
        shown = ", ".join(names[:NAMED]) + (" …" if len(names) > NAMED else "")
        what = f"{word}: {shown}" if shown else word
        yield f"0-{count * hours:g} h: {count} x {what}"
