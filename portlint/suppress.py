"""Comments that silence findings: `# portlint: ignore[NEU201]`, `ignore-file[…]`, `# noqa: …`."""

import io
import re
import tokenize
from collections.abc import Iterable, Iterator, Sequence
from typing import NamedTuple

COMMENT = re.compile(
    r"(?:#|//)\s*portlint:\s*(?P<scope>ignore-file|ignore)\b(?:\[(?P<codes>[^\]]*)\])?"
)
NOQA = re.compile(r"#\s*(?i:noqa):\s*(?P<codes>[A-Z]+\d+(?:[\s,]+[A-Z]+\d+)*)")
CODE = re.compile(r"NEU\d{0,3}")
NOQA_QUICK = re.compile(r"(?i:noqa):[^\n]{0,1000}NEU")
COMMENT_START = re.compile(r"#|//")


class Ignore(NamedTuple):
    """One comment: where it stands, the line it speaks of, and the codes it names.

    Codes may be prefixes; None covers every rule, and what is no code covers none.
    """

    line: int
    column: int
    whole_file: bool
    codes: tuple[str, ...] | None
    text: str
    source: str
    about: int

    def covers(self, line: int, end_line: int, rule: str) -> bool:
        """Whether it silences this rule on these lines."""
        fits = self.codes is None or any(
            rule.startswith(code) for code in self.codes if CODE.fullmatch(code)
        )
        return fits and (self.whole_file or line <= self.about <= end_line)


def ignores(text: str, python: bool) -> list[Ignore]:
    """All suppression comments of a file; in Python, strings that look like one do not count.

    Elsewhere a comment on a line of its own speaks of the next line that is none: not every
    format can carry a comment behind its text.
    """
    if "portlint:" not in text and not ("NEU" in text and NOQA_QUICK.search(text)):
        return []
    found: list[Ignore] = []
    lines = text.split("\n")
    for line, column, comment in _comments(text) if python else _lines(lines):
        about = line if python else _about(lines, line)
        source = lines[line - 1][:200]
        found.extend(_read(comment, line, column, about, source))
    return found


def _read(comment: str, line: int, column: int, about: int, source: str) -> Iterator[Ignore]:
    """The marks of one comment that starts at line and column."""
    for match in COMMENT.finditer(comment):
        codes = None if match["codes"] is None else tuple(re.findall(r"[^\s,]+", match["codes"]))
        whole = match["scope"] == "ignore-file"
        yield Ignore(line, column + match.start(), whole, codes, match[0], source, about)
    for match in NOQA.finditer(comment):
        codes = tuple(re.findall(r"\bNEU\d{3}\b", match["codes"]))
        if codes:
            yield Ignore(line, column + match.start(), False, codes, match[0], source, about)


def _about(lines: Sequence[str], number: int) -> int:
    """The line a comment speaks of: its own, or the next with something else than a comment."""
    while number < len(lines) and COMMENT_START.match(lines[number - 1].lstrip()):
        number += 1
    return number


def _comments(text: str) -> Iterator[tuple[int, int, str]]:
    try:
        for token in tokenize.generate_tokens(io.StringIO(text).readline):
            if token.type == tokenize.COMMENT:
                yield token.start[0], token.start[1] + 1, token.string
    except (tokenize.TokenError, SyntaxError):
        return


def _lines(lines: Iterable[str]) -> Iterable[tuple[int, int, str]]:
    for number, line in enumerate(lines, 1):
        match = COMMENT_START.search(line)
        if match:
            yield number, match.start() + 1, line[match.start() :]
