"""Newer facts: a table is imported, and what it says wins over what was shipped."""

import importlib.util
import pathlib

import pytest

from portlint.imported.words import dtypes, operators, status
from tests.invoke import Done, portlint

TABLE = """# Operators

Some words | with a bar

| Operator | Support | Data types | CPU fallback | Notes |
|---|:-:|---|---|---|
| `aten::cumsum` | ✅ Supported | fp32, bf16 | | |
| aten::add.Tensor, aten::sub.Tensor | Yes | all | no | |
| [aten::grid_sampler_2d](https://example.org) | Not supported | | Yes | a gather |
| aten::index.Tensor (bool mask) | No | | | |
| aten::bar | mystery | | | |
| any op without a kernel | No | | yes | |

## The other stack

| Op | Eager | torch.compile |
|---|---|---|
| aten::histc | falls back to CPU | unsupported |

| Key | Value |
|---|---|
| a | b |
"""
EVIDENCE = ("--evidence", "https://example.org/operators", "--checked", "2026-11-26")


def imported(folder: pathlib.Path, text: str, *flags: str, name: str = "ops.md") -> Done:
    (folder / name).write_text(text, encoding="utf-8")
    return portlint("knowledge", "import", name, *EVIDENCE, *flags, cwd=folder)


def written(folder: pathlib.Path) -> list[list[str]]:
    lines = (folder / "portlint-knowledge" / "ops.csv").read_text().splitlines()
    return [line.split(",") for line in lines[1:]]


class TestImport:
    def test_all_tables_of_a_markdown_file_are_read(self, tmp_path: pathlib.Path) -> None:
        done = imported(tmp_path, TABLE, "--stack", "native-eager")
        assert done.code == 0 and "7 rows" in done.out and "--knowledge portlint-know" in done.out
        said = {(row[0], row[3]) for row in written(tmp_path)}
        assert said == {
            ("aten.cumsum", "supported"),
            ("aten.add.Tensor", "supported"),
            ("aten.sub.Tensor", "supported"),
            ("aten.grid_sampler_2d", "falls-back"),
            ("aten.index.Tensor", "restricted"),
            ("aten.histc", "falls-back"),
            ("aten.histc", "unsupported"),
        }

    def test_what_is_not_understood_is_told_with_its_line(self, tmp_path: pathlib.Path) -> None:
        done = imported(tmp_path, TABLE, "--stack", "native-eager")
        assert "ops.md:11: status 'mystery' is not known" in done.err
        assert "ops.md:12: 'any op without a kernel' is no name" in done.err
        assert done.err.count("\n") == 2

    def test_csv_is_read_too(self, tmp_path: pathlib.Path) -> None:
        text = "op,status,dtype\naten::mm,supported,bf16\naten::sort,unsupported,\n"
        assert imported(tmp_path, text, "--stack", "xla", name="ops.csv").code == 0
        assert [row[0] for row in written(tmp_path)] == ["aten.mm", "aten.sort"]

    @pytest.mark.parametrize(
        ("text", "flags", "name", "word"),
        [
            (TABLE.split("##")[0], (), "ops.md", "--stack"),
            (TABLE, ("--stack", "tpu"), "ops.md", "tpu"),
            (TABLE, ("--sdk", "newest", "--stack", "xla"), "ops.md", "newest"),
            (TABLE, ("--evidence", "a page"), "ops.md", "--evidence"),
            (TABLE, ("--checked", "soon"), "ops.md", "soon"),
            ("nothing here", ("--stack", "xla"), "ops.md", "no table"),
            ("op,status\n,\n?,yes\n", ("--stack", "xla"), "ops.csv", "no line"),
            (TABLE, ("--stack", "xla"), "ops.rst", "ops.rst"),
        ],
    )
    def test_wrong_usage_is_told_in_a_sentence(
        self, text: str, flags: tuple[str, ...], name: str, word: str, tmp_path: pathlib.Path
    ) -> None:
        done = imported(tmp_path, text, *flags, name=name)
        assert (done.code, done.out) == (2, "")
        assert done.err.splitlines()[-1].startswith("error: ") and word in done.err

    @pytest.mark.parametrize(
        ("cell", "fallback", "meaning"),
        [
            ("Supported", "", "supported"),
            ("✅", "", "supported"),
            ("⚠️ Partial", "", "restricted"),
            ("supported (fp32 only)", "", "restricted"),
            ("Not supported", "", "unsupported"),
            ("not supported", "CPU", "falls-back"),
            ("", "yes", "falls-back"),
            ("Yes", "no", "supported"),
            ("runs on the host", "", "falls-back"),
            ("N/A", "", None),
            ("-", "", None),
        ],
    )
    def test_words_of_a_status(self, cell: str, fallback: str, meaning: str | None) -> None:
        assert status(cell, fallback) == meaning

    def test_words_of_dtypes_and_operators(self) -> None:
        assert dtypes("fp32, BF16 / torch.int64") == (["float32", "bfloat16", "int64"], [])
        assert dtypes("all") == ([], []) and dtypes("quux") == ([], ["quux"])
        assert operators("torch.ops.aten.mm.default") == (["aten.mm"], "")
        assert operators("torchvision::nms\nF.gelu") == (
            ["torchvision.nms", "torch.nn.functional.gelu"],
            "",
        )


