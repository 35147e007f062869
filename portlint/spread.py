"""Files -> file results, in this process or in several."""

import functools
from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
from typing import NamedTuple

from portlint.catalog import Catalog
from portlint.discover import File
from portlint.passes import CRASHED, Job, Outcome, begin, not_analysed, work
from portlint.reading import Shared
from portlint.source.doors import Pair
from portlint.source.imports import Table
from portlint.source.relevant import Exporting

PARALLEL = 1_500_000
"""Bytes below which starting workers costs more than it saves."""
CHUNK = 300_000
"""Bytes of files handed to a worker at a time."""


class Setting(NamedTuple):
    """What holds for a whole run: rules, processes, where imports start, the audited packages."""

    catalog: Catalog
    jobs: int
    roots: Sequence[str] = ("",)
    own: frozenset[str] = frozenset()
    everything: bool = False


def run(
    files: Sequence[File],
    setting: Setting,
    table: Table | None = None,
    progress: Callable[[int], None] = lambda done: None,
    watched: Mapping[str, Collection[Pair]] | None = None,
    before: Table | None = None,
) -> list[Outcome]:
    """Analyse the files with up to `jobs` processes; the order of the results is that of names.

    Files that were read with the table `before` are missing where they see nothing new.
    """
    sizes = [_size(file) for file in files]
    exports = Exporting.of(table or {})
    earlier = None if before is None else Exporting.of(before)
    job = Job(exports, setting.roots, setting.everything, watched or {}, earlier)
    ready = functools.partial(begin, setting.catalog, setting.own, job)
    parts = list(_chunks(files, sizes))
    if setting.jobs <= 1 or sum(sizes) < PARALLEL:
        found = _here(parts, ready, progress)
    else:
        found = _in_pool(parts, setting.jobs, ready, progress)
    same = Shared()
    done = [outcome._replace(result=same.of(outcome.result)) for outcome in found]
    return sorted(done, key=lambda outcome: outcome.result.path)


def _here(
    parts: Sequence[list[File]], ready: Callable[[], object], progress: Callable[[int], None]
) -> Iterator[Outcome]:
    """Run the parts in this process."""
    ready()
    for part in parts:
        yield from work(part)
        progress(len(part))


def _size(file: File) -> int:
    try:
        return file.path.stat().st_size
    except OSError:
        return 0


def _chunks(files: Sequence[File], sizes: Sequence[int]) -> Iterator[list[File]]:
    """Files in groups of about CHUNK bytes, the largest first so that no worker ends alone."""
    chunk: list[File] = []
    total = 0
    for size, file in sorted(
        zip(sizes, files, strict=True), key=lambda pair: (-pair[0], pair[1].name)
    ):
        chunk.append(file)
        total += size
        if total >= CHUNK:
            yield chunk
            chunk, total = [], 0
    if chunk:
        yield chunk


def _in_pool(
    parts: Sequence[list[File]],
    jobs: int,
    ready: Callable[[], object],
    progress: Callable[[int], None],
) -> Iterator[Outcome]:
    """Run the parts in workers; a file that ends its worker is not analysed."""
    from portlint.workers import Pool, spread  # few files need none

    pool = Pool(jobs, ready)
    for part, outcomes in spread(parts, work, _single_files, pool):
        yield from [not_analysed(part[0], CRASHED)] if outcomes is None else outcomes
        progress(len(part))


def _single_files(part: list[File]) -> list[list[File]]:
    return [[file] for file in part]
