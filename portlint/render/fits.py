"""The fit of a model -> lines for a terminal: what each workload needs, and where that fits."""

import textwrap
from collections.abc import Iterator, Sequence

import click

from portlint.report import Fit, Need, Placement
from portlint.report.amount import amount

FEW = 3
"""Instances that are named; larger ones have as many cores and more."""


def lines(fit: Fit, width: int = 100) -> Iterator[str]:
    """For each workload the need with its parts, and the degree it takes on each chip."""
    for need in fit.needs:
        places = [p for p in fit.placements if p.workload == need.workload]
        text = _needed(need, fit)
        if all(place.degree == 1 for place in places):
            yield from wrapped(f"{text}; fits one core of any chip", width, 2)
            continue
        yield from wrapped(text, width, 2)
        yield from (click.style(part, dim=True) for part in wrapped(_placed(places), width, 4))


def _needed(need: Need, fit: Fit) -> str:
    """`inference needs 17.3 GiB (bfloat16, batch 2): weights 15 GiB, cache 2 GiB, …`."""
    told = {"cache": f" for {fit.tokens} tokens each"} if fit.tokens else {}
    parts = (f"{part} {amount(size)}{told.get(part, '')}" for part, size in need.parts.items())
    least = "at least " * need.least
    whole = f"{need.workload} needs {least}{amount(need.total)}"
    return f"{whole} ({fit.dtype}, batch {fit.batch}): {', '.join(parts)}"


def _placed(places: Sequence[Placement]) -> str:
    """`fits trn2 at tensor-parallel degree 8, 63% of each core (trn2.48xlarge, …); not inf2`."""
    first, *rest = places
    others = ", ".join(_elsewhere(place) for place in rest)
    if first.degree is None:
        return f"fits {first.chip} at no degree that divides its heads; {others}"
    names = [*first.instances[:FEW], *["…"] * (len(first.instances) > FEW)]
    cores = f"{first.share:.0%} of {'each' if first.cores > 1 else 'a'} core"
    where = f"fits {first.chip} at tensor-parallel degree {first.degree}, {cores}"
    return f"{where} ({', '.join(names)}); {others}"


def _elsewhere(place: Placement) -> str:
    return f"{place.chip} at {place.degree}" if place.degree else f"not {place.chip}"


def wrapped(text: str, width: int, indent: int) -> list[str]:
    """Lines of at most `width`, the first with `indent` spaces, the others with four more."""
    return textwrap.wrap(
        text,
        max(40, width),
        initial_indent=" " * indent,
        subsequent_indent=" " * (indent + 4),
        break_long_words=False,
        break_on_hyphens=False,
    )
