"""Traced models -> lines for a terminal: how each was captured, what its operators are."""

from collections.abc import Iterator

import click

from portlint.render import fits, lowerings
from portlint.render.fits import wrapped
from portlint.render.words import plural, visible
from portlint.report import AttentionRow, Coverage, Model

WORDS = {
    "documented": "documented",
    "likely": "likely",
    "restricted": "restricted",
    "falls_back": "falls back",
    "unsupported": "unsupported",
    "unknown": "unknown",
}
COLORS = {"supported": "green", "unsupported": "red", "unknown": None}
"""Of verdicts on attention; the others mean that something is to be done, or lost."""
FEW = 8
"""Names listed where not all of them were asked for."""


def lines(model: Model, every: bool, width: int = 100) -> Iterator[str]:
    """One model; `every` lists all its operators."""
    yield click.style(f"Model {visible(model.name)}", bold=True)
    if model.captured_by is None:
        yield "  was not captured"
        return
    how = f"captured by {model.captured_by}"
    fidelity = f" ({visible(model.fidelity)})" if model.fidelity else ""
    yield f"  {how}{fidelity}, {plural(model.parameters or 0, 'parameter')}"
    if model.coverage is not None:
        yield f"  operators: {counts(model.coverage)}"
    if model.try_first:
        rest = len(model.try_first) - FEW
        more = f" and {rest} more" if rest > 0 and not every else ""
        names = model.try_first if every else model.try_first[:FEW]
        yield f"  try these first, nothing public says how they do: {', '.join(names)}{more}"
    for row in model.attention:
        yield from _attention(row, width)
    if model.fit is not None:
        yield from fits.lines(model.fit, width)
    if model.oracle is not None:
        yield from lowerings.lines(model.oracle, every, None)
    if model.confinement:
        yield click.style(f"  it ran with {', '.join(model.confinement)}", dim=True)
    if every:
        yield from _table(model)


def counts(coverage: Coverage) -> str:
    """`documented 212 · likely 190 · unknown 9`."""
    figures = ((word, getattr(coverage, key)) for key, word in WORDS.items())
    return " · ".join(f"{word} {count}" for word, count in figures if count) or "none"


def _attention(row: AttentionRow, width: int) -> Iterator[str]:
    """A group of attentions: what it is, what serves it, why, and what to write instead."""
    where = f" ({visible(row.path)}:{row.line})" if row.path and row.line else ""
    first, *rest = wrapped(f"{row.verdict}: {visible(row.text)}{where}", width, 2)
    word = click.style(row.verdict, fg=COLORS.get(row.verdict, "yellow"), bold=True)
    yield first.replace(row.verdict, word, 1)
    yield from rest
    yield from (click.style(part, dim=True) for part in wrapped(row.why, width, 4))
    if row.replacement and row.verdict != "supported":
        advice = wrapped(f"instead: {row.replacement}", width, 4)
        yield from (click.style(part, fg="green") for part in advice)


def _table(model: Model) -> Iterator[str]:
    width = max((len(row.op) for row in model.ops), default=0)
    for row in model.ops:
        where = f"  {visible(row.where)}" if row.where else ""
        dtypes = ",".join(row.dtypes)
        yield f"  {row.count:6}  {row.op:{width}}  {WORDS[row.verdict]:11}  {dtypes}{where}"