NET = """import torch
from torch import nn


class Net(nn.Module):
    def forward(self, x):
        return torch.histc(x.cumsum(-1), 4, 0.0, 1.0)


def model():
    return Net().eval()


def example_inputs():
    return (torch.randn(4, 8),)
"""


@pytest.mark.slow
@pytest.mark.skipif(importlib.util.find_spec("torch") is None, reason="torch is not installed")
class TestTrace:
    def traced(self, folder: pathlib.Path, text: str, *flags: str) -> Done:
        """A trace of NET for the stack, with `text` imported (nothing: without an overlay)."""
        (folder / "portlint.toml").touch()
        (folder / "net.py").write_text(NET)
        if text:
            assert imported(folder, f"op,status,dtypes\n{text}", *flags, name="ops.csv").code == 0
            flags = (*flags, "--knowledge", "portlint-knowledge")
        words = ("trace", "net.py:model", "--workload", "inference", "--ignore", "NEU002")
        return portlint(*words, *flags, "--format", "json", cwd=folder)

    def verdicts(self, done: Done) -> dict[str, str]:
        (model,) = done.json["models"]
        return {op["op"]: op["verdict"] for op in model["ops"]}

    def rules(self, done: Done) -> list[tuple[str, str]]:
        return [(f["rule"], f["impact"]) for f in done.json["findings"]]

    def test_supported_takes_a_finding_away(self, tmp_path: pathlib.Path) -> None:
        xla = ("--chip", "trn1", "--stack", "xla")
        plain = self.traced(tmp_path, "", *xla)
        assert self.rules(plain) == [("NEU501", "breaks")]
        newer = self.traced(tmp_path, "aten::histc,supported,\n", "--stack", "xla")
        assert newer.code == 0 and self.rules(newer) == []
        assert self.verdicts(newer)["aten.histc.default"] == "documented"
        assert plain.json["knowledge"]["digest"] != newer.json["knowledge"]["digest"]

    def test_a_word_holds_for_the_dtypes_it_names(self, tmp_path: pathlib.Path) -> None:
        other = self.traced(tmp_path, "aten::histc,supported,bf16\n", "--stack", "xla")
        assert self.rules(other) == [("NEU501", "breaks")]

    def test_a_fallback_is_slow_and_cites_the_table(self, tmp_path: pathlib.Path) -> None:
        done = self.traced(tmp_path, "aten::cumsum,fallback,\n", "--stack", "native-eager")
        assert self.rules(done) == [("NEU506", "slow")]
        (finding,) = done.json["findings"]
        assert [e["url"] for e in finding["evidence"]] == ["https://example.org/operators"]
        assert self.verdicts(done)["aten.cumsum.default"] == "falls_back"

    def test_unsupported_breaks_a_compiled_graph(self, tmp_path: pathlib.Path) -> None:
        done = self.traced(tmp_path, "aten::cumsum,unsupported,\n", "--stack", "native-compile")
        assert self.rules(done) == [("NEU507", "breaks")] and done.code == 1
        assert self.verdicts(done)["aten.cumsum.default"] == "unsupported"

    def test_another_stack_is_left_alone(self, tmp_path: pathlib.Path) -> None:
        imported(tmp_path, "op,status\naten::cumsum,no\n", "--stack", "vllm", name="ops.csv")
        (tmp_path / "portlint.toml").write_text('knowledge = "portlint-knowledge"\n')
        (tmp_path / "net.py").write_text(NET)
        done = portlint("trace", "net.py:model", "--format", "json", cwd=tmp_path)
        assert self.rules(done) == []


