"""One root cause -> its hours, and the addends they are made of in words."""

from collections.abc import Iterable, Sequence
from typing import NamedTuple

from portlint.effort.weights import Bounds
from portlint.model import Finding
from portlint.report import Hours
from portlint.rule import Effort


class Priced(NamedTuple):
    """Hours and the reasons for them."""

    hours: Hours
    reasons: tuple[str, ...]

    @property
    def middle(self) -> float:
        """What is compared and summed where one figure is needed."""
        return (self.hours[0] + self.hours[1]) / 2

    def times(self, share: float, why: str) -> "Priced":
        """A part of it."""
        low, high = self.hours
        return Priced((low * share, high * share), (*self.reasons, f"× {share:g}: {why}"))


def priced(group: Sequence[Finding], effort: Effort, bounds: Bounds) -> Priced:
    """The first place's range, and the rule's figure for each further one.

    A place of another size than the rule's hours are for costs in proportion.
    """
    sizes = [_factor(finding, effort, bounds) for finding in group]
    ranges = [f.effort.hours for f in group]
    low = max(hours[0] * k for hours, k in zip(ranges, sizes, strict=True))
    high = max(hours[1] * k for hours, k in zip(ranges, sizes, strict=True))
    others = effort.each * (sum(sizes) - max(sizes))
    uses = sum(finding.places - 1 for finding in group)
    more = others + effort.each * uses
    reasons = _reasons(group, effort, max(sizes), (len(group) - 1, others), uses)
    return Priced((low + more, high + more), tuple(reasons))


def total(ranges: Iterable[Hours]) -> Hours:
    """The sum of ranges, low and high."""
    pairs = list(ranges)
    return round(sum(p[0] for p in pairs), 2), round(sum(p[1] for p in pairs), 2)


def _factor(finding: Finding, effort: Effort, bounds: Bounds) -> float:
    """How large a place is in the unit of its rule's hours; 1 where nobody knows."""
    if not effort.lines or finding.lines is None:
        return 1.0
    return min(bounds.most, max(bounds.least, finding.lines / effort.lines))


def _reasons(
    group: Sequence[Finding], effort: Effort, factor: float, rest: tuple[int, float], uses: int
) -> Iterable[str]:
    low = max(f.effort.hours[0] for f in group)
    high = max(f.effort.hours[1] for f in group)
    size = f" for {effort.lines} lines" if effort.lines else ""
    yield f"{low:g}-{high:g} h{size}"
    if effort.lines and factor != 1:
        largest = max((f.lines or 0) for f in group)
        yield f"× {factor:.2g}: the largest has {largest} lines"
    count, hours = rest
    if count and hours:
        yield f"+ {hours:.2g} h: {count} further {_places(count)}"
    if uses and effort.each:
        yield f"+ {effort.each * uses:.2g} h: {uses} {_uses(uses)}"


def _places(count: int) -> str:
    return "place" if count == 1 else "places"


def _uses(count: int) -> str:
    return "use or launch of it" if count == 1 else "uses or launches of it"
