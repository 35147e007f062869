"""What the live torch-xla said of a model -> a table for a terminal or a pipe."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

import click

from portlint.render.words import plural, visible
from portlint.report import Lowering, Oracle

WORDS = {
    "lowered": "lowered",
    "fallback": "on the host",
    "error": "raises",
    "unknown": "not asked",
}
COLORS = {
    "fallback": "yellow",
    "error": "red",
    "unsupported": "red",
    "restricted": "yellow",
    "supported": "green",
}
FEW = 8
"""Operators on the host that are named where the table was not asked for."""


def lines(found: Oracle, every: bool, width: int | None = None) -> Iterator[str]:
    """The sums, then all rows or the few that are not lowered; `width` cuts lines (None: none)."""
    yield f"  torch-xla {visible(found.versions.get('torch_xla', '?'))}: {_sums(found)}"
    rows = found.ops if every else [r for r in found.ops if r.does in ("fallback", "error")][:FEW]
    yield from (_cut(line, width) for line in _table(rows))
    yield from _agreement(found)


def _sums(found: Oracle) -> str:
    forward = _count(found.forward)
    return f"{forward}; backward {_count(found.backward)}" if found.backward else forward


def _count(counts: Mapping[str, int]) -> str:
    """`lowered 120 · on the host 2`."""
    named = ((word, counts.get(key, 0)) for key, word in WORDS.items())
    return " · ".join(f"{word} {count}" for word, count in named if count) or "nothing runs"


def _table(rows: list[Lowering] | tuple[Lowering, ...]) -> Iterator[str]:
    """Count, operator, what torch-xla does, the compiler's word, the place, and the HLO."""
    names = max((len(row.op) for row in rows), default=0)
    places = max((len(row.where or "-") for row in rows), default=0)
    backward = False
    if rows:
        head = (
            f"{'':8}  {'operator':{names}}  {'torch-xla':11}  {'compiler':11}  {'where':{places}}"
        )
        yield click.style(f"{head}  HLO, or what the host runs", dim=True)
    for row in rows:
        if row.backward and not backward:
            backward = True
            yield click.style("  backward", bold=True)
        does, compiler = WORDS[row.does], row.compiler or "-"
        yield (
            f"  {row.count:6}  {row.op:{names}}  "
            f"{click.style(f'{does:11}', fg=COLORS.get(row.does))}  "
            f"{click.style(f'{compiler:11}', fg=COLORS.get(compiler))}  "
            f"{visible(row.where or '-'):{places}}  {visible(_said(row))}"
        ).rstrip()


def _said(row: Lowering) -> str:
    """What the host runs, why it cannot be told, what the compiler lacks, or the HLO."""
    if row.fallback:
        return ", ".join(row.fallback)
    if row.does in ("error", "unknown"):
        return row.remark
    hlo = " ".join(row.hlo) or "no computation"
    return f"{row.why}: {hlo}" if row.why else hlo


def _agreement(found: Oracle) -> Iterator[str]:
    """How far the shipped tables say the same; what differs is named one by one."""
    counts = found.agreement
    total = sum(counts.values()) - counts.get("not asked", 0)
    if not counts.get("disagrees") and not counts.get("new"):
        more = f", {counts['explained']} with a reason" if counts.get("explained") else ""
        yield f"  the tables agree on {total} of {plural(total, 'operator')}{more}"
        return
    yield click.style(
        f"  the tables say otherwise of {counts.get('disagrees', 0)} and nothing of "
        f"{counts.get('new', 0)} of {plural(total, 'operator')}",
        fg="yellow",
    )
    for row in found.ops:
        if row.agreement in ("disagrees", "new"):
            yield f"    {row.op}: {WORDS[row.does]}; {visible(row.remark)}"


def _cut(line: str, width: int | None) -> str:
    """At most as wide as the terminal; styled text is as wide as what it shows."""
    plain = click.unstyle(line)
    if width is None or len(plain) <= width:
        return line
    return f"{line[: len(line) - (len(plain) - width) - 1]}\N{HORIZONTAL ELLIPSIS}"
