"""Flags and [tool.portlint] -> one frozen Config; all mistakes are told at once."""

from __future__ import annotations

import pathlib
from collections.abc import Mapping, Sequence
from typing import Any

from portlint.config import named
from portlint.config.checks import wrong
from portlint.config.settings import Config, Tracing
from portlint.config.source import Source, explicit, find
from portlint.config.table import Table, converted
from portlint.errors import UsageError
from portlint.rule import Rule


def read(
    paths: Sequence[pathlib.Path],
    flags: Mapping[str, Any],
    file: pathlib.Path | None,
    rules: Mapping[str, Rule],
) -> tuple[Config, str | None]:
    """The configuration of a run and a remark on its target; UsageError lists every mistake."""
    source = _source(paths, flags, file)
    faults: list[str] = []
    table = converted(source, faults)
    merged = _merged(table, flags)
    overlay = named.overlay(merged["knowledge"], flags, source, faults)
    target, remark = named.target(merged, overlay, faults)
    faults += wrong(merged, rules)
    baseline = named.baseline(flags, table.baseline, source, faults)
    cache = named.cache(flags, table.cache_dir, source, faults)
    if faults or target is None:
        raise UsageError("\n".join(faults))
    config = Config(
        paths=tuple(paths),
        target=target,
        overlay=overlay,
        baseline=baseline,
        cache=cache,
        base=source.file.parent if source.file else None,
        file=str(source.file) if source.file else None,
        remarks=source.remarks,
        models=tuple(merged["models"]) if flags.get("models") or flags.get("trace") else (),
        tracing=Tracing(**{k: flags[k] for k in Tracing.__struct_fields__ if k in flags}),
        **_told(merged),
        **_asked(flags),
    )
    return config, remark


def _source(
    paths: Sequence[pathlib.Path], flags: Mapping[str, Any], file: pathlib.Path | None
) -> Source:
    """The file that a flag names, or the one that holds for the paths."""
    if file is not None:
        return explicit(file, pathlib.Path.read_bytes)
    return find([flags["root"]] if flags.get("root") else paths)


def _merged(table: Table, flags: Mapping[str, Any]) -> dict[str, Any]:
    """Flags win over keys."""
    merged = {name: getattr(table, name) for name in Table.__struct_fields__}
    return merged | {k: v for k, v in flags.items() if v not in (None, (), [])}


def _told(merged: Mapping[str, Any]) -> dict[str, Any]:
    """What flags and keys say together."""
    return {
        "select": tuple(merged["select"]),
        "ignore": tuple(merged["ignore"]),
        "per_file_ignores": tuple((k, tuple(v)) for k, v in merged["per_file_ignores"].items()),
        "extend_exclude": tuple(merged["extend_exclude"]),
        "min_confidence": merged["min_confidence"] or "inferred",
        "include": frozenset(merged["include"]),
        "fail_on": merged["fail_on"] or "breaks",
        "max_score": merged["max_score"],
        "jobs": merged.get("jobs"),
    }


def _asked(flags: Mapping[str, Any]) -> dict[str, Any]:
    """What only flags say."""
    named_there = {key: flags.get(key) for key in ("root", "oracle_python", "diff_base")}
    switches = ("audit", "matrix", "traced_only", "oracle", "no_triage")
    return named_there | {key: bool(flags.get(key)) for key in switches}
