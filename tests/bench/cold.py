"""Rows of a whole run without a cache: against TorchFix and ruff, in two processes, its memory."""

import os

from tests.bench import corpora
from tests.bench.bench import Bench, Row, size
from tests.bench.scaling import scaled
from tests.bench.timing import in_turns, middle, run

IDLE = 1.3
"""The load of the last minute up to which nothing else but the bench can have been at work."""
SAMPLED = 180
"""Files of the medium corpus that TorchFix reads unless it is to read all."""


def torchfix(bench: Bench) -> Row:
    """Everything portlint knows, printed as JSON, against TorchFix under flake8."""
    tools, whole = bench.tools, bench.corpus("medium")
    read = whole if bench.full else corpora.sample(whole, SAMPLED, tools.work / "samples")
    empty = tools.work / "samples" / "empty"
    empty.mkdir(parents=True, exist_ok=True)
    commands = {
        "portlint": tools.check(whole.path),
        "TorchFix": tools.torchfix(read.path),
        "TorchFix on nothing": tools.torchfix(empty),
    }
    runs = in_turns(commands, 1)
    theirs = scaled(
        middle(runs["TorchFix on nothing"]),
        middle(runs["TorchFix"]),
        whole.megabytes / read.megabytes,
    )
    ours = middle(runs["portlint"])
    how = "measured" if bench.full else f"scaled by bytes from {size(read)}"
    found = f"{theirs / ours:.1f} times less: {ours:.1f} s, TorchFix {theirs:.0f} s ({how})"
    what = f"cold, {whole.name} corpus ({size(whole)}), against TorchFix"
    return Row(what, "60 times less CPU", found, theirs / ours >= 60, runs)


def ruff(bench: Bench) -> Row:
    """The same against ruff's default rules."""
    tools, whole = bench.tools, bench.corpus("medium")
    commands = {
        "portlint": tools.check(whole.path),
        "ruff": tools.ruff(whole.path, "--no-cache"),
    }
    runs = in_turns(commands, 2)
    ours, theirs = middle(runs["portlint"]), middle(runs["ruff"])
    found = f"{ours / theirs:.1f} times: {ours:.2f} s, ruff {theirs:.2f} s"
    what = f"cold, {whole.name} corpus, against ruff with its default rules"
    return Row(what, "at most 8 times the CPU", found, ours / theirs <= 8, runs)


def processes(bench: Bench) -> Row:
    """One process against two: the one row of wall time, which a busy machine decides."""
    whole, busy = bench.corpus("medium"), os.getloadavg()[0] > IDLE
    commands = {
        "one process": bench.tools.check(whole.path),
        "two processes": bench.tools.check(whole.path, "--jobs", "2"),
    }
    runs = in_turns(commands, 2)
    one, two = (middle(runs[name], "wall") for name in commands)
    more = middle(runs["two processes"]) / middle(runs["one process"])
    found = f"{one / two:.2f} times less: {one:.1f} s, {two:.1f} s; {more:.2f} times the CPU"
    what = f"two processes against one, {whole.name} corpus"
    asked = "1.7 times less wall time"
    if busy:
        return Row(what, asked, f"{found}; the machine was busy", None, runs)
    return Row(what, asked, found, one / two >= 1.7, runs)


def memory(bench: Bench) -> Row:
    """What the largest process holds at most."""
    whole = bench.corpus("large")
    commands = {
        "one process": bench.tools.check(whole.path),
        "two processes": bench.tools.check(whole.path, "--jobs", "2"),
    }
    runs = in_turns(commands, 1)
    one, two = (middle(runs[name], "peak") for name in commands)
    spent = middle(runs["one process"])
    found = f"{two:.0f} MB of two processes, {one:.0f} MB of one ({spent:.0f} s of CPU)"
    what = f"largest process, {whole.name} corpus ({size(whole)})"
    return Row(what, "200 MB", found, max(one, two) <= 200, runs)


def peers(bench: Bench) -> Row:
    """All five tools on the same few files, for comparison only."""
    tools, small = bench.tools, bench.corpus("small")
    few = corpora.sample(small, max(1, small.files // 8), tools.work / "samples")
    commands = {
        "portlint": tools.check(few.path),
        "ruff": tools.ruff(few.path, "--no-cache"),
        "TorchFix": tools.torchfix(few.path),
        "Fixit": tools.fixit(few.path),
        "semgrep, 20 patterns": tools.semgrep(few.path),
    }
    run(commands["portlint"])  # its bytecode is written once
    runs = in_turns(commands, 1)
    found = ", ".join(f"{name} {middle(used):.2f} s" for name, used in runs.items())
    return Row(
        f"all tools, an eighth of the {small.name} corpus ({size(few)})", "", found, None, runs
    )
