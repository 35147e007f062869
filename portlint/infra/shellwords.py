"""Shell text -> tokens: separators, openers, here-documents and pieces of words; linear in time.

A reader for audits, not a shell: what is not understood becomes words.
"""

import re
from collections.abc import Mapping
from typing import NamedTuple

TOKEN = re.compile(
    r"""(?P<space>(?:[ \t\r\f\v]|\\\n)+)
    |(?P<end>\n|;;&?|;&?|&&|\|\||\|&?|&(?!>))
    |(?P<open>\$\(|\(|`)
    |(?P<close>\))
    |(?P<heredoc><<-?(?!<)[ \t]*['"\\]?(?P<mark>\w+)['"]?)
    |(?P<redirect>\d?(?:<<<|[<>]\|?&?)\d?|&>)
    |(?P<single>'[^']*(?:'|\Z))
    |(?P<double>"[^"\\]*(?:\\.[^"\\]*)*(?:"|\Z))
    |(?P<escaped>\\.)
    |(?P<braces>\$\{[^}\n]*\}?)
    |(?P<plain>[^\s'"\\$`;&|()<>]+|.)""",
    re.VERBOSE | re.DOTALL,
)
VARIABLE = re.compile(r"\$(?:\{(\w+)(?::?-([^}]{0,300}))?\}|(\w+))")
LONG = 4_000
"""Characters beyond which a word is text, not an argument."""


class Word(NamedTuple):
    """A word with quotes taken off and known variables put in, and its place in the script."""

    text: str
    start: int
    end: int


class Token(NamedTuple):
    """A piece of the script; `name` is the group of TOKEN that matched."""

    name: str
    text: str
    start: int
    end: int
    mark: str = ""


def token(text: str, position: int) -> Token:
    """The token at a position; every character starts one."""
    match = TOKEN.match(text, position)
    if match is None:  # a backslash at the very end
        return Token("plain", text[position:], position, len(text))
    name = "heredoc" if match["heredoc"] else match.lastgroup or "plain"
    return Token(name, match[0], position, match.end(), match["mark"] or "")


def expand(text: str, variables: Mapping[str, str]) -> str:
    """Put in the variables that are known, and the defaults of those that are not."""
    if "$" not in text or len(text) > LONG:
        return text

    def value(match: re.Match[str]) -> str:
        name = match[1] or match[3]
        default = match[2] if match[2] is not None else match[0]
        return variables.get(name, default)

    return VARIABLE.sub(value, text)[:LONG]


def body_end(text: str, start: int, mark: str) -> tuple[int, int]:
    """Where the here-document that begins at start ends, and where the next line begins."""
    closing = re.compile(rf"^\t*{re.escape(mark)}[ \t]*$", re.MULTILINE)
    found = closing.search(text, start)
    if found is None:
        return len(text), len(text)
    return found.start(), min(found.end() + 1, len(text))
