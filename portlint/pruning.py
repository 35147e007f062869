"""`portlint baseline FILE`: what of it is still found, and with --prune nothing else is left."""

from __future__ import annotations

import pathlib
from collections.abc import Mapping
from typing import Any

import click
import msgspec

from portlint import catalog, config, engine
from portlint.baseline import file as baseline_file
from portlint.baseline.entries import Baseline, total
from portlint.baseline.renew import pruned
from portlint.baseline.standing import Standing
from portlint.progress import progress
from portlint.render.words import plural, visible


def run(flags: Mapping[str, Any]) -> int:
    """0; 3 where a rule failed inside portlint, and nothing is written then."""
    found = baseline_file.read(flags["file"])
    done = _looked(found, flags)
    if done.internal_error:
        for item in done.report.not_analysed:
            if item.internal:
                click.echo(f"error: {visible(f'{item.path}: {item.reason}')}", err=True)
        return 3
    assert done.standing is not None
    marks = pruned(done.standing)
    if flags["prune"] and marks != found.marks:
        baseline_file.write(flags["file"], found.target, marks)
    click.echo(visible(_told(found, done.standing, flags["prune"])))
    return 0


def _looked(found: Baseline, flags: Mapping[str, Any]) -> engine.Run:
    """A run for the target of the baseline."""
    paths = flags["paths"] or (pathlib.Path(),)
    target = msgspec.structs.asdict(found.target)
    asked = target | {"jobs": flags["jobs"], "no_baseline": True}
    settings, _ = config.read(tuple(paths), asked, flags["config"], catalog.shipped().rules)
    with progress(enabled=not flags["quiet"]) as watch:
        return engine.run(msgspec.structs.replace(settings, baseline=found), watch)


def _told(found: Baseline, standing: Standing, prune: bool) -> str:
    missed, unseen = total(standing.missed.values()), total(standing.unseen.values())
    kept = total(found.marks.values()) - missed
    parts = [f"{found.file}: {plural(kept, 'finding')}"]
    if missed:
        are = "is" if missed == 1 else "are"
        what = f"{missed} that {are} no longer found"
        parts.append(f"{what} taken out" if prune else f"{what} (--prune takes them out)")
    if unseen:
        parts.append(f"{unseen} of files or models that were not looked at")
    return ", ".join(parts)
