"""A Jupyter notebook -> its Python and its shell commands, and where each line stands in the file.

All code cells are one program, in their order: what one cell imports another uses. Magics are no
Python; those that start programs (`!pip install …`, `%%bash`) are kept apart as a shell script with
the same line numbers.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

from portlint.notebook.magics import split
from portlint.notebook.places import Line, code_lines


class Notebook(NamedTuple):
    """What a notebook holds: its program, its shell commands, files that cells write, its lines.

    The texts have one line for each of `lines`, blank where another text has it. `broken` are the
    cells that are no Python, with the reason.
    """

    python: str
    shell: str
    written: tuple[tuple[str, str], ...]
    lines: tuple[Line, ...]
    broken: tuple[tuple[int, str], ...]


def read(text: str) -> Notebook:
    """The code of a notebook; Unreadable says what keeps it from being read."""
    program: list[str] = []
    shell: list[str] = []
    files: dict[str, list[str]] = {}
    lines: list[Line] = []
    broken: list[tuple[int, str]] = []
    for cell in code_lines(text):
        parts = split([line.code for line in cell])
        if parts.fault:
            broken.append((cell[0].cell, parts.fault))
        if parts.name:
            body = files.setdefault(parts.name, [])
            body += [""] * (len(lines) - len(body)) + parts.written
        program += parts.python
        shell += parts.shell
        lines += cell
    written = tuple((name, _joined(body)) for name, body in files.items())
    return Notebook(_joined(program), _joined(shell), written, tuple(lines), tuple(broken))


def _joined(lines: Sequence[str]) -> str:
    return "".join(f"{line}\n" for line in lines) if any(lines) else ""
