"""Catalogue -> what a person asks of it: the list of rules, one rule's page, the targets."""

import re
import textwrap
from collections.abc import Iterator

from rich import box
from rich.console import Console
from rich.table import Table

from portlint import catalog
from portlint.errors import UsageError
from portlint.judge import judge
from portlint.model import Target, Workload
from portlint.render.words import plain
from portlint.rule import Example, Rule
from portlint.targets import releases, resolve, supported

WIDTH = 100
MARK = re.compile(r"\s*(#|//) expect: .*")
ROWS = 40
"""Rows of a rule's table shown at most; the table itself has all of them."""


def listing() -> str:
    """Every rule on a line: code, name, summary; grouped as the codes are."""
    lines: list[str] = []
    subject = ""
    for rule in sorted(catalog.shipped().rules.values(), key=lambda r: r.code):
        if rule.subject != subject:
            lines += [""] * bool(lines) + [rule.subject]
            subject = rule.subject
        lines.append(f"  {rule.code}  {rule.name:34} {plain(rule.summary)}")
    return "\n".join(lines) + "\n"


def find(which: str) -> Rule:
    """The rule of a code or name, in any case; UsageError suggests what was meant."""
    rules = catalog.shipped().rules
    word = which.strip()
    for rule in rules.values():
        if word.upper() == rule.code or word.lower() == rule.name:
            return rule
    near = [r for r in rules.values() if word.lower() in r.name or r.code.startswith(word.upper())]
    hint = ", ".join(f"{r.code} {r.name}" for r in near[:6])
    meant = f": did you mean {hint}?" if hint else ": see `portlint rule --all`"
    raise UsageError(f"there is no rule {which!r}{meant}")


def page(which: str) -> str:
    """What, why, instead, verdict per target with evidence, rows and examples of one rule."""
    return "\n".join(_page(find(which))) + "\n"


def _page(rule: Rule) -> Iterator[str]:
    yield f"{rule.code} {rule.name} ({rule.subject})"
    yield plain(rule.summary)
    yield from _section("Why", _filled(rule.why))
    yield from _section("Instead", _filled(rule.fix))
    low, high = rule.effort.once
    yield from _section(
        "Effort",
        [f"{low:g}-{high:g} h for the first place, {rule.effort.each:g} h for each further"],
    )
    yield from _section("Verdicts", _verdicts(rule))
    if rule.rows:
        yield from _section("Names", _rows(rule))
    for title, examples in (("Reported", rule.bad), ("Not reported", rule.good)):
        for example in examples:
            yield from _section(title + _about(example), _code(example))


def _section(title: str, lines: list[str]) -> list[str]:
    return ["", title, *(f"  {line}" if line else "" for line in lines)]


def _filled(text: str) -> list[str]:
    return textwrap.wrap(" ".join(text.split()), WIDTH - 2, break_on_hyphens=False)


def _about(example: Example) -> str:
    target = " ".join(filter(None, (example.chip, example.stack, example.sdk, example.workload)))
    parts = [part for part in (example.why, f"on {target}" if target else "") if part]
    return f" ({'; '.join(parts)})" if parts else ""


def _code(example: Example) -> list[str]:
    lines = [MARK.sub("", line) for line in example.code.strip("\n").split("\n")]
    named = [] if example.path == "code.py" else [f"{example.path}:"]
    return named + lines


def _verdicts(rule: Rule) -> list[str]:
    """One line per pair of chip and stack that gives the same answer, with its evidence below."""
    answers: dict[str, list[str]] = {}
    for target in every_target():
        answers.setdefault(_answer(rule, target), []).append(f"{target.chip} {target.stack}")
    return [
        line
        for answer, pairs in answers.items()
        for line in (*textwrap.wrap(", ".join(pairs), WIDTH), *answer.split("\n"))
    ]


def every_target(workload: Workload = "both") -> list[Target]:
    """Every pair of chip and stack at its newest release."""
    pairs = dict.fromkeys((row.chip, row.stack) for row in supported())
    return [resolve(chip, stack, None, workload)[0] for chip, stack in pairs]


def _answer(rule: Rule, target: Target) -> str:
    if not rule.verdict:
        return "  by name, see below"
    judged = judge(rule, None, target)
    if judged is None:
        return "  nothing known to break"
    where = f" (in {judged.workload})" if judged.workload else ""
    lines = [
        f"  {judged.impact}, {judged.confidence}{where}{'; ' * bool(judged.note)}{judged.note}"
    ]
    lines += [f"  instead: {judged.replacement}"] if judged.replacement else []
    lines += [f"  evidence: {e.url} (checked {e.checked})" for e in judged.evidence]
    return "\n".join(lines)


def _rows(rule: Rule) -> list[str]:
    lines: list[str] = []
    for row in list(rule.rows.values())[:ROWS]:
        impact = (
            row.impact
            if row.impact_xla in (None, row.impact)
            else f"{row.impact}, on xla {row.impact_xla}"
        )
        lines.append(f"{row.symbol}: {impact}{'; ' * bool(row.what)}{row.what}")
    if len(rule.rows) > ROWS:
        lines.append(f"and {len(rule.rows) - ROWS} more in rules/tables/{rule.table}.csv")
    return lines


def targets_table() -> str:
    """What a run can be judged for, and the releases behind it, as two tables."""
    pairs = Table(
        "chip", "stack", "workload", "first SDK", "last SDK", "checked", "note", box=box.SIMPLE
    )
    newest = releases()[0]["sdk"]
    for row in supported():
        last = row.last_sdk or f"{newest} (newest)"
        pairs.add_row(row.chip, row.stack, row.workload, row.first_sdk, last, row.checked, row.note)
    shipped_ = Table("SDK", "date", "torch", "chips", "checked", box=box.SIMPLE)
    for release in releases():
        cells = (
            release[k].replace(";", ", ") for k in ("sdk", "date", "torch", "instances", "checked")
        )
        shipped_.add_row(*cells)
    console = Console(width=120)
    with console.capture() as captured:
        console.print(pairs, shipped_)
    return "\n".join(line.rstrip() for line in captured.get().split("\n"))
