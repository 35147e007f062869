"""What flags or a configuration name: newer facts, a baseline, a cache, a target."""

from __future__ import annotations

import pathlib
from collections.abc import Mapping
from typing import Any, get_args

from portlint import targets
from portlint.baseline import file as baseline_file
from portlint.baseline.entries import Baseline
from portlint.cache import place
from portlint.config.source import Source
from portlint.errors import UsageError
from portlint.model import Target, Workload
from portlint.overlay import Overlay, load


def overlay(
    named: str | None, flags: Mapping[str, Any], source: Source, faults: list[str]
) -> Overlay:
    """The folder of newer facts; one that the configuration names starts at its file."""
    if named is None:
        return Overlay()
    configured = source.file is not None and not flags.get("knowledge")
    base = source.file.parent if source.file and configured else pathlib.Path()
    try:
        return load(base / named)
    except UsageError as error:
        faults.append(str(error))
        return Overlay()


def baseline(
    flags: Mapping[str, Any], configured: str | None, source: Source, faults: list[str]
) -> Baseline | None:
    """What the flag or the configuration names; the run that writes it does without."""
    beside = source.beside(configured)
    file = flags.get("baseline") or (pathlib.Path(beside) if beside else None)
    if file is None or flags.get("no_baseline"):
        return None
    written = flags.get("write_baseline")
    if written is not None and not file.exists() and written.absolute() == file.absolute():
        return None
    try:
        return baseline_file.read(file, found=not flags.get("baseline"))
    except UsageError as error:
        faults.append(str(error))
        return None


def cache(
    flags: Mapping[str, Any], configured: str | None, source: Source, faults: list[str]
) -> pathlib.Path | None:
    """The folder that the flag or the configuration names, or the user's.

    Who wrote the configuration does not choose where on this machine something is written.
    """
    if flags.get("no_cache") or place.is_off():
        return None
    if flags.get("cache_dir"):
        return pathlib.Path(flags["cache_dir"]).absolute()
    beside = source.beside(configured)
    if beside is None or source.file is None:
        return place.folder()
    chosen, home = pathlib.Path(beside).resolve(), source.file.parent.resolve()
    if not chosen.is_relative_to(home) or chosen == home:
        faults.append(f"cache-dir {configured!r} is no folder below {home}: use --cache-dir")
        return None
    return chosen


def target(
    merged: Mapping[str, Any], overlay: Overlay, faults: list[str]
) -> tuple[Target | None, str | None]:
    """What is moved to, and a remark on it."""
    loads: tuple[str, ...] = get_args(Workload)
    if merged["workload"] not in (None, *loads):
        faults.append(
            f"workload {merged['workload']!r} is not known: choose one of {', '.join(loads)}"
        )
        return None, None
    try:
        return targets.resolve(
            merged["chip"], merged["stack"], merged["sdk"], merged["workload"], overlay.releases
        )
    except UsageError as error:
        faults.append(str(error))
        return None, None
