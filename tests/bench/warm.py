"""Rows of a run over what the cache knows: nothing changed, one file changed."""

import functools
import os
import pathlib
import shutil
from collections.abc import Iterator
from contextlib import contextmanager

from tests.bench import corpora
from tests.bench.bench import Bench, Row, Size, at_most, size
from tests.bench.corpora import Corpus
from tests.bench.timing import Command, Usage, in_turns, middle, run

NONE = "no cache yet"
CHANGE = "\n\nimport torch\n\ntorch.cuda.synchronize()  # {}\n"
"""What a changed file has in addition: a finding, and other bytes each time."""


def unchanged(bench: Bench, which: Size, limit: float) -> Row:
    """All files are what they were when the cache was filled."""
    whole = bench.corpus(which)
    what = f"warm, nothing changed, {whole.name} corpus ({size(whole)})"
    asked = f"{limit} s"
    command, filled = filled_once(bench, which)
    if filled is None:
        return Row(what, asked, NONE)
    runs = in_turns({"warm": command}, bench.rounds)
    spent = middle(runs["warm"])
    same = all(used.digest == filled.digest for used in runs["warm"])
    found = f"{spent:.2f} s (filled in {filled.cpu:.1f} s){'' if same else '; other bytes'}"
    return Row(what, asked, found, same and at_most(spent, limit), {"fill": [filled], **runs})


def against_ruff(bench: Bench) -> Row:
    """Ruff keeps a cache too, but reads again what has findings."""
    whole = bench.corpus("medium")
    what = f"warm, nothing changed, {whole.name} corpus, against warm ruff with its findings"
    asked = "10 times less CPU"
    command, filled = filled_once(bench, "medium")
    if filled is None:
        return Row(what, asked, NONE)
    theirs = bench.tools.ruff(whole.path, f"--cache-dir={bench.fresh('ruff')}")
    run(theirs)
    runs = in_turns({"portlint": command, "ruff": theirs}, bench.rounds)
    ours, other = middle(runs["portlint"]), middle(runs["ruff"])
    found = f"{other / ours:.1f} times less: {ours:.2f} s, ruff {other:.2f} s"
    return Row(what, asked, found, other / ours >= 10, runs)


def changed(bench: Bench) -> Row:
    """One file of the largest corpus has another finding than when the cache was filled."""
    whole = bench.corpus("large")
    what = f"one file changed, {whole.name} corpus"
    command, filled = filled_once(bench, "large")
    if filled is None:
        return Row(what, "0.8 s", NONE)
    runs = rounds_changed(command, corpora.typical(whole), bench.rounds)
    spent = middle(runs)
    new = len({used.digest for used in (filled, *runs)}) > 1
    found = f"{spent:.2f} s{'' if new else '; the change was not seen'}"
    return Row(what, "0.8 s", found, new and at_most(spent, 0.8), {"changed": runs})


def one_file(bench: Bench) -> Row:
    """A process that an editor or a hook starts for one file; nothing is cached."""
    path, lines = _typical(bench)
    run(bench.tools.check(path))
    runs = in_turns({"cold": bench.tools.check(path)}, 2 * bench.rounds)
    spent = middle(runs["cold"])
    found = f"{spent:.2f} s, {runs['cold'][0].peak:.0f} MB"
    what = f"one file of {lines} lines with findings, no cache"
    return Row(what, "0.35 s", found, at_most(spent, 0.35), runs)


def new_file(bench: Bench) -> Row:
    """The same where there is a cache, which does not know the file as it is now."""
    path, lines = _typical(bench)
    what = f"one file of {lines} lines with findings, new to the cache"
    alone = bench.tools.work / "samples" / "one" / path.name
    alone.parent.mkdir(parents=True, exist_ok=True)
    shutil.copy2(path, alone)
    command, filled = filled_by(bench, Corpus("one", alone, 1, 0.0), "one")
    if filled is None:
        return Row(what, "0.35 s", NONE)
    runs = rounds_changed(command, alone, 2 * bench.rounds)
    spent = middle(runs)
    return Row(what, "0.35 s", f"{spent:.2f} s", at_most(spent, 0.35), {"new": runs})


def _typical(bench: Bench) -> tuple[pathlib.Path, int]:
    path = corpora.typical(bench.corpus("small"))
    return path, path.read_text(encoding="utf-8").count("\n")


@functools.cache
def filled_once(bench: Bench, which: Size) -> tuple[Command, Usage | None]:
    """The same for a whole corpus: rows share the cache, for filling it takes longest."""
    return filled_by(bench, bench.corpus(which), which)


def filled_by(bench: Bench, corpus: Corpus, name: str) -> tuple[Command, Usage | None]:
    """The command that uses a cache of this name and the run that filled it; None: it did not."""
    folder = bench.fresh(name)
    command = bench.tools.check(corpus.path, f"--cache-dir={folder}")
    if not keeps(bench):
        return command, None
    return command, run(command)


def keeps(bench: Bench) -> bool:
    """Whether this version writes a cache at all, asked with a file of one line."""
    folder = bench.fresh("asked")
    asked = bench.tools.work / "samples" / "asked.py"
    asked.parent.mkdir(parents=True, exist_ok=True)
    asked.write_text("import torch\n\ntorch.cuda.synchronize()\n", encoding="utf-8")
    run(bench.tools.check(asked, f"--cache-dir={folder}"))
    return folder.is_dir() and any(path.is_file() for path in folder.rglob("*"))


def rounds_changed(command: Command, path: pathlib.Path, rounds: int) -> list[Usage]:
    """Run it after each of so many changes of the file, which is as it was afterwards."""
    with kept(path) as before:
        runs = []
        for number in range(rounds):
            _replace(path, before + CHANGE.format(number).encode())
            runs.append(run(command))
    return runs


@contextmanager
def kept(path: pathlib.Path) -> Iterator[bytes]:
    """The content of a file, put back at the end. Other names of the file never change."""
    before = path.read_bytes()
    times = path.stat()
    try:
        yield before
    finally:
        _replace(path, before)
        os.utime(path, ns=(times.st_atime_ns, times.st_mtime_ns))


def _replace(path: pathlib.Path, data: bytes) -> None:
    beside = path.with_name(f"{path.name}.new")
    beside.write_bytes(data)
    beside.replace(path)
