"""Chip, stack, release and workload: what is possible, what is meant, what is refused."""

import pytest

from portlint.errors import UsageError
from portlint.explain import targets_table
from portlint.model import Target
from portlint.targets import minor, releases, resolve, supported


def target(
    chip: str | None = None,
    stack: str | None = None,
    sdk: str | None = None,
    workload: str | None = None,
) -> Target:
    return resolve(chip, stack, sdk, workload)[0]  # type: ignore[arg-type]


def refused(*words: str | None) -> str:
    with pytest.raises(UsageError) as caught:
        target(*words)
    return str(caught.value)


NEWEST = minor(releases()[0]["sdk"])


@pytest.mark.parametrize(
    ("chip", "stack", "sdk"),
    [
        (None, "native-eager", NEWEST),
        ("trn2", "native-eager", NEWEST),
        ("trn3", "native-eager", NEWEST),
        ("inf2", "xla", "2.31"),
        ("trn1", "xla", "2.31"),
    ],
)
def test_defaults(chip: str | None, stack: str, sdk: str) -> None:
    found = target(chip)
    assert (found.chip, found.stack, found.sdk) == (chip or "trn2", stack, sdk)
    assert found.workload == "both"


def test_every_pair_of_the_contract_is_possible_and_no_other() -> None:
    pairs = {(row.chip, row.stack) for row in supported()}
    native = {"native-eager", "native-compile", "vllm", "xla"}
    assert pairs == {("inf2", "xla"), ("trn1", "xla")} | {
        (chip, stack) for chip in ("trn2", "trn3") for stack in native
    }
    for chip, stack in pairs:
        assert target(chip, stack).stack == stack


@pytest.mark.parametrize("chip", ["inf2", "trn1"])
@pytest.mark.parametrize("stack", ["native-eager", "native-compile", "vllm"])
def test_an_impossible_pair_names_the_possible_ones(chip: str, stack: str) -> None:
    told = refused(chip, stack)
    assert chip in told and "--stack xla" in told and "--chip trn2 or trn3" in told


def test_the_retired_chip_is_told_with_its_successors() -> None:
    told = refused("inf1")
    assert "retired" in told and "inf2" in told and "trn2" in told


@pytest.mark.parametrize(
    ("words", "known"),
    [(("trn9",), "inf2, trn1, trn2, trn3"), (("trn2", "cuda"), "native-eager")],
)
def test_an_unknown_name_lists_the_known_ones(words: tuple[str, ...], known: str) -> None:
    assert known in refused(*words)


def test_vllm_is_for_inference() -> None:
    assert "inference only" in refused("trn2", "vllm", None, "training")


@pytest.mark.parametrize(
    ("words", "sdk", "remark"),
    [
        (("trn2", "native-eager", "2.33"), "2.33", None),
        (("trn2", "native-eager", "2.33.1"), "2.33", None),
        (("trn2", "xla", "2.29"), "2.29", None),
        (("trn2", "xla", "2.33"), "2.31", "does not ship"),
        (("trn2", "xla", None, "training"), "2.29", None),
        (("trn2", "xla", "2.31", "training"), "2.29", "does not ship"),
        (("trn2", "native-eager", "9.9"), NEWEST, "not in the knowledge"),
    ],
)
def test_a_release_that_never_shipped_the_stack_is_replaced_and_said(
    words: tuple[str, ...], sdk: str, remark: str | None
) -> None:
    found, said = resolve(*(*words, *(None,) * (4 - len(words))))  # type: ignore[arg-type]
    assert found.sdk == sdk
    assert (said is None) if remark is None else (said is not None and remark in said)


@pytest.mark.parametrize("sdk", ["2.1", "1", "new", "", "2.x"])
def test_a_release_before_the_stack_or_no_release(sdk: str) -> None:
    told = refused("trn2", "native-eager", sdk)
    assert "2.33" in told


def test_every_release_of_every_pair_can_be_asked_for() -> None:
    for row in supported():
        for release in releases():
            if minor(release["sdk"]) == row.first_sdk:
                asked = target(row.chip, row.stack, release["sdk"])
                assert asked.sdk == row.first_sdk


def test_the_table_shows_every_pair_with_its_date() -> None:
    shown = targets_table()
    for row in supported():
        assert row.chip in shown and row.stack in shown and row.checked in shown
