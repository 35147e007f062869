"""`portlint query --kind KIND`: every fact of a kind, for one target or for all, in order."""

from collections.abc import Iterable, Mapping
from typing import Any

import msgspec

from portlint import catalog, config, knowledge
from portlint.applies import applies
from portlint.command import write
from portlint.model import Target
from portlint.overlay import over
from portlint.render import facts
from portlint.row import Row

FORMATS = {"text": facts.text, "csv": facts.table}


def run(flags: Mapping[str, Any]) -> int:
    """Print the facts; 0, for a kind always has some."""
    keys = ("chip", "stack", "sdk", "workload", "knowledge")
    settings, _ = config.read(
        (), {key: flags[key] for key in keys}, flags["config"], catalog.shipped().rules
    )
    known = over(catalog.shipped(), settings.overlay)
    target = None if flags["matrix"] else settings.target
    shipped = (row for row in knowledge.rows(known.folder) if row.kind == flags["kind"])
    newer = [row for row in known.newer if row.kind == flags["kind"]]
    found = listed(shipped, newer, target)
    if flags["format_"] == "json":
        write(msgspec.json.format(msgspec.json.encode(found), indent=2).decode() + "\n")
    elif flags["format_"] == "markdown":
        write(facts.markdown(found, flags["kind"]))
    else:
        write(FORMATS[flags["format_"]](found))
    return 0


def document(kind: str) -> str:
    """All shipped facts of a kind, for every target, as Markdown."""
    shipped = (row for row in knowledge.rows() if row.kind == kind)
    return facts.markdown(listed(shipped, (), None), kind)


def listed(shipped: Iterable[Row], newer: Iterable[Row], target: Target | None) -> list[Row]:
    """The rows that speak of the target (None: of any), by name; newer ones stand alone."""

    def fits(row: Row) -> bool:
        return target is None or applies(row, target)

    fresh = [row for row in newer if fits(row)]
    names = {row.name for row in fresh} if target else set()
    kept = [row for row in shipped if row.name not in names and fits(row)]
    return sorted([*kept, *fresh], key=lambda row: (row.name, row.stack, row.workload, row.chip))
