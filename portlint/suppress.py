"""Comments that silence findings: `# portlint: ignore[NEU201]`, `ignore-file[…]`, `# noqa: …`."""

import io
import re
import tokenize
from collections.abc import Iterable, Iterator
from typing import NamedTuple

COMMENT = re.compile(r"#\s*portlint:\s*(?P<scope>ignore-file|ignore)(?:\[(?P<codes>[^\]]*)\])?")
NOQA = re.compile(r"#\s*noqa:\s*(?P<codes>NEU\d{3}(?:[\s,]+[A-Z]+\d+)*)")
CODE = re.compile(r"NEU\d{0,3}")
QUICK = re.compile(r"portlint:|noqa:\s*NEU")


class Ignore(NamedTuple):
    """One comment: the line and column it stands at, the codes it names (prefixes; none = all)."""

    line: int
    column: int
    whole_file: bool
    codes: tuple[str, ...]
    text: str
    source: str

    def covers(self, line: int, end_line: int, rule: str) -> bool:
        """Whether it silences this rule on these lines."""
        fits = not self.codes or any(rule.startswith(code) for code in self.codes)
        return fits and (self.whole_file or line <= self.line <= end_line)


def ignores(text: str, python: bool) -> list[Ignore]:
    """All suppression comments of a file; in Python, strings that look like one do not count."""
    if not QUICK.search(text):
        return []
    found: list[Ignore] = []
    lines = text.split("\n")
    for line, column, comment in _comments(text) if python else _lines(lines):
        found.extend(_read(line, column, comment, lines[line - 1][:200]))
    return found


def _read(line: int, column: int, comment: str, source: str) -> Iterator[Ignore]:
    for match in COMMENT.finditer(comment):
        codes = tuple(CODE.findall(match["codes"] or ""))
        if match["codes"] is None or codes:
            whole = match["scope"] == "ignore-file"
            yield Ignore(line, column + match.start(), whole, codes, match[0], source)
    for match in NOQA.finditer(comment):
        codes = tuple(re.findall(r"NEU\d{3}", match["codes"]))
        yield Ignore(line, column + match.start(), False, codes, match[0], source)


def _comments(text: str) -> Iterator[tuple[int, int, str]]:
    try:
        for token in tokenize.generate_tokens(io.StringIO(text).readline):
            if token.type == tokenize.COMMENT:
                yield token.start[0], token.start[1] + 1, token.string
    except (tokenize.TokenError, SyntaxError):
        return


def _lines(lines: Iterable[str]) -> Iterable[tuple[int, int, str]]:
    for number, line in enumerate(lines, 1):
        at = line.find("#")
        if at >= 0:
            yield number, at + 1, line[at:]
