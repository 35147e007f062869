"""Rows of commands that read no code: what starting up costs."""

from tests.bench.bench import Bench, Row, at_most
from tests.bench.timing import in_turns, middle, run


def _row(bench: Bench, limit: float, *words: str) -> Row:
    command = bench.tools.portlint(*words)
    first = run(command)  # writes bytecode, and what may be kept of the catalogue
    runs = in_turns({"start": command}, 4 * bench.rounds)
    spent = middle(runs["start"])
    found = f"{spent:.3f} s (the first time {first.cpu:.2f} s)"
    return Row(f"`portlint {' '.join(words)}`", f"{limit} s", found, at_most(spent, limit), runs)


def version(bench: Bench) -> Row:
    """The command that hooks and CI ask first."""
    return _row(bench, 0.06, "--version")


def rule(bench: Bench) -> Row:
    """What an editor or a person asks about one finding."""
    return _row(bench, 0.12, "rule", "NEU118")
