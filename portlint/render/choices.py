"""The matrix -> its rows as a person compares them: targets that fare alike in one."""

from collections.abc import Iterator, Sequence
from typing import NamedTuple

from portlint.render.words import clipped
from portlint.report import Change, Option

NAMED = 3
"""Differences that are named, the worst."""
TITLE = 60
"""Characters of one of them."""


class Choice(NamedTuple):
    """Options that differ in the chip only; `first` stands for all of them."""

    chips: tuple[str, ...]
    first: Option

    @property
    def where(self) -> str:
        """`trn2, trn3 native-compile`."""
        return f"{', '.join(self.chips)} {self.first.stack}"


def choices(matrix: Sequence[Option]) -> list[Choice]:
    """The chosen target first, then the others from the least work to the most."""
    together: dict[object, list[Option]] = {}
    for option in matrix:
        together.setdefault(_figures(option), []).append(option)
    found = [Choice(tuple(o.chip for o in group), group[0]) for group in together.values()]
    return sorted(found, key=lambda c: (not c.first.chosen, sum(c.first.hours), c.first.score))


def _figures(option: Option) -> object:
    told = (option.stack, option.sdk, option.workload, option.chosen)
    fares = (option.difficulty, option.score, option.hours, tuple(option.by_impact.items()))
    return (*told, *fares, option.more, option.less)


def differs(option: Option) -> Iterator[str]:
    """`adds 3 root causes: …` and `spares 1: …`, against the chosen target."""
    for word, changes in (("adds", option.more), ("spares", option.less)):
        if changes:
            yield f"{word} {_named(changes)}"


def _named(changes: Sequence[Change]) -> str:
    """`3 root causes: cuda graph (breaks), autocast (slow), …`."""
    each = (f"{clipped(change.title, TITLE)} ({change.impact})" for change in changes)
    titles = list(dict.fromkeys(each))
    told = [*titles[:NAMED], *["…"] * (len(titles) > NAMED)]
    count = f"{len(changes)} root cause{'s' * (len(changes) != 1)}"
    return f"{count}: {', '.join(told)}"
