"""Ports that were measured, what they say of others, and how far that is right."""

import pathlib
import statistics
import tomllib
from collections.abc import Iterator
from importlib.metadata import version

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from portlint.catalog import read_table, shipped
from portlint.effort.ports import Port, Range, hours, kind_of, ports, predicted, rate
from tests.calibration import BLOCK, DOC, ORIGINALS, kinds, left_out, originals, table

KNOWN = ports(shipped())
KINDS = kinds(KNOWN)
CLASSES = tomllib.loads(
    (pathlib.Path(__file__).parent / "data" / "transformers.toml").read_text(encoding="utf-8")
)


class TestTheTable:
    def test_it_has_every_port_that_questions_are_answered_from(self) -> None:
        told = [
            (row["aliases"].split(";")[0], row["via"], row["evidence"])
            for row in read_table("ports")
        ]
        measured = [
            (row["name"], row["library"], row["source"]) for row in read_table("port_sizes")
        ]
        assert [m[1:] for m in measured] == [t[1:] for t in told]
        assert len(KNOWN) == 104

    def test_its_figures_are_those_of_the_words(self) -> None:
        for row, size in zip(read_table("ports"), read_table("port_sizes"), strict=True):
            words = row["restriction"]
            assert f"{size['port']} lines" in words
            if size["original"]:
                assert f"for the {size['original']} of {size['file']}" in words

    def test_no_figure_is_nothing(self) -> None:
        assert all(
            port.lines > 0 and (port.original is None or port.original > 0) for port in KNOWN
        )


class TestAPrediction:
    def test_there_is_one_for_each_class_and_none_for_others(self) -> None:
        assert all(predicted(kind, None, KNOWN) for kind in KINDS)
        assert predicted("diffusion", 300, KNOWN) is None
        assert predicted("decoder", 300, KNOWN[:1]) is None

    @given(st.sampled_from(KINDS), st.one_of(st.none(), st.integers(1, 100_000)))
    def test_it_is_a_range_of_lines_and_hours(self, kind: str, original: int | None) -> None:
        lines = predicted(kind, original, KNOWN)
        assert lines is not None and 0 < lines.low <= lines.middle <= lines.high
        low, high = hours(lines, rate(shipped()))
        assert low <= high

    @given(st.sampled_from(KINDS), st.integers(1, 10_000), st.integers(1, 10_000))
    def test_a_longer_original_never_makes_a_shorter_port(
        self, kind: str, one: int, other: int
    ) -> None:
        short, long = (predicted(kind, n, KNOWN) for n in sorted([one, other]))
        assert short is not None and long is not None
        assert all(a <= b for a, b in zip(short, long, strict=True))

    @given(st.lists(st.integers(1, 5000), min_size=2, max_size=30))
    def test_it_lies_within_what_was_measured(self, sizes: list[int]) -> None:
        known = [msgspec.structs.replace(KNOWN[0], kind="x", lines=n) for n in sizes]
        found = predicted("x", None, known)
        assert found is not None
        assert min(sizes) <= found.low and found.high <= max(sizes)

    def test_a_decoder_is_days_and_a_model_with_latent_attention_more(self) -> None:
        decoder, latent = (predicted(kind, 360, KNOWN) for kind in ("decoder", "latent"))
        assert decoder is not None and latent is not None
        assert hours(decoder, rate(shipped()))[1] < hours(latent, rate(shipped()))[1]


class TestHowFarItIsRight:
    def test_the_documentation_tells_what_is_measured_today(self) -> None:
        text = DOC.read_text(encoding="utf-8")
        assert BLOCK.sub(lambda m: f"{m[1]}{table()}{m[2]}", text) == text, (
            "run python -m tests.calibration"
        )

    @pytest.mark.slow
    def test_it_tells_what_the_source_check_says_of_the_originals(self) -> None:
        pytest.importorskip("transformers", exc_type=ImportError)
        text = DOC.read_text(encoding="utf-8")
        if f"transformers {version('transformers')}," not in text:
            pytest.skip("the documentation speaks of another release of transformers")
        assert ORIGINALS.sub(lambda m: f"{m[1]}{originals()}{m[2]}", text) == text, (
            "run python -m tests.calibration"
        )

    def test_three_of_four_ports_lie_in_the_range_that_the_others_predict(self) -> None:
        missed = left_out(KNOWN)
        assert len(missed) == len(KNOWN)
        assert sum(miss.inside for miss in missed) / len(missed) > 0.75
        assert statistics.median(miss.factor for miss in missed) < 1.6

    def test_a_port_is_not_predicted_from_itself(self) -> None:
        alone = [Port(name=n, library="", kind=n, file="", original=9, lines=9) for n in "ab"]
        assert left_out(alone) == []


def configs() -> Iterator[tuple[str, dict[str, object]]]:
    """The classes of transformers with a config of which there is a port."""
    known = {port.file.split("/")[0]: port.kind for port in KNOWN if port.original}
    for name, written in CLASSES["class"].items():
        kind = known.get(written.get("model_type", ""))
        if kind and name != "Gemma3ForConditionalGeneration":  # its ports are of the text part
            base = CLASSES["base"].get(written.get("base", ""), {})
            yield kind, base | written | {"architectures": [name]}


@pytest.mark.parametrize(
    ("kind", "config"), [pytest.param(k, c, id=str(c["model_type"])) for k, c in configs()]
)
def test_a_config_tells_the_class_of_its_model(kind: str, config: dict[str, object]) -> None:
    assert kind_of(config) == kind


def test_hours_are_lines_over_the_rates_of_the_published_file() -> None:
    pace = rate(shipped())
    assert hours(Range(200, 300, 400), pace) == (200 / pace.fast, 400 / pace.slow)
