"""Today's findings and the baseline that is there -> the baseline to write, and how it differs."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from typing import NamedTuple

from portlint.baseline.entries import Baseline, Mark, mark, total
from portlint.baseline.places import Seen
from portlint.baseline.standing import Standing, standing
from portlint.errors import UsageError
from portlint.model import Finding


class Renewed(NamedTuple):
    """What to write: how many findings it gains, and how many it loses."""

    marks: Counter[Mark]
    more: int
    fewer: int

    @property
    def words(self) -> str:
        """`12 findings, 3 fewer than before`."""
        count = total(self.marks.values())
        changes = [f"{self.more} more"] * bool(self.more) + [f"{self.fewer} fewer"] * bool(
            self.fewer
        )
        told = f", {' and '.join(changes)} than before" if changes else ""
        return f"{count} finding{'s' * (count != 1)}{told}"


def renewed(
    shown: Sequence[Finding], left_out: Sequence[Finding], old: Baseline | None, run: Seen
) -> Renewed:
    """What is shown today; of the old one stays what this run did not look at or leaves out."""
    marks = Counter(mark(finding, run.prefix) for finding in shown)
    if old is None:
        return Renewed(marks, 0, 0)
    findings = [*shown, *left_out]
    was = standing(findings, old, run, lambda number: number >= len(shown))
    others = Counter(mark(findings[n], run.prefix) for n in was.old if n >= len(shown))
    more = sum(number not in was.old for number in range(len(shown)))
    return Renewed(marks + others + was.unseen, more, total(was.missed.values()))


def refuse_growth(found: Renewed, old: Baseline) -> None:
    """A baseline that is there may only shrink."""
    if found.more:
        what = "1 finding is" if found.more == 1 else f"{found.more} findings are"
        raise UsageError(
            f"{old.file}: {what} not in it, and a baseline only shrinks: look at"
            f" `--baseline {old.file}` first, then add --force to take what is new into it"
        )


def pruned(was: Standing) -> Counter[Mark]:
    """What the baseline had and is still found, where it stands now, and what was not looked at."""
    return was.found + was.unseen
