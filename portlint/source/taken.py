"""Whether a text may take a name out of a module that it imports."""

from __future__ import annotations

import re

from portlint.source.lines import is_word

WORDS = re.compile(r"\w+")
ASKING = (".", "\\", '"', "'")
"""What stands before a name that is taken out of something; a line may be broken there."""


def followers(module: str, text: str) -> frozenset[str] | None:
    """The names that a text has behind the last name of a module, which it spells as an attribute.

    None where something else follows: the module may have another name from there on. What is
    called or indexed is none.
    """
    found = set()
    by_word = "getattr" in text
    at = text.find(module)
    while at >= 0:
        after = at + len(module)
        sign = text[after : after + 1]
        if not is_word(sign) and (by_word or text[at - 1] not in "\"'") and _is_asked(text, at):
            name = WORDS.match(text, after + 1) if sign == "." else None
            if name is not None:
                found.add(name[0])
            elif sign not in ("(", "["):
                return None
        at = text.find(module, after)
    return frozenset(found)


def is_taken(name: str, path: str, text: str) -> bool:
    """Whether a text may take a name out of a module it imports: behind a dot, or in quotes.

    `torch.nn` takes nothing from a module whose `nn` stands for just that `path`.
    """
    home = path.removesuffix(name)
    at = text.find(name)
    while at >= 0:
        after = at + len(name)
        if not is_word(text[after : after + 1]) and _is_asked(text, at):
            start = at - len(home)
            if not home.endswith(".") or text[max(start, 0) : at] != home:
                return True
            if is_word(text[max(start - 1, 0) : start]) or _is_asked(text, start):
                return True
        at = text.find(name, after)
    return False


def _is_asked(text: str, at: int) -> bool:
    """Whether what stands before a place may ask something for the name there."""
    end = at
    while end and text[end - 1].isspace():
        end -= 1
    line = text[text.rfind("\n", 0, end) + 1 : end]
    # A dot may stand before a comment that ends the line.
    return line[-1:] in ASKING or ("#" in line and "\n" in text[end:at])
