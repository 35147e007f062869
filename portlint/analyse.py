"""Files -> what they gave, whole: both passes, the passes over all files, and what runs keep."""

from __future__ import annotations

import os
from collections.abc import Callable, Sequence
from typing import NamedTuple

from portlint.across import across
from portlint.cache.known import digest
from portlint.cache.memory import Memory
from portlint.catalog import Catalog
from portlint.config import Config
from portlint.crew import crew
from portlint.discover import File
from portlint.edited import Codes, Edit, edited
from portlint.left import leave
from portlint.passes import Outcome
from portlint.rounds import PYTHON, Packages, read
from portlint.source.modules import around, framework, packages, source_roots
from portlint.spread import Setting


class Order(NamedTuple):
    """Files to be read, and what holds for all of them: `own` are the audited packages with the
    folders that they stand in, `key` is a digest of rules, settings and the names of files, `jobs`
    how many processes may work."""

    files: Sequence[File]
    setting: Setting
    own: Packages
    codes: Codes
    key: bytes
    jobs: int


def ordered(
    files: Sequence[File], rules: Catalog, config: Config, beside: Sequence[File] = ()
) -> Order:
    """Files `beside` are not read: their names tell which modules are the audited code's own."""
    names = [file.name for part in (files, beside) for file in part if file.kind in PYTHON]
    own = packages(names)
    jobs = config.jobs or os.cpu_count() or 1
    theirs = frozenset(around(own, names))
    setting = Setting(rules, source_roots(names), theirs, config.no_triage)
    listed = [sorted((f.name, f.kind) for f in part) for part in (files, beside)]
    key = digest((rules.digest, setting.everything, listed))
    return Order(files, setting, own, _codes(rules), key, jobs)


def analyse(
    order: Order, step: Callable[[int], None], memory: Memory | None = None
) -> list[Outcome]:
    """The outcome of every file, by name.

    What the `memory` of earlier runs has is not worked for again.
    """
    files, own = order.files, order.own
    passed = {**own, **framework(file.name for file in files)}
    with crew(order.jobs, order.setting.prepare) as hands:
        setting = order.setting._replace(crew=hands)
        rounds = read(files, setting, passed, memory, step)
        done = across(rounds, files, setting, own, order.codes)
    if memory is not None:
        leave(memory, order.key, rounds, done)
    return done.lifted.outcomes


def edit(order: Order, memory: Memory) -> Edit | None:
    """The outcomes of a few edited files; None where all files have to be looked at."""
    return edited(order.files, order.setting, order.own, order.codes, memory, order.key)


def _codes(rules: Catalog) -> Codes:
    return Codes(_with(rules, "devices:device_default"), _with(rules, "ops:op_call"))


def _with(rules: Catalog, detector: str) -> list[str]:
    return [rule.code for rule in rules.rules.values() if detector in rule.detectors]
