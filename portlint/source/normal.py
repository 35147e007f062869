"""Python's text -> the same text with its names as Python reads them: `ｔｏｒｃｈ` is `torch`.

Python brings identifiers into the form NFKC (PEP 3131), but not keywords, nor what is in strings.
"""

from __future__ import annotations

import io
import keyword
import re
import tokenize
import unicodedata
from collections.abc import Iterator
from typing import NamedTuple

SIGN = r"[\w\x80-\U0010ffff]"
OTHER = re.compile(rf"(?<!{SIGN})[0-9A-Za-z_]*+[\x80-\U0010ffff]{SIGN}*+")
"""What can be a name that is not ASCII: other signs beyond ASCII stand in strings only."""
PREFIX = re.compile("[a-z]*", re.IGNORECASE)
KEYWORDS = frozenset((*keyword.kwlist, *keyword.softkwlist))


class Normal(NamedTuple):
    """The text as `written`, and as Python reads it, with every character where it was.

    `whole` if all names in it are as Python reads them.
    """

    written: str
    text: str
    whole: bool = True


def normal(text: str) -> Normal:
    """A name that would be longer, shorter or a keyword stays: no place moves, nothing begins."""
    if text.isascii() or is_normal(text):
        return Normal(text, text)
    if all(is_normal(word) or not word.isidentifier() for word in OTHER.findall(text)):
        return Normal(text, text)
    lines = text.split("\n")
    whole = True
    try:
        for token in _names(text):
            name = unicodedata.normalize("NFKC", token.string)
            (row, start), (_, end) = token.start, token.end
            if token.type == tokenize.NAME and len(name) == end - start and name not in KEYWORDS:
                lines[row - 1] = lines[row - 1][:start] + name + lines[row - 1][end:]
            else:
                whole = False
    except (tokenize.TokenError, SyntaxError):
        whole = False
    return Normal(text, "\n".join(lines), whole)


def is_normal(text: str) -> bool:
    """Whether Python would read a name with this text as it is written."""
    return unicodedata.is_normalized("NFKC", text)


def _names(text: str) -> Iterator[tokenize.TokenInfo]:
    """What is not normal outside of comments and strings, or may be in a formatted string.

    Before Python 3.12 a formatted string is one token; what is no token of its own may be a part
    of a name.
    """
    for token in tokenize.generate_tokens(io.StringIO(text).readline):
        if token.string.isascii() or token.type == tokenize.COMMENT:
            continue
        prefix = PREFIX.match(token.string)
        formatted = (
            token.type == tokenize.STRING and prefix is not None and "f" in prefix[0].lower()
        )
        name = token.type == tokenize.NAME or formatted
        if token.type == tokenize.ERRORTOKEN or (name and not is_normal(token.string)):
            yield token
