"""One root cause -> its hours, and the addends they are made of in words."""

from collections.abc import Iterable, Sequence
from typing import NamedTuple

from portlint.effort.sized import factor
from portlint.effort.weights import Bounds
from portlint.model import Finding
from portlint.report import Hours
from portlint.rule import Effort


def middle(hours: Hours) -> float:
    """The one figure that stands for a range."""
    return (hours[0] + hours[1]) / 2


class Priced(NamedTuple):
    """Hours and the reasons for them."""

    hours: Hours
    reasons: tuple[str, ...]

    @property
    def middle(self) -> float:
        """What is compared where one figure is needed."""
        return middle(self.hours)

    def times(self, share: float, why: str) -> "Priced":
        """A part of it."""
        low, high = self.hours
        return Priced((low * share, high * share), (*self.reasons, f"× {share:g}: {why}"))


def priced(group: Sequence[Finding], effort: Effort, bounds: Bounds) -> Priced:
    """The dearest place's range, and the rule's figure for each further one, by its size."""
    sizes = [factor(finding, effort, bounds) for finding in group]
    low = max(finding.effort.hours[0] for finding in group)
    high = max(finding.effort.hours[1] for finding in group)
    others = effort.each * (sum(sizes) - max(sizes))
    uses = sum(finding.places - 1 for finding in group)
    more = others + effort.each * uses
    reasons = _reasons(group, effort, max(sizes), (len(group) - 1, others), uses)
    return Priced((low + more, high + more), tuple(reasons))


def total(ranges: Iterable[Hours]) -> Hours:
    """The sum of ranges, low and high."""
    pairs = list(ranges)
    return round(sum(p[0] for p in pairs), 2), round(sum(p[1] for p in pairs), 2)


def _reasons(
    group: Sequence[Finding], effort: Effort, share: float, rest: tuple[int, float], uses: int
) -> Iterable[str]:
    if effort.lines:
        low, high = effort.once
        yield f"{low:g}-{high:g} h for {effort.lines} lines of code"
    else:
        low, high = (max(f.effort.hours[end] for f in group) for end in (0, 1))
        yield f"{low:g}-{high:g} h"
    if share != 1:
        yield f"× {share:.2g}: the largest has {max(f.lines or 0 for f in group)}"
    count, hours = rest
    if count and hours:
        yield f"+ {hours:.2g} h: {count} further {_places(count)}"
    if uses and effort.each:
        yield f"+ {effort.each * uses:.2g} h: {uses} {_uses(uses)}"


def _places(count: int) -> str:
    return "place" if count == 1 else "places"


def _uses(count: int) -> str:
    return "use or launch of it" if count == 1 else "uses or launches of it"
