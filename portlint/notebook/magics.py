"""A cell -> its Python, its shell commands or the file it writes: IPython's own lines taken out."""

from __future__ import annotations

import ast
import re
import warnings
from collections.abc import Sequence
from typing import NamedTuple

MAGIC = re.compile(r"(?P<indent>\s*)(?P<mark>!!?|%|\?)|[\w.,\s]+=\s*[!%](?!=)|[^#]*\?{1,2}\s*$")
"""A line that only IPython understands; Python has none that starts so outside of brackets."""
PROGRAM = re.compile(r"(?P<before>[\w.,\s]+=\s*|\s*)(?P<mark>!!?|%(?=(?:pip|conda|mamba|uv)\b))")
SETTING = re.compile(r"(?P<before>\s*)(?P<mark>%(?:set_)?env)\s+(?P<name>\w+)(?P<equals>[= ])")
SHELLS = re.compile(r"%%(?:bash|sh|!|script\s+(?:--\S+\s+)*(?:ba|z)?sh)\b|%%!")
WRITES = re.compile(r"%%writefile\s+(?:-a\s+|--append\s+)?(?P<name>\S+)")
PYTHON = re.compile(
    r"%%(?:time|timeit|capture|prun|python3?|memit|mprun|lprun|debug|snakeviz|scalene)\b"
)
"""Cell magics whose body is Python."""


class Parts(NamedTuple):
    """A cell taken apart: as many lines in each text as the cell has."""

    python: list[str]
    shell: list[str]
    name: str
    written: list[str]
    fault: str


def split(code: Sequence[str]) -> Parts:
    """What of a cell is Python, what is for the shell, and what it writes to a file."""
    blank = [""] * len(code)
    first = next((i for i, line in enumerate(code) if line.strip()), 0)
    head = code[first].strip() if code else ""
    if head.startswith("%%"):
        rest = [*blank[: first + 1], *code[first + 1 :]]
        if SHELLS.match(head):
            return Parts(blank, rest, "", blank, "")
        if match := WRITES.match(head):
            return Parts(blank, blank, match["name"].strip("'\""), rest, "")
        if not PYTHON.match(head):
            return Parts(blank, blank, "", blank, "")
        code = rest
    fault = _fault(code)
    if not fault:
        return Parts(list(code), blank, "", blank, "")
    plain, shell = _without_magics(code)
    fault = _fault(plain)
    return Parts(blank if fault else plain, shell, "", blank, fault)


def _fault(code: Sequence[str]) -> str:
    """Why these lines are no Python; "" where they are."""
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            ast.parse("\n".join(code))
    except (SyntaxError, ValueError, RecursionError, MemoryError) as error:
        where = f" (line {error.lineno})" if isinstance(error, SyntaxError) else ""
        return f"{error.msg if isinstance(error, SyntaxError) else error}{where}"
    return ""


def _without_magics(code: Sequence[str]) -> tuple[list[str], list[str]]:
    """Lines without IPython's own, and the commands among those, columns kept."""
    plain: list[str] = []
    shell: list[str] = []
    going_on = ""
    for line in code:
        match = MAGIC.match(line)
        if going_on or match:
            indent = line[: len(line) - len(line.lstrip())]
            plain.append("" if going_on else f"{indent}pass")
            shell.append(line if going_on == "shell" else _command(line))
            begun = going_on or ("shell" if shell[-1] else "magic")
            going_on = begun if line.endswith("\\") else ""
        else:
            plain.append(line)
            shell.append("")
    return plain, shell


def _command(line: str) -> str:
    """`!nvidia-smi` and `%env NAME=value` as the shell writes them; "" for other magics."""
    if match := PROGRAM.match(line):
        return " " * match.end() + line[match.end() :]
    if match := SETTING.match(line):
        return " " * match.start("name") + match["name"] + "=" + line[match.end() :]
    return ""
