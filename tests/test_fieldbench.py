"""The field benchmark: breakages that others reported, found with the right verdict."""

import pathlib
import shlex
import subprocess
import sys

import pytest

FOLDER = pathlib.Path(__file__).parent / "fieldbench"
BOUNDS = ("--min-recall", "0.95", "--min-verdict", "0.9", "--max-false-alarms", "0.02")


@pytest.mark.slow
@pytest.mark.xdist_group("fieldbench")
def test_reported_breakages_are_found_and_nothing_else() -> None:
    pytest.importorskip("torch")
    command = shlex.join([sys.executable, "-m", "portlint"])
    scored = subprocess.run(
        [sys.executable, FOLDER / "score.py", "--portlint", command, "--timeout", "600", *BOUNDS],
        capture_output=True,
        text=True,
        check=False,
    )
    print(scored.stdout)
    assert scored.returncode == 0, scored.stdout + scored.stderr