class TestSource:
    """What a check says of a call without a trace gives way to newer facts too."""

    def findings(self, folder: pathlib.Path, *words: str) -> list[tuple[str, str]]:
        (folder / "portlint.toml").touch()
        (folder / "net.py").write_text(NET)
        flags = ("--chip", "trn1", "--ignore", "NEU002", "--format", "json")
        done = portlint("check", "net.py", *flags, *words, cwd=folder)
        return [(f["rule"], f["impact"]) for f in done.json["findings"]]

    @pytest.mark.parametrize(
        ("cells", "after"),
        [
            ("supported,", []),
            ("supported,bf16", []),
            ("supported,int32", [("NEU501", "breaks")]),
            ("fallback,", [("NEU506", "breaks")]),
            ("unsupported,", [("NEU507", "breaks")]),
        ],
    )
    def test_a_call(self, cells: str, after: list[tuple[str, str]], tmp_path: pathlib.Path) -> None:
        assert self.findings(tmp_path) == [("NEU501", "breaks")]
        text = f"op,status,dtypes\naten::histc,{cells}\n"
        assert imported(tmp_path, text, "--stack", "xla", name="ops.csv").code == 0
        assert self.findings(tmp_path, "--knowledge", "portlint-knowledge") == after


class TestSettings:
    def test_a_newer_release_can_be_judged_for(self, tmp_path: pathlib.Path) -> None:
        imported(tmp_path, TABLE, "--stack", "native-eager", "--sdk", "2.34")
        (tmp_path / "portlint.toml").write_text('knowledge = "portlint-knowledge"\n')
        (tmp_path / "deep").mkdir()
        (tmp_path / "deep" / "a.py").write_text("x = 1\n")
        done = portlint("check", "deep", "--format", "json", cwd=tmp_path)
        assert done.json["target"]["sdk"] == done.json["knowledge"]["sdk"] == "2.34"
        older = portlint("check", "deep", "--format", "json", "--sdk", "2.33", cwd=tmp_path)
        assert older.json["target"]["sdk"] == "2.33"

    def test_a_folder_without_facts_is_an_error(self, tmp_path: pathlib.Path) -> None:
        (tmp_path / "empty").mkdir()
        for name in ("nowhere", "empty"):
            done = portlint("check", "--knowledge", name, cwd=tmp_path)
            assert done.code == 2 and name in done.err and "knowledge import" in done.err

    def test_a_wrong_row_names_file_line_and_column(self, tmp_path: pathlib.Path) -> None:
        imported(tmp_path, TABLE, "--stack", "native-eager")
        file = tmp_path / "portlint-knowledge" / "ops.csv"
        file.write_text(file.read_text().replace("supported", "splendid", 1))
        done = portlint("check", "--knowledge", "portlint-knowledge", cwd=tmp_path)
        assert done.code == 2 and "ops.csv: line 2" in done.err and "status" in done.err
