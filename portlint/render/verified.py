"""What `portlint oracle verify` found -> lines for a person."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

import click

from portlint.render.words import plural, visible

if TYPE_CHECKING:
    from portlint.oracle.verify import Found, Verified

TITLES = {
    "dispatcher": "rows that neither the dispatcher nor a probe shows",
    "table": "probes of which the tables say something else",
    "drift": "probes that were answered otherwise when they were recorded",
    "explained": "differences with a reason",
}


def text(found: Verified) -> str:
    """A head, a group for each kind of difference, and the sum; styled."""
    return "".join(f"{line}\n" for line in _lines(found))


def _lines(found: Verified) -> Iterator[str]:
    ours, theirs = found.shipped, found.live
    yield f"tables  torch-xla {ours['torch_xla']} (torch {ours['torch']}), read {ours['read']}"
    yield f"live    torch-xla {visible(theirs['torch_xla'])} (torch {visible(theirs['torch'])})"
    kinds = ", ".join(f"{count} {kind}" for kind, count in found.overloads.items())
    yield f"{plural(sum(found.overloads.values()), 'overload')}: {kinds}"
    yield plural(found.probes, "probe")
    for kind, title in TITLES.items():
        group = [one for one in found.differences if one.kind == kind]
        if group:
            yield ""
            yield click.style(title, bold=True)
            for one in group:
                yield from _one(one)
    yield ""
    yield _sum(found)


def _one(one: Found) -> Iterator[str]:
    name = f"{one.op} ({visible(one.probe)})" if one.probe else one.op
    yield f"  {name}"
    table = one.table or "no row"
    before = "recorded" if one.kind == "drift" else "tables"
    yield f"    {before}: {visible(table)}; live: {click.style(visible(one.live), fg='yellow')}"
    if one.why:
        yield click.style(f"    {visible(one.why)}", dim=True)


def _sum(found: Verified) -> str:
    count = len(found.unexplained)
    if not count:
        return click.style("no unexplained difference", fg="green", bold=True)
    return click.style(plural(count, "unexplained difference"), fg="red", bold=True)
