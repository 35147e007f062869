"""[tool.portlint] -> its keys, one by one, so that one wrong key does not hide the next."""

from __future__ import annotations

import msgspec

from portlint.config.source import Source


class Table(msgspec.Struct, forbid_unknown_fields=True, rename="kebab"):
    """The keys of [tool.portlint], as written."""

    chip: str | None = None
    stack: str | None = None
    sdk: str | None = None
    workload: str | None = None
    select: list[str] = []
    ignore: list[str] = []
    extend_exclude: list[str] = []
    per_file_ignores: dict[str, list[str]] = {}
    models: list[str] = []
    min_confidence: str | None = None
    include: list[str] = []
    fail_on: str | None = None
    max_score: int | None = None
    knowledge: str | None = None
    baseline: str | None = None
    cache_dir: str | None = None


def converted(source: Source, faults: list[str]) -> Table:
    """The keys of a source; what is wrong with one is added to the faults."""
    table = Table()
    for key, value in source.table.items():
        try:
            one = msgspec.convert({key: value}, Table)
        except msgspec.ValidationError as error:
            reason = str(error).split(" - at ")[0]
            if "unknown field" in reason:
                known = ", ".join(
                    sorted(name.replace("_", "-") for name in Table.__struct_fields__)
                )
                reason = f"is not known: choose from {known}"
            faults.append(f"{source.file}: key '{key}': {reason}")
            continue
        field = key.replace("-", "_")
        setattr(table, field, getattr(one, field))
    return table
