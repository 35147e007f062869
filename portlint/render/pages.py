"""A rule's page -> text for a terminal."""

import textwrap
from collections.abc import Iterator, Sequence

from portlint.page import Page, Said, Shown
from portlint.render.words import by_stack, plain, plural
from portlint.rule import SymbolRow

WIDTH = 100
ROWS = 40
"""Names shown at most; Markdown and JSON have all of them."""


def text(page: Page) -> str:
    """What, why, instead, verdict per target with evidence, names and examples."""
    return "\n".join(_page(page)) + "\n"


def _page(page: Page) -> Iterator[str]:
    yield f"{page.code} {page.name} ({page.subject})"
    yield summary(page)
    yield from _section("Why", _filled(page.why))
    yield from _section("Instead", _filled(page.instead))
    yield from _section("Effort", [effort(page)])
    said = [line for item in page.verdicts for line in _said(item)]
    yield from _section("Verdicts", said or ["by name, see below"])
    if page.names:
        yield from _section("Names", _names(page.names))
    for title, examples in (("Reported", page.reported), ("Not reported", page.not_reported)):
        for example in examples:
            yield from _section(title + f" ({example.about})" * bool(example.about), _code(example))


def summary(page: Page) -> str:
    """The rule's sentence; of a rule that judges by name the first name stands for all."""
    text = page.summary
    if page.names and "{symbol}" in text:
        first = page.names[0]
        text = text.replace("{symbol}", first.symbol).replace("{what}", first.what)
        more = len(page.names) - 1
        text += f" (and {plural(more, 'name')} more)" if more else ""
    return plain(text)


def effort(page: Page) -> str:
    """Hours for the first place and for each further one, and what they are for."""
    hours = page.effort
    text = f"{hours.once[0]:g}-{hours.once[1]:g} h for the first place"
    if hours.lines:
        text += f" of {hours.lines} lines of code (others in proportion)"
    text += f", {hours.each:g} h for each further"
    return f"{text}; only the vendor can take the cause away" if hours.vendor else text


def _section(title: str, lines: Sequence[str]) -> list[str]:
    return ["", title, *(f"  {line}" if line else "" for line in lines)]


def _filled(text: str) -> list[str]:
    return textwrap.wrap(text, WIDTH - 2, break_on_hyphens=False)


def _code(example: Shown) -> list[str]:
    named = [] if example.path == "code.py" else [f"{example.path}:"]
    return named + example.code.split("\n")


def _said(said: Said) -> Iterator[str]:
    """The targets, and below them what holds there."""
    yield from textwrap.wrap(by_stack(said.targets), WIDTH)
    yield f"  {meaning(said)}"
    if said.instead:
        yield f"  instead: {said.instead}"
    for item in said.evidence:
        yield f"  evidence: {item.url} (checked {item.checked})"


def meaning(said: Said) -> str:
    """`breaks, documented (in training); a note`."""
    sure = f", {said.confidence}" if said.confidence else ""
    where = f" (in {said.workload})" if said.workload else ""
    return f"{said.verdict}{sure}{where}{'; ' * bool(said.note)}{said.note}"


def _names(rows: Sequence[SymbolRow]) -> list[str]:
    lines = [f"{row.symbol}: {impact(row)}{'; ' * bool(row.what)}{row.what}" for row in rows[:ROWS]]
    if len(rows) > ROWS:
        lines.append(f"and {len(rows) - ROWS} more, see `--format markdown`")
    return lines


def impact(row: SymbolRow) -> str:
    """What happens with a name, and on xla where that differs."""
    return (
        row.impact
        if row.impact_xla in (None, row.impact)
        else f"{row.impact}, on xla {row.impact_xla}"
    )
