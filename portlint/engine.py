"""One run from configuration to report: the only place that knows the whole line."""

from __future__ import annotations

import pathlib

import msgspec

from portlint import catalog
from portlint.baseline.aged import aged
from portlint.cache.memory import Memory, remembered
from portlint.cache.question import question
from portlint.cache.writer import writer
from portlint.catalog import Catalog
from portlint.config import Config
from portlint.discover import Listing, discover, name_of
from portlint.overlay import over
from portlint.running import Progress, Run

__all__ = ["Progress", "Run", "run", "run_bytes"]


def run(config: Config, progress: Progress | None = None) -> Run:
    """Analyse what the configuration names and judge it for its target."""
    watch = progress or Progress()
    rules = over(catalog.shipped(), config.overlay)
    if config.traced_only:
        from portlint.models import root_of

        listing = Listing(root_of(config.models), [], [], [])
    else:
        listing = discover(config.paths, config.extend_exclude, config.base, config.root)
    commit = _commit(listing, config)
    memory = _memory(listing, rules, config)
    done = _known(memory, rules, config)
    if done is None:
        from portlint.finish import found  # rules and detectors, which a warm run does without

        done = found(listing, rules, config, watch, memory)
    old = _earlier(done, commit, config, rules, watch) if commit else ()
    report, standing = aged(done.report, done.left_out, listing, config, old)
    return done._replace(report=report, standing=standing)


def _memory(listing: Listing, rules: Catalog, config: Config) -> Memory | None:
    """What earlier runs left of these files."""
    if config.cache is None or config.traced_only:
        return None
    return remembered(config.cache, rules.writer or writer(rules.digest), listing)


def _known(memory: Memory | None, rules: Catalog, config: Config) -> Run | None:
    """What an earlier run found, where nothing has changed since that a run depends on."""
    if memory is None or config.models:
        return None
    answer = memory.answer(question(rules, config, memory))
    if answer is None:
        return None
    memory.renew()
    return Run(answer.report, memory.listing, False, left_out=answer.left_out)


def _commit(listing: Listing, config: Config) -> str | None:
    """What to compare with; a revision that is not there is told before anything is read."""
    if config.diff_base is None:
        return None
    from portlint.baseline.git import base

    return base(listing.root, config.diff_base)


def _earlier(
    done: Run, commit: str, config: Config, rules: Catalog, watch: Progress
) -> frozenset[int]:
    """The numbers of the findings that the commit had."""
    from portlint.baseline.earlier import Watch, earlier

    def more(count: int) -> None:
        watch.begin(len(done.listing.files) + count)

    told = Watch(more, watch.step)
    return earlier(done.report.findings, done.listing, commit, rules, config, told)


def run_bytes(data: bytes, name: str, config: Config, root: pathlib.Path | None = None) -> Run:
    """Analyse one file that is not on disk, as `check -` and editors do.

    With a `root`, which the name starts from, the packages beside the file are known, so that a
    library is not told of itself. What only other files say (a device that is decided elsewhere,
    who calls what, copies) stays unknown.
    """
    from portlint.finish import one  # rules and detectors

    rules = over(catalog.shipped(), config.overlay)
    here = root or pathlib.Path.cwd()
    name = name_of(here / name, here)
    done = one(data, name, rules, config, root)
    alone = msgspec.structs.replace(config, paths=(here / name,))
    report, standing = aged(done.report, done.left_out, done.listing, alone)
    return done._replace(report=report, standing=standing)
