"""Traced models -> lines for a terminal: how each was captured, what its operators are."""

from collections.abc import Iterator

import click

from portlint.model import Coverage, Model
from portlint.render.words import plural, visible

WORDS = {
    "documented": "documented",
    "likely": "likely",
    "restricted": "restricted",
    "falls_back": "falls back",
    "unsupported": "unsupported",
    "unknown": "unknown",
}
FEW = 8
"""Names listed where not all of them were asked for."""


def lines(model: Model, every: bool) -> Iterator[str]:
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
    if model.confinement:
        yield click.style(f"  it ran with {', '.join(model.confinement)}", dim=True)
    if every:
        yield from _table(model)


def counts(coverage: Coverage) -> str:
    """`documented 212 · likely 190 · unknown 9`."""
    figures = ((word, getattr(coverage, key)) for key, word in WORDS.items())
    return " · ".join(f"{word} {count}" for word, count in figures if count) or "none"


def _table(model: Model) -> Iterator[str]:
    width = max((len(row.op) for row in model.ops), default=0)
    for row in model.ops:
        where = f"  {visible(row.where)}" if row.where else ""
        dtypes = ",".join(row.dtypes)
        yield f"  {row.count:6}  {row.op:{width}}  {WORDS[row.verdict]:11}  {dtypes}{where}"
