"""Files -> what they gave, whole: both passes, the passes over all files, and what runs keep."""

from __future__ import annotations

import os
from collections.abc import Callable, Sequence

from portlint.across import across
from portlint.cache.known import digest
from portlint.cache.memory import Memory
from portlint.catalog import Catalog
from portlint.config import Config
from portlint.discover import File
from portlint.edited import Codes, Edit, edited
from portlint.left import leave
from portlint.passes import Outcome
from portlint.rounds import PYTHON, Packages, read
from portlint.source.modules import around, framework, packages, source_roots
from portlint.spread import Setting


def analyse(
    files: Sequence[File],
    rules: Catalog,
    config: Config,
    step: Callable[[int], None],
    beside: Sequence[File] = (),
    memory: Memory | None = None,
) -> list[Outcome]:
    """The outcome of every file, by name.

    Files `beside` are not read: their names tell which modules are the audited code's own. What
    the `memory` of earlier runs has is not worked for again.
    """
    setting, own = _setting(files, rules, config, beside)
    codes = _codes(rules)
    passed = {**own, **framework(file.name for file in files)}
    rounds = read(files, setting, passed, memory, step)
    done = across(rounds, files, setting, own, codes)
    if memory is not None:
        leave(memory, _key(files, rules, setting, beside), rounds, done)
    return done.lifted.outcomes


def edit(
    files: Sequence[File],
    rules: Catalog,
    config: Config,
    beside: Sequence[File],
    memory: Memory,
) -> Edit | None:
    """The outcomes of a few edited files; None where all files have to be looked at."""
    setting, own = _setting(files, rules, config, beside)
    key = _key(files, rules, setting, beside)
    return edited(files, setting, own, _codes(rules), memory, key)


def _key(files: Sequence[File], rules: Catalog, setting: Setting, beside: Sequence[File]) -> bytes:
    """A digest of rules, settings and the names of files."""
    listed = [sorted((f.name, f.kind) for f in part) for part in (files, beside)]
    return digest((rules.digest, setting.everything, listed))


def _setting(
    files: Sequence[File], rules: Catalog, config: Config, beside: Sequence[File]
) -> tuple[Setting, Packages]:
    """What holds for the run, and the audited packages with the folders they stand in."""
    names = [file.name for part in (files, beside) for file in part if file.kind in PYTHON]
    own = packages(names)
    jobs = config.jobs or os.cpu_count() or 1
    theirs = frozenset(around(own, names))
    return Setting(rules, jobs, source_roots(names), theirs, config.no_triage), own


def _codes(rules: Catalog) -> Codes:
    return Codes(_with(rules, "devices:device_default"), _with(rules, "ops:op_call"))


def _with(rules: Catalog, detector: str) -> list[str]:
    return [rule.code for rule in rules.rules.values() if detector in rule.detectors]
