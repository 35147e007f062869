"""Where the live torch-xla and the shipped tables differ -> findings about the knowledge."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from portlint.catalog import Catalog
from portlint.graph.match import Seen, by_file
from portlint.graph.view import GraphFound
from portlint.oracle.compare import Compared
from portlint.oracle.shipped import Does
from portlint.reading import FileResult
from portlint.record import Trace

RULE = "NEU004"
LIVE: dict[Does, str] = {
    "lowered": "lowers it",
    "fallback": "runs it on the host",
    "error": "raises",
    "unknown": "has no such operator",
}
TABLES: dict[Does, str] = {
    "lowered": "the tables say that it is lowered",
    "fallback": "the tables say that the host runs it",
    "error": "the tables say that it raises",
    "unknown": "the tables do not say",
}


def disagreements(
    found: Sequence[Compared], trace: Trace, rules: Catalog, root: Path
) -> list[FileResult]:
    """One match for each call that differs, and for each unlisted one that leaves the device."""
    rule = rules.rules[RULE]
    seen = [
        Seen(rule, _told(one), one.op.module)
        for one in found
        if one.agreement == "disagrees" or (one.agreement == "new" and one.does != "lowered")
    ]
    return by_file(seen, trace, root) if seen else []


def _told(one: Compared) -> GraphFound:
    op = one.op.name
    more = ", ".join(one.answer.fallback) if one.answer else ""
    live = f"torch-xla {LIVE[one.does]}{f' ({more})' if more else ''}"
    message = f"`{op}`: {live}, {TABLES[one.shipped.does]}: {one.shipped.why}"
    if one.does == "error" and one.answer:
        message = f"{message}; {one.answer.error}"
    return GraphFound(one.op.place, symbol=op, value=op, message=message, key=op)
