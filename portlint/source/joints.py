"""Text -> the same lines, blank where a lone backslash joins nothing but a statement's indentation.

libcst does not keep such a line: what comes after it would be told one line too early.
"""

import ast
import re

from portlint.errors import Unreadable

LONE = re.compile(r"^[ \t\f]*\\$", re.MULTILINE)


def unjoined(text: str, module: ast.Module | None) -> str:
    """The text without backslashes alone on their lines before a statement. Raises Unreadable."""
    if module is None or not LONE.search(text):
        return text
    lines = text.split("\n")
    starts = _starts(module, lines)
    for index, line in enumerate(lines):
        if not LONE.fullmatch(line) or (index and lines[index - 1].endswith("\\")):
            continue
        end = next((at for at in range(index, len(lines)) if not LONE.fullmatch(lines[at])), index)
        if starts.get(end + 1) != _indent(lines[end]):
            continue
        if len(line) > 1 and _indent(line) != _indent(lines[end]):
            raise Unreadable(f"has a backslash that indents the statement of line {end + 1}")
        lines[index:end] = [""] * (end - index)
    return "\n".join(lines)


def _indent(line: str) -> int:
    return len(line) - len(line.lstrip(" \t\f"))


def _starts(module: ast.Module, lines: list[str]) -> dict[int, int]:
    """The column of the first statement, or decorator of one, on each line."""
    starts: dict[int, int] = {}
    for node in ast.walk(module):
        if isinstance(node, ast.stmt):
            starts[node.lineno] = min(node.col_offset, starts.get(node.lineno, node.col_offset))
            for item in getattr(node, "decorator_list", ()):
                starts[item.lineno] = _indent(lines[item.lineno - 1])
    return starts
