"""Words -> lines that fit the width of a terminal."""

import textwrap
from collections.abc import Sequence

from portlint.render.words import clipped, visible

LEAST = 40
NAME = 60
"""Characters of one name in a list."""


def wrapped(text: str, width: int, indent: int, hang: int = 2) -> list[str]:
    """Lines of at most `width`, the first with `indent` spaces, the others with `hang` more."""
    return textwrap.wrap(
        visible(text),
        max(LEAST, width),
        initial_indent=" " * indent,
        subsequent_indent=" " * (indent + hang),
        break_on_hyphens=False,
    )


def cut(text: str, room: int) -> str:
    """Text of a stranger that takes at most `room` cells."""
    return clipped(visible(text), room)


def tail(text: str, room: int) -> str:
    """The end of a path: it says more than the beginning."""
    shown = visible(text)
    return shown if len(shown) <= room else f"…{shown[-max(room - 1, 1) :]}"


def listed(names: Sequence[str], few: int, between: str = ", ") -> str:
    """`a, b, c and 4 more`, each of a length that can be taken in."""
    more = f" and {len(names) - few} more" if len(names) > few else ""
    return between.join(cut(name, NAME) for name in names[:few]) + more
