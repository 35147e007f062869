"""Turns -> outcomes, in this process or in several."""

from __future__ import annotations

import functools
from collections.abc import Callable, Sequence
from typing import NamedTuple

from portlint.catalog import Catalog
from portlint.feed import NONE, Feed, Hooks, Tell, nothing
from portlint.job import Job
from portlint.passes import Outcome, begin, start, work
from portlint.turns import Turn

PARALLEL = 1_500_000
"""Bytes below which starting workers costs more than it saves."""


class Setting(NamedTuple):
    """What holds for a whole run: rules, processes, where imports start, the audited packages."""

    catalog: Catalog
    jobs: int
    roots: Sequence[str] = ("",)
    own: frozenset[str] = frozenset()
    everything: bool = False


def in_turn(
    turns: Sequence[Turn], setting: Setting, job: Job, tell: Tell, hooks: Hooks = NONE
) -> Feed:
    """Read files, each when what it waits for was read; what they `tell` is added to the job."""
    return _fed(Feed(turns, tell, hooks, setting.jobs), setting, job)


def at_once(
    turns: Sequence[Turn], setting: Setting, job: Job, hooks: Hooks = NONE
) -> list[Outcome]:
    """Read files that wait for nothing; those that see nothing new are missing in the results."""
    largest = sorted(turns, key=lambda turn: (-turn.size, turn.file.name))
    return _fed(Feed(largest, nothing, hooks, setting.jobs, at_once=True), setting, job).outcomes


def _fed(feed: Feed, setting: Setting, job: Job) -> Feed:
    ready = functools.partial(begin, setting.catalog, setting.own, job)
    size = feed.hooks.size
    if size is None:
        size = sum(turn.size for turn in feed.turns)
    if setting.jobs <= 1 or size < PARALLEL:
        _here(feed, ready)
    else:
        from portlint.workers import Pool, spread  # few files need none

        start(setting.catalog, setting.own)  # before it is done by each worker
        spread(feed, work, Pool(setting.jobs, ready))
    return feed


def _here(feed: Feed, ready: Callable[[], object]) -> None:
    """Read in this process."""
    ready()
    while (part := feed.part()) is not None:
        feed.done(part, work(feed.message(0, part)))
