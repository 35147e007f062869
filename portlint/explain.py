"""Catalogue -> what a person asks of it: the list of rules, one rule's page, the targets."""

import pathlib
from datetime import date

import msgspec

from portlint import catalog
from portlint.errors import UsageError
from portlint.page import Page, page
from portlint.render import reference
from portlint.render.pages import text
from portlint.render.words import plain, plural
from portlint.rule import Rule
from portlint.targets import releases, supported


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


def pages(which: str | None) -> list[Page]:
    """The page of one rule, by code or name, or of all."""
    rules = catalog.shipped().rules
    return [page(find(which))] if which else [page(rules[code]) for code in sorted(rules)]


def rules(which: str | None, format_: str) -> str:
    """One rule or all, in a format of the command."""
    if format_ == "json":
        found = pages(which)
        value = found[0] if which else found
        return msgspec.json.format(msgspec.json.encode(value), indent=2).decode() + "\n"
    if format_ == "markdown":
        found = pages(which)
        return "\n".join(reference.lines(found[0])) + "\n" if which else reference.document(found)
    return text(pages(which)[0]) if which else listing()


def kinds_of_attention(format_: str) -> str:
    """The vocabulary of attention, from general to specific, in a format of the command."""
    from portlint.attention.kinds import kinds

    found = list(kinds().values())
    if format_ == "json":
        return (
            msgspec.json.format(msgspec.json.encode([k._asdict() for k in found])).decode() + "\n"
        )
    if format_ == "markdown":
        rows = (f"| {k.name} | {k.family} | {k.what} |" for k in found)
        return "\n".join(["| kind | family | what it is |", "|---|---|---|", *rows]) + "\n"
    width = max(len(k.name) for k in found)
    return "".join(f"{k.name:{width}}  {k.family:7}  {k.what}\n" for k in found)


def write(folder: pathlib.Path) -> list[str]:
    """Write the reference into a folder, and take away what an earlier one left there."""
    files = reference.files(pages(None))
    try:
        folder.mkdir(parents=True, exist_ok=True)
        for old in folder.glob("*.md"):
            if old.name not in files and reference.GENERATED in old.read_text(encoding="utf-8"):
                old.unlink()
        for name, content in files.items():
            (folder / name).write_text(content, encoding="utf-8")
    except OSError as error:
        raise UsageError(f"{folder}: cannot be written: {error.strerror}") from error
    return list(files)


def targets_table() -> str:
    """What a run can be judged for, and the releases behind it, as two tables."""
    from rich import box
    from rich.console import Console
    from rich.table import Table

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


def targets_json() -> str:
    """The same as JSON: pairs and releases."""
    pairs = [row._asdict() for row in supported()]
    value = {"schema": "portlint.targets/1", "targets": pairs, "releases": releases()}
    return msgspec.json.format(msgspec.json.encode(value), indent=2).decode() + "\n"


def knowledge_table(format_: str, folder: str | None, today: date) -> str:
    """How sure and how old the facts are, table by table; an overlay's beside the shipped ones."""
    from portlint import knowledge
    from portlint.hygiene import hygiene
    from portlint.overlay import load

    newer = load(pathlib.Path(folder)).rows if folder else ()
    found = hygiene([*knowledge.rows(), *newer], catalog.shipped().rules)
    if format_ == "json":
        value = {"schema": "portlint.knowledge/1", "tables": found}
        return msgspec.json.format(msgspec.json.encode(value), indent=2).decode() + "\n"
    lines = ["{:16}{:>8}{:>12}{:>9}{:>10}{:>9}  {}".format(*HEADS)]
    for item in found:
        counts = (item.rows, item.documented, item.derived, item.inferred, item.unknown)
        age = plural((today - item.oldest).days, "day")
        lines.append(
            "{:16}{:>8}{:>12}{:>9}{:>10}{:>9}".format(item.table, *counts)
            + f"  {item.oldest} ({age} ago)"
        )
    return "\n".join(lines) + "\n"


HEADS = ("table", "rows", "documented", "derived", "inferred", "unknown", "oldest check")
