"""The text of an HLO module -> its operations with their dtypes, by the mark each one carries."""

import re
from collections import defaultdict
from collections.abc import Iterator
from typing import Any, NamedTuple

LINE = re.compile(r"^\s*(?:ROOT )?%\S+ = (.*?) ([a-z][a-z0-9-]*)\((.*)$", re.MULTILINE)
DTYPE = re.compile(r"\b(pred|token|[a-z]{1,2}\d+\w*)\[")
MARK = re.compile(r'op_name="@([^@"]*)@')
TARGET = re.compile(r'custom_call_target="([^"]+)"')
PLUMBING = {"parameter", "constant", "tuple", "get-tuple-element"}
INPUT = "in"
"""The mark of what only makes the inputs."""


class Line(NamedTuple):
    """One operation: the dtypes of its result and operands, the mark ("" for none)."""

    op: str
    dtypes: tuple[str, ...]
    mark: str
    target: str


def operations(text: str) -> Iterator[Line]:
    """Every operation that computes something that was asked for."""
    for result, op, rest in LINE.findall(text):
        mark = MARK.search(rest)
        if op in PLUMBING or (mark and mark[1] == INPUT):
            continue
        target = TARGET.search(rest) if op == "custom-call" else None
        typed = f"{result} {rest.partition(', metadata=')[0]}"
        dtypes = tuple(dict.fromkeys(DTYPE.findall(typed)))
        yield Line(op, dtypes, mark[1] if mark else "", target[1] if target else "")


def described(text: str) -> dict[str, dict[str, Any]]:
    """By mark: `hlo`, the different operations as [op, dtype, ...], and `custom_calls`."""
    found: dict[str, set[tuple[str, ...]]] = defaultdict(set)
    calls: dict[str, set[str]] = defaultdict(set)
    for line in operations(text):
        found[line.mark].add((line.op, *line.dtypes))
        if line.target:
            calls[line.mark].add(line.target)
    return {
        mark: {"hlo": sorted(map(list, ops)), "custom_calls": sorted(calls[mark])}
        for mark, ops in found.items()
    }
