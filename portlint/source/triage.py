"""Which top-level statements of a file can hold a finding: text -> slices for libcst.

Sound by construction: a statement is left out only if it holds none of the substrings without
which no rule can match, and binds no name that another statement's match depends on.
"""

import ast
import re
import subprocess
import sys
import warnings
from collections.abc import Iterator, Sequence
from typing import NamedTuple

from portlint.errors import Unreadable

SMALL = 20_000
"""Characters: longer module-level assignments without a gate are data tables and are left out."""


class Slice(NamedTuple):
    """Whole top-level statements: the line they start at (from 1), their text, or only names."""

    line: int
    text: str
    binds: tuple[str, ...] = ()


class Gates(NamedTuple):
    """Substrings: a file needs one of `file` (all parts of it), a statement one of `statement`."""

    file: tuple[tuple[str, ...], ...]
    statement: tuple[str, ...]

    def opens(self, text: str) -> bool:
        """Whether a file with this text can hold a finding at all."""
        return any(all(part in text for part in gate) for gate in self.file)


def slices(
    text: str, gates: Gates, extra: Sequence[str] = (), everything: bool = False
) -> list[Slice]:
    """The statements to parse, in order; left-out statements only say which names they bind.

    `extra` are names whose use makes a statement a candidate. Raises Unreadable where neither this
    interpreter's grammar nor libcst's can read the text.
    """
    if everything:
        _parse(text)
        return [Slice(1, text)]
    module = _parse(text)
    if module is None:
        return [Slice(1, text)]
    lines = text.split("\n")
    groups = list(_groups(module, lines))
    names = set(extra)
    for _, body, statements in groups:
        if _gated(body, gates.statement):
            names.update(name for node in statements for name in _aliases(node))
    words = _word_test(names)
    return [
        _slice(start, body, statements, gates.statement, words)
        for start, body, statements in groups
    ]


def _slice(
    start: int,
    body: str,
    statements: list[ast.stmt],
    gates: Sequence[str],
    words: re.Pattern[str] | None,
) -> Slice:
    plain = not any(
        isinstance(n, ast.FunctionDef | ast.AsyncFunctionDef | ast.ClassDef) for n in statements
    )
    wanted = (plain and len(body) < SMALL) or _gated(body, gates)
    if wanted or (words is not None and words.search(body)):
        return Slice(start, body)
    return Slice(start, "", tuple(name for node in statements for name in _bound(node)))


def _gated(body: str, gates: Sequence[str]) -> bool:
    return any(gate in body for gate in gates)


def _word_test(names: set[str]) -> re.Pattern[str] | None:
    if not names:
        return None
    return re.compile(rf"\b(?:{'|'.join(sorted(map(re.escape, names)))})\b")


def _groups(module: ast.Module, lines: list[str]) -> Iterator[tuple[int, str, list[ast.stmt]]]:
    """Top-level statements with their lines; those that share a line stay together."""
    group: list[ast.stmt] = []
    start = end = 0
    for node in module.body:
        first = min([node.lineno, *(d.lineno for d in getattr(node, "decorator_list", ()))])
        if group and first > end:
            yield start, _text(lines, start, end), group
            group = []
        if not group:
            start = first
        group.append(node)
        end = max(end if len(group) > 1 else 0, node.end_lineno or first)
    if group:
        yield start, _text(lines, start, end), group


def _text(lines: list[str], start: int, end: int) -> str:
    return "\n".join(lines[start - 1 : end]) + "\n"


def _aliases(node: ast.stmt) -> Iterator[str]:
    """Names through which a candidate statement can be used by others without its own words."""
    for item in ast.walk(node) if isinstance(node, ast.If | ast.Try | ast.With) else [node]:
        if isinstance(item, ast.Import | ast.ImportFrom):
            yield from (a.asname or a.name.split(".")[0] for a in item.names if a.name != "*")
        elif isinstance(item, ast.Assign | ast.AnnAssign) and not isinstance(
            item.value, ast.Constant | ast.Dict | ast.List | ast.Tuple | ast.Set | ast.JoinedStr
        ):
            targets = item.targets if isinstance(item, ast.Assign) else [item.target]
            yield from (t.id for t in targets if isinstance(t, ast.Name))
        elif isinstance(item, ast.FunctionDef | ast.AsyncFunctionDef) and item.decorator_list:
            yield item.name


def _bound(node: ast.stmt) -> Iterator[str]:
    if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef | ast.ClassDef):
        yield node.name
        return
    for item in ast.walk(node):
        if isinstance(item, ast.Name) and isinstance(item.ctx, ast.Store):
            yield item.id


def _parse(text: str) -> ast.Module | None:
    """The syntax tree; None where only libcst can read it (a newer grammar than ours)."""
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            return ast.parse(text)
    except (RecursionError, MemoryError) as error:
        raise Unreadable("nests too deeply for Python's own parser") from error
    except ValueError as error:
        raise Unreadable(f"is not Python source: {error}") from error
    except SyntaxError as error:
        reason = _reason(error, text)
        if "nested" in (error.msg or "") or not _libcst_reads(text):
            raise Unreadable(reason) from error
        return None


def _reason(error: SyntaxError, text: str) -> str:
    old = re.search(
        r"Missing parentheses in call to 'print'|except \w+, \w+:", f"{error.msg}{text}"
    )
    hint = " (Python 2?)" if old else ""
    return f"is not valid Python at line {error.lineno}: {error.msg}{hint}"


def _libcst_reads(text: str) -> bool:
    """Ask libcst in a child process: its native parser can overflow the stack on odd input."""
    script = "import sys, libcst; libcst.parse_module(sys.stdin.buffer.read().decode())"
    try:
        done = subprocess.run(
            [sys.executable, "-I", "-c", script],
            input=text.encode("utf-8", "surrogatepass"),
            capture_output=True,
            timeout=20,
        )
    except subprocess.TimeoutExpired:
        return False
    return done.returncode == 0
