"""A need and a chip -> the smallest tensor-parallel degree that fits and divides the heads."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from portlint.fit.facts import Facts
from portlint.fit.figures import Figures
from portlint.fit.machines import Chip
from portlint.fit.needs import LONE
from portlint.report import Need, Placement


def place(need: Need, known: Facts, chip: Chip, capped: bool, figures: Figures) -> Placement:
    """Where a need fits on a chip; `capped` holds the cache to what vLLM gives it."""
    able = degrees(known, chip)
    usable = int(chip.memory * figures.usable.value)
    cap = int(usable * figures.cache_share.value) if capped else usable
    chosen = next((d for d in able if _fits(need, known, d, usable, cap)), None)
    cores = chosen or able[-1]
    taken = core(need, known, cores)
    return Placement(
        workload=need.workload,
        chip=chip.name,
        degree=chosen,
        cores=cores,
        share=round(taken / chip.memory, 4),
        instances=chip.having(chosen) if chosen else (),
        words=tuple(_words(need, known, chip, chosen, cores, capped, figures)),
    )


def degrees(known: Facts, chip: Chip) -> list[int]:
    """The degrees a chip's cores work in that divide the heads of every attention."""
    able = [d for d in chip.degrees if d <= chip.largest and divides(d, known.heads)]
    return sorted({1, *able})


def divides(degree: int, heads: Sequence[tuple[int, int]]) -> bool:
    """Query heads are divided; key-value heads are divided, or each is on as many cores."""
    return all(own % degree == 0 and (kv % degree == 0 or degree % kv == 0) for own, kv in heads)


def core(need: Need, known: Facts, degree: int) -> int:
    """Bytes on each of `degree` cores."""
    rest = sum(size for part, size in need.parts.items() if part != "cache")
    return -(-rest // degree) + _cache(need, known, degree)


def _cache(need: Need, known: Facts, degree: int) -> int:
    if "cache" not in need.parts:
        return 0
    return known.cache.total(known.batch, known.tokens or 0, degree)


def _fits(need: Need, known: Facts, degree: int, usable: int, cap: int) -> bool:
    return core(need, known, degree) <= usable and _cache(need, known, degree) <= cap


def _words(
    need: Need,
    known: Facts,
    chip: Chip,
    chosen: int | None,
    cores: int,
    capped: bool,
    figures: Figures,
) -> Iterator[str]:
    if need.least:
        yield "at least: something is not counted"
    yield figures.usable.words
    if capped and "cache" in need.parts:
        yield figures.cache_share.words
    if chosen is None:
        yield (
            f"does not fit at degree {cores}, the largest that divides the heads and that the "
            f"cores of {chip.name} work in"
        )
    if cores > 1:
        yield from _split(known, chip, cores, figures)
    if need.workload == "training" and cores > 1 and (shared := sharded(need, chip, figures)):
        yield (
            "or without tensor parallelism: weights, gradients and optimizer sharded over "
            f"{shared} data-parallel cores (FSDP), each with its own batch and a gathered layer"
        )


def _split(known: Facts, chip: Chip, cores: int, figures: Figures) -> Iterator[str]:
    if known.heads:
        yield figures.heads.words
    if known.unheaded or not known.heads:
        yield "whether layers without known heads divide evenly is not known"
    if any(kv < cores for _, kv in known.heads):
        yield "there are fewer key-value heads than cores here: they are replicated"
    yield figures.activations.words
    if chip.judged:
        yield f"that cores of {chip.name} work in powers of two is our judgement"


def sharded(need: Need, chip: Chip, figures: Figures) -> int | None:
    """Over how many cores the states have to be spread so that a core's own batch fits beside."""
    states = sum(need.parts.get(part, 0) for part in LONE)
    free = int(chip.memory * figures.usable.value) - (sum(need.parts.values()) - states)
    if free <= 0:
        return None
    count = 1
    while count * free < states:
        count *= 2
    return count if count <= chip.largest else None
