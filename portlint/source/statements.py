"""Text -> its top-level statements, or one sentence that says why it cannot be read."""

from __future__ import annotations

import ast
import re
import subprocess
import sys
from collections.abc import Iterator, Sequence
from typing import NamedTuple

from portlint.errors import Unreadable
from portlint.source import chunks
from portlint.source.thin import first_line

WRONG = re.compile(r"nested|\((?:unicode|value) error\)|Exceeds the limit")
"""Faults that libcst, which looks into no literal, would let pass."""


READS = """
import sys, libcst
if sys.platform != "win32":
    import resource
    used = sum(resource.getrusage(resource.RUSAGE_SELF)[:2])
    resource.setrlimit(resource.RLIMIT_CPU, (int(used) + int(sys.argv[1]) + 1,) * 2)
libcst.parse_module(sys.stdin.buffer.read().decode())
"""
FUNCTIONS = (ast.FunctionDef, ast.AsyncFunctionDef)
DEFINITIONS = (*FUNCTIONS, ast.ClassDef)


class Group(NamedTuple):
    """Top-level statements that share lines: where they start, their text and their trees."""

    line: int
    text: str
    statements: list[ast.stmt]


def parsed(text: str) -> ast.Module | None:
    """The syntax tree; None where only libcst can read it (a newer grammar than ours)."""
    try:
        return chunks.parsed(text)
    except (RecursionError, MemoryError) as error:
        raise Unreadable("nests too deeply for Python's own parser") from error
    except ValueError as error:
        raise Unreadable(f"is not Python source: {error}") from error
    except SyntaxError as error:
        reason = _reason(error, text)
        if WRONG.search(error.msg or "") or not _libcst_reads(text):
            raise Unreadable(reason) from error
        return None


def _reason(error: SyntaxError, text: str) -> str:
    old = re.search(
        r"Missing parentheses in call to 'print'|except \w+, \w+:", f"{error.msg}{text}"
    )
    hint = " (Python 2?)" if old else ""
    return f"is not valid Python at line {error.lineno}: {error.msg}{hint}"


def _libcst_reads(text: str) -> bool:
    """Ask libcst in a child process: its native parser can overflow the stack on odd input.

    On some it takes twice as long for each level of brackets, so its seconds are counted.
    """
    seconds = 2 + len(text) * 4 // 1_000_000
    try:
        done = subprocess.run(
            [sys.executable, "-I", "-c", READS, str(seconds)],
            input=text.encode("utf-8", "surrogatepass"),
            capture_output=True,
            timeout=20 * seconds,
        )
    except subprocess.TimeoutExpired:
        return False
    return done.returncode == 0


def groups(module: ast.Module, lines: list[str]) -> Iterator[Group]:
    """Top-level statements with their lines; those that share a line stay together."""
    group: list[ast.stmt] = []
    start = end = 0
    for node in module.body:
        first = first_line(node)
        if group and first > end:
            yield Group(start, _text(lines, start, end), group)
            group = []
        if not group:
            start = first
        group.append(node)
        end = max(end if len(group) > 1 else 0, node.end_lineno or first)
    if group:
        yield Group(start, _text(lines, start, end), group)


def _text(lines: list[str], start: int, end: int) -> str:
    """Without the backslash that joins the last line to a blank one, which is no part of it."""
    return "\n".join(lines[start - 1 : end]).removesuffix("\\") + "\n"


def defines(group: Group) -> bool:
    """Whether a function or a class is among the statements."""
    return any(isinstance(node, DEFINITIONS) for node in group.statements)


def imports_only(statements: Sequence[ast.stmt]) -> bool:
    """Whether all statements are imports."""
    return all(isinstance(node, ast.Import | ast.ImportFrom) for node in statements)
