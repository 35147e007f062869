"""A module's own tests and timings -> their lines: functions that only whoever runs them needs.

`def test_correctness():` at the end of a file with kernels is called by nobody but the file run as
a program. A function that takes something, as `test_epoch(model, loader)` does, is the program.
"""

from __future__ import annotations

import ast
import re
from typing import NamedTuple

NAME = re.compile(r"(test|bench|benchmark)_\w+")


class Trial(NamedTuple):
    """The lines of a test or of a timing, and its name."""

    first: int
    last: int
    name: str


def trials(module: ast.Module | None) -> list[Trial]:
    """The functions of a module that try it out."""
    return [
        Trial(node.lineno, node.end_lineno or node.lineno, node.name)
        for node in (module.body if module is not None else ())
        if isinstance(node, ast.FunctionDef) and NAME.fullmatch(node.name) and not _takes(node)
    ]


def _takes(function: ast.FunctionDef) -> bool:
    """Whether the function has to be given something."""
    args = function.args
    plain = len(args.posonlyargs) + len(args.args) > len(args.defaults)
    return plain or any(default is None for default in args.kw_defaults)


def trial_at(found: list[Trial], line: int) -> str | None:
    """What a sighting on this line is said to stand behind; None outside of trials."""
    name = next((t.name for t in found if t.first <= line <= t.last), None)
    return name and f"only in `{name}`, which tries this module out"
