"""Processes that do one thing after the other, and what happens to those that die."""

import multiprocessing
import os
import pathlib
import signal
from collections.abc import Iterator

import pytest

from portlint.crew import Crew, crew


@pytest.fixture
def two() -> Iterator[Crew]:
    with crew(2, dict) as made:
        assert made is not None
        yield made


def test_a_process_is_the_same_until_it_dies(two: Crew) -> None:
    first = two.submit(0, os.getpid).result()
    assert two.submit(0, os.getpid).result() == first != two.submit(1, os.getpid).result()
    with pytest.raises(Exception, match="terminated abruptly"):
        two.submit(0, os._exit, 1).result()
    two.end(0)
    assert two.submit(0, os.getpid).result() not in (first, os.getpid())


def test_what_a_process_leaves_is_done_here(two: Crew, tmp_path: pathlib.Path) -> None:
    parts = [tmp_path / str(number) for number in range(20)]
    done = list(two.each(die_once, parts))
    assert [path for path, _ in done] == parts
    assert os.getpid() in {pid for _, pid in done}


def die_once(path: pathlib.Path) -> tuple[pathlib.Path, int]:
    """End the first process that comes here."""
    seen = path.with_name("died")
    if path.name == "3" and not seen.exists():
        seen.touch()
        os._exit(1)
    return path, os.getpid()


def test_what_ends_badly_ends_the_processes() -> None:
    with pytest.raises(KeyboardInterrupt), crew(2, dict) as made:
        assert made is not None
        pid = made.submit(0, os.getpid).result()
        (process,) = (child for child in multiprocessing.active_children() if child.pid == pid)
        raise KeyboardInterrupt
    process.join(60)
    assert process.exitcode == -signal.SIGTERM
