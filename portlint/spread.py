"""Turns -> outcomes, in this process or in several."""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

from portlint.catalog import Catalog
from portlint.crew import Crew
from portlint.feed import NONE, Feed, Hooks, Tell, nothing
from portlint.job import Job
from portlint.passes import Outcome, ended, start, work
from portlint.source.index import Index
from portlint.turns import Turn

PARALLEL = 1_500_000
"""Bytes below which starting workers costs more than it saves."""


class Setting(NamedTuple):
    """What holds for a whole run: rules, where imports start, the audited packages.

    `crew` are the processes that work for it, if there are several.
    """

    catalog: Catalog
    roots: Sequence[str] = ("",)
    own: frozenset[str] = frozenset()
    everything: bool = False
    crew: Crew | None = None

    @property
    def jobs(self) -> int:
        """How many processes work."""
        return self.crew.size if self.crew else 1

    def prepare(self) -> Index:
        """Arrange the rules in this process."""
        return start(self.catalog, self.own)


def in_turn(
    turns: Sequence[Turn], setting: Setting, job: Job, tell: Tell, hooks: Hooks = NONE
) -> Feed:
    """Read files, each when what it waits for was read; what they `tell` is added to the job."""
    return _fed(Feed(turns, job, tell, hooks, setting.jobs), setting)


def at_once(
    turns: Sequence[Turn], setting: Setting, job: Job, hooks: Hooks = NONE
) -> list[Outcome]:
    """Read files that wait for nothing; those that see nothing new are missing in the results."""
    largest = sorted(turns, key=lambda turn: (-turn.size, turn.file.name))
    return _fed(Feed(largest, job, nothing, hooks, setting.jobs, at_once=True), setting).outcomes


def _fed(feed: Feed, setting: Setting) -> Feed:
    size = feed.hooks.size
    if size is None:
        size = sum(turn.size for turn in feed.turns)
    if setting.crew is None or size < PARALLEL:
        setting.prepare()
        _here(feed)
    else:
        from portlint.workers import spread  # few files need none

        spread(feed, work, setting.crew)
    return feed


def _here(feed: Feed) -> None:
    """Read in this process."""
    while (part := feed.part()) is not None:
        feed.done(part, work(feed.message(0, part)))
    ended()
