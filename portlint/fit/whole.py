"""A model's trace and attentions -> what it needs and where that fits."""

from __future__ import annotations

import math
from collections.abc import Iterable, Iterator, Sequence

import msgspec

from portlint.catalog import rules_folder
from portlint.fit.facts import Facts, facts, recast
from portlint.fit.figures import Figures, figures
from portlint.fit.machines import chips
from portlint.fit.needs import inference, training
from portlint.fit.place import place
from portlint.graph.attention import Group
from portlint.graph.view import View
from portlint.model import Evidence, Target
from portlint.report import Fit, Need, Placement
from portlint.report.amount import amount

SMALLER = "bfloat16"


def fit(view: View, groups: Sequence[Group], target: Target) -> Fit | None:
    """The fit of a captured model for the workloads of a target, on every chip; else None."""
    if view.trace.captured_by is None:
        return None
    figures_ = figures(rules_folder())
    known = facts(view, groups)
    asked = _needs(known, target, figures_)
    return Fit(
        dtype=known.dtype,
        batch=known.batch,
        tokens=known.tokens,
        heads=_common(own for own, _ in known.heads),
        kv_heads=_common(kv for _, kv in known.heads),
        cache_per_token=_per_token(known),
        needs=tuple(asked),
        placements=tuple(_placements(asked, known, target, figures_)),
        evidence=tuple(_evidence(asked, target, figures_)),
    )


def _needs(known: Facts, target: Target, assumed: Figures) -> list[Need]:
    found = []
    if target.workload != "training":
        found.append(inference(known))
    if target.workload != "inference":
        found.append(training(known, assumed))
    return found


def _placements(
    asked: list[Need], known: Facts, target: Target, assumed: Figures
) -> Iterator[Placement]:
    """Each need on each chip, the target's first; of a float32 model bfloat16 is told too."""
    smaller = recast(known, SMALLER) if known.dtype == "float32" else None
    others = _needs(smaller, target, assumed) if smaller else asked
    order = sorted(chips(), key=lambda chip: chip.name != target.chip)
    for need, other in zip(asked, others, strict=True):
        capped = target.stack == "vllm" and need.workload == "inference"
        for chip in order:
            found = place(need, known, chip, capped, assumed)
            if smaller:
                then = place(other, smaller, chip, capped, assumed)
                words = (*found.words, _instead(then, other))
                found = msgspec.structs.replace(found, words=words)
            yield found


def _instead(then: Placement, need: Need) -> str:
    where = f"degree {then.degree}" if then.degree else "no degree of this chip"
    return f"in {SMALLER} it takes about {amount(need.total)} and fits at {where}"


def _per_token(known: Facts) -> int | None:
    """None where a part is not known; 0 where nothing is kept."""
    return None if known.cache.unknown and not known.cache.kept else known.cache.per_token


def _common(counts: Iterable[int]) -> int | None:
    """What a degree has to divide; None where no heads are known."""
    return math.gcd(*counts) or None


def _evidence(asked: list[Need], target: Target, assumed: Figures) -> Iterator[Evidence]:
    used = [assumed.usable, assumed.activations, assumed.heads]
    if target.stack == "vllm":
        used.append(assumed.cache_share)
    if any(need.workload == "training" for need in asked):
        used += [assumed.moments, assumed.master]
    found = (figure.source for figure in used)
    yield from dict.fromkeys(source for source in found if source is not None)
