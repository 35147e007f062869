"""Words of strangers -> Markdown in which they are text and nothing else, as GitHub renders it.

Names of files, code and messages could carry markup, HTML, links, mentions and references to
issues. What is code becomes a code span, in which a host acts on nothing; the rest is escaped, and
what hosts act on after rendering is broken by a space of no width, as bots do that quote others.
"""

import re
from collections.abc import Iterator
from html import escape

from portlint.render.words import clipped, visible

ALWAYS = re.compile(r"[\\`*_\[\]~!#$|]")
"""Has a meaning anywhere in a line; angle brackets and ampersands become entities."""
FIRST = re.compile(r"[-+=:]|\d+(?=[.)](?:\s|$))")
"""Has one at the beginning of a block only."""
NOTHING = "&#8203;"
"""A space of no width, as an entity: it can be seen in the source."""
LIVE = re.compile(
    r"@(?=\w)"  # mentions and mail
    r"|#(?=\w)"  # issues, and fields of a custom reference
    r"|(?<![^\W_])GH(?=-\d)"
    r"|:(?=//)"  # addresses
    r"|www(?=\.)"
    r"|:(?=[\w+-]+:)"  # pictures
    r"|\b(?=[a-f]*\d)[0-9a-f]{7,40}\b",  # commits
    re.IGNORECASE,
)
ENTITIES = {"|": "&#124;", "$": "<span>$</span>"}
"""Where no backslash helps: within cells of tables, and before formulas."""
SHORT = 6
"""Digits that are too few to name a commit."""
FENCE = re.compile("`+")
ROOM = 240
"""Characters of one text of a stranger that a comment has room for."""


def prose(text: str, room: int = ROOM) -> str:
    """Words with code between backticks -> the same in Markdown, on one line."""
    pieces = clipped(" ".join(visible(text).split()), room).split("`")
    if len(pieces) % 2 == 0:
        return plain("`".join(pieces))
    return _begun("".join(code(p) if i % 2 else _broken(p) for i, p in enumerate(pieces)))


def plain(text: str) -> str:
    """Words that hold no code -> Markdown that shows just them."""
    return _begun(_broken(" ".join(visible(text).split())))


def _begun(shown: str) -> str:
    """The same where it can begin no list, heading or quotation."""
    start = FIRST.match(shown)
    if start is None:
        return shown
    mark = start[0]
    return f"{mark}\\{shown[start.end() :]}" if mark.isdigit() else f"\\{shown}"


def _broken(text: str) -> str:
    """Escaped, with nothing that a host would act on."""
    shown: list[str] = []
    end = 0
    for found in LIVE.finditer(text):
        shown += [_escaped(text[end : found.start()]), *_parted(found[0])]
        end = found.end()
    return "".join([*shown, _escaped(text[end:])])


def _parted(live: str) -> Iterator[str]:
    """A mark with nothing behind it; of a commit every few digits."""
    for start in range(0, len(live), SHORT):
        yield _escaped(live[start : start + SHORT]) + NOTHING


def _escaped(text: str) -> str:
    return ALWAYS.sub(
        lambda found: ENTITIES.get(found[0], f"\\{found[0]}"), escape(text, quote=False)
    )


def code(text: str, room: int = ROOM) -> str:
    """Text -> a code span, whatever backticks it holds; "" -> ""."""
    shown = clipped(visible(text), room)
    if not shown:
        return ""
    fence = "`" * (1 + max((len(run) for run in FENCE.findall(shown)), default=0))
    pad = " " if shown[0] in "` " or shown[-1] in "` " else ""
    return f"{fence}{pad}{shown}{pad}{fence}"


def place(path: str, line: object = None, room: int = ROOM) -> str:
    """`path:line` as code; a long path loses its middle."""
    shown = visible(path)
    if len(shown) > room:
        shown = f"{shown[: room // 3]}…{shown[-room * 2 // 3 :]}"
    return code(shown if line is None else f"{shown}:{line}", room * 2)


def cell(markdown: str) -> str:
    """Markdown on one line -> the same within a cell of a table: no bar in code ends it."""
    return markdown.replace("|", "\\|")


def summary(text: str) -> str:
    """Text -> what may stand in `<summary>`, where Markdown is not read but HTML is."""
    return f"<code>{escape(clipped(visible(text), ROOM))}</code>"
