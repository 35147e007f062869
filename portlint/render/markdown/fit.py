"""Sections -> Markdown that fits, in which everything left out is counted."""

from collections.abc import Callable, Sequence
from typing import NamedTuple


def _nothing(shown: int) -> str:
    return ""


class Section(NamedTuple):
    """Rows between a head and a foot; `rest` tells in Markdown what comes after the first ones.

    It is given how many rows are shown, and asked only where some are not.
    """

    head: str
    rows: Sequence[str] = ()
    rest: Callable[[int], str] = _nothing
    foot: str = ""

    def text(self, shown: int) -> str:
        """The section with its first rows."""
        more = self.rest(shown) if shown < len(self.rows) else ""
        return "".join([self.head, *self.rows[:shown], more, self.foot])


def size(text: str) -> int:
    """Bytes: never fewer than the characters a host counts, whichever way it counts them."""
    return len(text.encode("utf-8", "replace"))


def whole(sections: Sequence[Section]) -> str:
    """Everything."""
    return "".join(section.text(len(section.rows)) for section in sections)


def fitted(sections: Sequence[Section], room: int) -> str:
    """As many rows as there is room for: first a fair share of it for each, then in order."""
    shown = [0] * len(sections)
    free = room - sum(_least(section) for section in sections)
    full = sum(bool(section.rows) for section in sections)
    for share in (free // max(full, 1), free):
        for number, section in enumerate(sections):
            used = 0
            for row in section.rows[shown[number] :]:
                cost = size(row)
                if used + cost > share or cost > free:
                    break
                used, free = used + cost, free - cost
                shown[number] += 1
    return "".join(s.text(count) for s, count in zip(sections, shown, strict=True))


def _least(section: Section) -> int:
    """What a section takes without rows; its rest may count in longer words later."""
    rest = 0
    if section.rows:
        rest = max(size(section.rest(shown)) for shown in (0, len(section.rows) - 1)) + 40
    return size(section.head) + size(section.foot) + rest
