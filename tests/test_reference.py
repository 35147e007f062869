"""The pages of rules: what the command prints, and that docs/rules/ is what it would write."""

import pathlib
import re

import pytest

from portlint.catalog import shipped
from portlint.explain import pages
from portlint.render import reference
from tests.invoke import portlint

DOCS = pathlib.Path(__file__).parent.parent / "docs" / "rules"


def test_the_reference_is_what_make_docs_would_write() -> None:
    expected = reference.files(pages(None))
    written = {path.name: path.read_text(encoding="utf-8") for path in DOCS.glob("*.md")}
    stale = [name for name, text in expected.items() if written.get(name) != text]
    assert (stale, set(written) - set(expected)) == ([], set()), "run `make docs`"


@pytest.fixture(scope="module")
def files() -> dict[str, str]:
    return reference.files(pages(None))


class TestMarkdown:
    def test_every_rule_has_one_heading_and_one_link(self, files: dict[str, str]) -> None:
        headings = re.findall(r"^## (NEU\d{3}) ", "".join(files.values()), re.MULTILINE)
        linked = re.findall(r"^\| \[(NEU\d{3})\]", files["README.md"], re.MULTILINE)
        assert sorted(headings) == sorted(linked) == sorted(shipped().rules)

    def test_links_lead_to_headings(self, files: dict[str, str]) -> None:
        anchors = {
            f"{name}#{heading.lower().replace(' ', '-')}"
            for name, text in files.items()
            for heading in re.findall(r"^## (NEU.*)$", text, re.MULTILINE)
        }
        links = set(re.findall(r"\]\(([a-z-]+\.md#[^)]*)\)", files["README.md"]))
        assert links == anchors

    def test_tables_are_whole(self, files: dict[str, str]) -> None:
        for name, text in files.items():
            for table in re.findall(r"(?:^\|.*\n)+", text, re.MULTILINE):
                head, *rows = table.splitlines()
                cells = [len(re.findall(r"(?<!\\)\|", row)) for row in (head, *rows)]
                assert len(set(cells)) == 1, f"{name}: {head}"

    def test_fences_are_closed_and_marks_are_plain_comments(self, files: dict[str, str]) -> None:
        for name, text in files.items():
            assert len(re.findall(r"^```", text, re.MULTILINE)) % 2 == 0, name
            assert "expect: " not in text, name

    def test_words_are_not_taken_for_markup(self) -> None:
        assert reference.prose("2**24 of `a*b`, <x>") == r"2\*\*24 of `a*b`, \<x>"

    def test_every_verdict_has_its_evidence(self, files: dict[str, str]) -> None:
        for text in files.values():
            for line in re.findall(r"^\|.* (?:documented|derived) .*\|$", text, re.MULTILINE):
                assert re.search(r"\]\(https://[^)]*\), \d{4}-\d\d-\d\d", line), line


class TestCommand:
    def test_one_rule_in_every_format(self, tmp_path: pathlib.Path) -> None:
        text = portlint("rule", "cuda-stream", cwd=tmp_path).out
        markdown = portlint("rule", "NEU118", "--format", "markdown", cwd=tmp_path).out
        value = portlint("rule", "NEU118", "--format", "json", cwd=tmp_path).json
        assert text.startswith("NEU118 cuda-stream (cuda-runtime)\n")
        assert markdown.startswith("## NEU118 cuda-stream\n")
        assert (value["code"], value["names"][0]["symbol"]) == ("NEU118", "torch.cuda.Stream")

    def test_a_page_tells_what_works_from_what_is_not_known(self, tmp_path: pathlib.Path) -> None:
        value = portlint("rule", "NEU301", "--format", "json", cwd=tmp_path).json
        said = {item["verdict"]: item for item in value["verdicts"]}
        assert ["trn2", "native-compile"] in said["works"]["targets"]
        assert ["trn2", "vllm"] in said["nothing known"]["targets"]
        assert said["breaks"]["evidence"][0]["url"].startswith("https://")

    def test_all_rules_in_every_format(self, tmp_path: pathlib.Path) -> None:
        whole = portlint("rule", "--all", "--format", "markdown", cwd=tmp_path).out
        values = portlint("rule", "--all", "--format", "json", cwd=tmp_path).json
        assert [value["code"] for value in values] == sorted(shipped().rules)
        assert whole.count("\n## NEU") == len(values)

    def test_files_are_written_and_stale_ones_taken_away(self, tmp_path: pathlib.Path) -> None:
        folder = tmp_path / "rules"
        folder.mkdir()
        (folder / "gone.md").write_text(f"{reference.GENERATED}\n# Gone\n")
        (folder / "own.md").write_text("# Mine\n")
        done = portlint("rule", "--all", "--format", "markdown", "--into", "rules", cwd=tmp_path)
        names = {path.name for path in folder.iterdir()}
        assert done.code == 0 and {"README.md", "attention.md", "own.md"} <= names
        assert "gone.md" not in names

    @pytest.mark.parametrize(
        "words",
        [["NEU118", "--into", "x"], ["--all", "--into", "x"], ["NEU118", "--format", "xml"]],
    )
    def test_wrong_usage_ends_with_2(self, words: list[str], tmp_path: pathlib.Path) -> None:
        done = portlint("rule", *words, cwd=tmp_path)
        assert (done.code, done.out) == (2, "") and done.err.count("\n") == 1


class TestKnowledge:
    def test_every_table_is_counted_by_confidence(self, tmp_path: pathlib.Path) -> None:
        text = portlint("targets", "--knowledge", cwd=tmp_path).out
        value = portlint("targets", "--knowledge", "--format", "json", cwd=tmp_path).json
        assert value["schema"] == "portlint.knowledge/1"
        *tables, whole = value["tables"]
        assert {"aten", "libraries", "cuda_api", "rules"} <= {item["table"] for item in tables}
        assert whole["table"] == "all" and whole["rows"] == sum(item["rows"] for item in tables)
        for item in value["tables"]:
            kinds = ("documented", "derived", "inferred", "unknown")
            assert sum(item[kind] for kind in kinds) == item["rows"]
            line = next(x for x in text.splitlines() if x.split()[0] == item["table"])
            assert line.split()[1:6] == [str(item[k]) for k in ("rows", *kinds)]
            assert item["oldest"] in line and "day" in line

    def test_an_overlay_can_be_counted_too(self, tmp_path: pathlib.Path) -> None:
        (tmp_path / "ops.csv").write_text("op,status\naten::mm,yes\n")
        flags = ("--evidence", "https://example.org/ops", "--stack", "xla")
        assert portlint("knowledge", "import", "ops.csv", *flags, cwd=tmp_path).code == 0
        words = ("targets", "--knowledge", "--overlay", "portlint-knowledge", "--format", "json")
        tables = portlint(*words, cwd=tmp_path).json["tables"]
        (ops,) = (item for item in tables if item["table"] == "ops")
        assert (ops["rows"], ops["documented"]) == (1, 1)

    def test_targets_as_json(self, tmp_path: pathlib.Path) -> None:
        value = portlint("targets", "--format", "json", cwd=tmp_path).json
        assert {row["chip"] for row in value["targets"]} == {"inf2", "trn1", "trn2", "trn3"}
        assert value["releases"][0]["sdk"]
