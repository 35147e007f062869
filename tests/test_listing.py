"""`portlint query --kind`: every fact of a kind, in each format, and docs/facts/ as it would be."""

import csv
import io
import pathlib
import re

import pytest

from portlint import knowledge, listing
from portlint.options import KINDS
from portlint.row import COLUMNS
from portlint.row import KINDS as MEANINGS
from tests.invoke import portlint

DOCS = pathlib.Path(__file__).parent.parent / "docs" / "facts"
XLA = ("--chip", "trn1", "--workload", "inference")


@pytest.fixture(autouse=True)
def _no_configuration(tmp_path: pathlib.Path) -> None:
    (tmp_path / "portlint.toml").touch()


def test_the_kinds_are_those_of_the_tables() -> None:
    assert set(KINDS) == set(MEANINGS) == {row.kind for row in knowledge.rows()}


@pytest.mark.parametrize("kind", KINDS)
def test_the_documents_are_what_make_docs_would_write(kind: str) -> None:
    written = (DOCS / f"{kind}.md").read_text(encoding="utf-8")
    assert written == listing.document(kind), "run `make docs`"


def test_a_list_holds_what_speaks_of_the_target(tmp_path: pathlib.Path) -> None:
    done = portlint("query", "--kind", "op", *XLA, "--format", "json", cwd=tmp_path)
    assert done.code == 0
    found = {row["name"]: row for row in done.json}
    assert len(found) > 2_000
    assert {row["stack"][0] for row in done.json} == {"xla"}
    assert found["aten.grid_sampler_2d.default"]["status"] == "unsupported"
    assert all(
        row["evidence"].startswith("https://") for row in done.json if row["status"] != "unknown"
    )


def test_a_list_as_csv_can_be_read_as_a_table(tmp_path: pathlib.Path) -> None:
    done = portlint("query", "--kind", "model", "--matrix", "--format", "csv", cwd=tmp_path)
    names = {row["name"] for row in csv.DictReader(io.StringIO(done.out))}
    assert "SwinModel" in names
    assert done.out.splitlines()[0] == ",".join(COLUMNS)


def test_a_line_of_text_says_status_and_limits(tmp_path: pathlib.Path) -> None:
    done = portlint("query", "--kind", "dtype", "--chip", "trn3", cwd=tmp_path)
    (line,) = [x for x in done.out.splitlines() if x.startswith("torch.float8_e4m3fn ")]
    assert re.match(r"torch\.float8_e4m3fn +supported +documented ", line)


def test_markdown_numbers_its_sources(tmp_path: pathlib.Path) -> None:
    text = listing.document("hlo")
    named = set(map(int, re.findall(r" \[(\d+)\]", text)))
    listed = re.findall(r"^(\d+)\. <https://\S+> \(\d{4}-\d\d-\d\d\)$", text, re.MULTILINE)
    assert named == set(map(int, listed)) == set(range(1, len(listed) + 1))
    for line in text.splitlines():
        assert not line.startswith("|") or len(re.findall(r"(?<!\\)\|", line)) == 3, line


@pytest.mark.parametrize(
    ("words", "said"),
    [
        ((), "give names to ask for, or --kind KIND for a list"),
        (("--kind", "op", "aten.add"), "give names to ask for, or --kind KIND for a list"),
        (("aten.add", "--format", "csv"), "--format csv goes with --kind"),
    ],
)
def test_a_list_and_a_question_are_two_things(
    tmp_path: pathlib.Path, words: tuple[str, ...], said: str
) -> None:
    done = portlint("query", *words, cwd=tmp_path)
    assert (done.code, done.err) == (2, f"error: {said}\n")
