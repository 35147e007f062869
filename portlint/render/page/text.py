"""Values -> the words of the page, safe to stand in HTML."""

from collections.abc import Iterable, Mapping, Sequence

from markupsafe import Markup, escape

from portlint.render import words

LONG = 600
"""Characters of a message or a name that are shown."""
DAY = 8
"""Hours of a working day."""


def finalize(value: object) -> object:
    """What Jinja calls on all it prints: strangers' text with the unseen made visible, and cut."""
    if isinstance(value, str) and not isinstance(value, Markup):
        return cut(words.visible(value))
    return value


def cut(text: str, room: int = LONG) -> str:
    """At most `room` characters, and a sign that there was more."""
    return words.clipped(text, room)


def code(text: str) -> Markup:
    """What stands between backticks as code; a backtick that stands alone is one."""
    pieces = [escape(words.visible(piece)) for piece in cut(" ".join(text.split())).split("`")]
    if len(pieces) % 2 == 0:
        return Markup("`").join(pieces)
    inside = (Markup("<code>{}</code>").format(p) if i % 2 else p for i, p in enumerate(pieces))
    return Markup("").join(inside)


def hours(span: Sequence[float]) -> str:
    """`(2, 40)` -> "2–40 h"."""
    return words.hours(span).replace("-", "–") if any(span) else "0 h"


def days(span: Sequence[float]) -> str:
    """The same in working days, in halves up to ten: "0.5–5 days"."""
    low, high = (_halves(value / DAY) for value in span)
    noun = "day" if high == "1" else "days"
    return f"{low}–{high} {noun}" if low != high else f"{low} {noun}"


def figure(value: int) -> str:
    """`12,345`."""
    return f"{value:,}"


def spaced(words: str) -> str:
    """Narrow spaces between thousands as commas, as everywhere on the page."""
    return words.replace("\N{NARROW NO-BREAK SPACE}", ",")


def plural(count: int, noun: str) -> str:
    """`1,200 findings`, `2 entries`."""
    many = f"{noun[:-1]}ies" if noun.endswith("ry") else f"{noun}s"
    return f"{figure(count)} {noun if count == 1 else many}"


def listed(names: Sequence[str], most: int) -> str:
    """The first ones, and how many more there are."""
    more = len(names) - most
    return ", ".join(names[:most]) + (f" and {figure(more)} more" if more > 0 else "")


def named(keys: Iterable[str], titles: Mapping[str, str]) -> list[str]:
    """What people read instead of each key."""
    return [titles.get(key, key) for key in keys]


def middle(span: Sequence[float]) -> float:
    """The one figure a bar is drawn with."""
    return (span[0] + span[1]) / 2


def _halves(value: float) -> str:
    rounded = round(value) if value >= 10 else round(value * 2) / 2
    return f"{rounded:g}" if rounded else ("0" if not value else "under 0.5")
