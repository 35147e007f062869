"""The scope -> what is ready and what is blocked, the worst and the largest first."""

from collections.abc import Iterable, Sequence
from typing import Literal, NamedTuple

from portlint.model import CONTEXTS
from portlint.report import Ease, Part

STATES = ("blocked", "unknown", "runs", "ready")
"""From worst to best."""
TOLD = {
    "blocked": "blocked",
    "unknown": "not known, a file could not be read",
    "runs": "runs, with something to do",
    "ready": "ready",
}


class Use(NamedTuple):
    """One workload of a part."""

    part: Part
    workload: Literal["inference", "training"]
    ease: Ease


def uses(scope: Sequence[Part]) -> list[Use]:
    """Every workload that a part has: live ones before tests, blocked ones before ready ones."""
    found = [Use(part, "inference", part.inference) for part in scope if part.inference]
    found += [Use(part, "training", part.training) for part in scope if part.training]
    return sorted(found, key=_rank)


def _rank(use: Use) -> tuple[int, int, float, str, int, str]:
    part, ease = use.part, use.ease
    where = (part.path, part.line, use.workload)
    return (CONTEXTS.index(part.context), STATES.index(ease.state), -ease.hours[1], *where)


def members(part: Part) -> int:
    """How many a part stands for: models of one file that fare the same are one."""
    return 1 + len(part.others)


def many(found: Iterable[Use]) -> int:
    """How many models and entry points stand behind them."""
    return sum(members(use.part) for use in found)


def counted(found: Sequence[Use], kind: str, workload: str) -> dict[str, int]:
    """How many live models or entry points are in which state for a workload."""
    mine = [
        use
        for use in found
        if use.part.kind == kind and use.workload == workload and use.part.context == "live"
    ]
    counts = ((state, many(use for use in mine if use.ease.state == state)) for state in STATES)
    return {state: count for state, count in counts if count}
