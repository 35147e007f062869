"""The commands shown in README.md -> what they print today; as a program it writes them in."""

import os
import pathlib
import re
import shlex
import subprocess
import sys
from typing import NamedTuple

ROOT = pathlib.Path(__file__).parent.parent
README = ROOT / "README.md"
BLOCK = re.compile(
    r"(```console\n\$ portlint (?P<words>[^\n]*)\n)(?P<shown>.*?)(?=```\n)", re.DOTALL
)
PLAN = " | sed -n '/^Migration/,$p'"
"""Leaves the sums and the plan of an audit."""
START = "from portlint.cli import main; main()"


class Shown(NamedTuple):
    """A command of the README and the output that stands below it."""

    command: str
    output: str


def shown() -> list[Shown]:
    """All console blocks of the README."""
    text = README.read_text(encoding="utf-8")
    return [Shown(match["words"], match["shown"]) for match in BLOCK.finditer(text)]


def output(command: str) -> str:
    """What the command prints in the checkout, 100 columns wide; PLAN is the only filter known."""
    words = command.removesuffix(PLAN)
    done = subprocess.run(
        [sys.executable, "-c", START, *shlex.split(words)],
        cwd=ROOT,
        env=os.environ | {"PYTHONPATH": str(ROOT), "NO_COLOR": "1", "COLUMNS": "100"},
        capture_output=True,
        text=True,
    )
    assert done.returncode in (0, 1), done.stderr
    start = 0 if words == command else done.stdout.index("\nMigration") + 1
    return done.stdout[start:]


def main() -> None:
    """Write the current output below each command."""
    text = README.read_text(encoding="utf-8")
    README.write_text(BLOCK.sub(lambda m: m[1] + output(m["words"]), text), encoding="utf-8")


if __name__ == "__main__":
    main()
