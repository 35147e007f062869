"""Inputs made at random from real ones are read or refused in words, and said the same way twice.

`make fuzz` tries many more of them.
"""

import pathlib
import random
import subprocess
import sys
import warnings
from collections.abc import Iterator

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.fuzz import inputs, limits, reading
from tests.fuzz.broken import Broken, Slow, sign
from tests.fuzz.crashes import Crashes
from tests.fuzz.kinds import KINDS
from tests.fuzz.shrink import shrink
from tests.fuzz.slate import Slate

ROOT = pathlib.Path(__file__).parent.parent
FOUND = sorted((pathlib.Path(__file__).parent / "fuzz" / "found").glob("*/*"))
"""What once went wrong: an input of the kind that the folder names."""


@pytest.fixture(autouse=True, scope="module")
def _as_when_fuzzing() -> Iterator[None]:
    with pytest.MonkeyPatch.context() as patch, warnings.catch_warnings():
        patch.setattr("portlint.source.statements._libcst_reads", reading.reads)
        for kind in limits.SHOWN:
            warnings.simplefilter("error", kind)
        yield


@pytest.mark.parametrize("name", KINDS)
def test_inputs_made_at_random(name: str) -> None:
    kind = KINDS[name]
    seeds = st.sampled_from(kind.seeds())

    @settings(max_examples=kind.everyday, derandomize=True)
    @given(seeds, seeds, st.randoms(use_true_random=False))
    def holds(seed: bytes, other: bytes, chance: random.Random) -> None:
        with limits.in_time():
            kind.check(kind.changed(seed, other, chance))

    holds()


@pytest.mark.parametrize("path", FOUND, ids=lambda path: f"{path.parent.name}-{path.name}")
def test_what_once_went_wrong(path: pathlib.Path) -> None:
    with limits.in_time():
        KINDS[path.parent.name].check(path.read_bytes())


@given(
    st.lists(
        st.builds(
            inputs.Part,
            st.from_regex(r"[a-z]{1,5}(/[a-z]{1,5})?\.py", fullmatch=True),
            st.binary(max_size=20).map(lambda data: data.replace(b"%", b"") + b"\n"),
        ),
        min_size=1,
    )
)
def test_an_input_is_taken_apart_as_it_was_put_together(files: list[inputs.Part]) -> None:
    assert inputs.parts(inputs.joined(files), "x.py") == files


def test_an_input_without_names_is_one_file() -> None:
    assert inputs.parts(b"a\n%% \n", "x.py") == [inputs.Part("x.py", b"a\n%% \n")]


def test_names_stay_below_the_folder() -> None:
    assert inputs.safe("a/b.py")
    assert not any(map(inputs.safe, ("/a", "../a", "a/../b", "a//b", "./a")))


def test_what_fails_is_made_shorter() -> None:
    data = b"one\ntwo\nthree bad four\nfive\n" * 3
    assert shrink(data, lambda some: b"bad" in some, 30) == b"bad"


def test_what_takes_too_long_is_told_with_its_place() -> None:
    with pytest.raises(Slow) as raised, limits.in_time(0.05):
        while True:
            pass
    assert sign(raised.value) == "takes too long in the test itself"


def test_an_input_that_breaks_a_law_is_kept_short_and_once(
    tmp_path: pathlib.Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    def law(data: bytes, default: str) -> None:
        if b"bad" in data:
            raise Broken("nothing is bad", data.decode())

    monkeypatch.setitem(KINDS, "weights", KINDS["weights"]._replace(law=law))
    crashes = Crashes("weights", tmp_path)
    for data in (b"fine\n", b"a bad\nthing\n", b"another bad thing\n"):
        if cause := crashes.check(data):
            crashes.keep(data, cause)
    (kept,) = tmp_path.iterdir()
    assert kept.read_bytes() == b"bad"
    (line,) = capsys.readouterr().out.splitlines()
    assert line == f"weights: nothing is bad: {kept} (3 bytes of 12)"


def test_a_run_counts_its_inputs(tmp_path: pathlib.Path) -> None:
    words = ["weights", "--blind", "--count", "30", "--time", "60", "--into", str(tmp_path)]
    command = [sys.executable, "-m", "tests.fuzz", *words]
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True)
    assert done.returncode == 0, done.stderr
    assert done.stdout.startswith("weights: 30 inputs in ")


def test_causes_are_told_apart_by_law_or_place() -> None:
    assert sign(Broken("this law", "one detail")) == sign(Broken("this law", "another"))
    assert sign(ValueError("x")) == "ValueError in the test itself"


def test_a_slate_outlives_who_wrote_on_it(tmp_path: pathlib.Path) -> None:
    slate = Slate(tmp_path / "slate")
    slate.begin(b"first")
    slate.end()
    slate.begin(b"second")
    again = Slate(tmp_path / "slate")
    assert (again.count, again.now) == (2, b"second")
