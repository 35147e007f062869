"""Notebooks: cells are one program, magics are no Python, places are those of cell and file."""

import json
import pathlib
import re
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from portlint.notebook.places import code_lines
from portlint.notebook.read import read
from tests.invoke import portlint

Cell = tuple[str, str]


def notebook(*cells: Cell, indent: int | None = 1, ascii: bool = True, whole: bool = False) -> str:
    """The JSON of a notebook with these cells: (kind, source)."""
    made = [
        {"cell_type": kind, "source": source if whole else re.findall(r"[^\n]*\n|[^\n]+", source)}
        for kind, source in cells
    ]
    data = {"cells": made, "metadata": {"language_info": {"name": "python"}}, "nbformat": 4}
    return json.dumps(data, indent=indent, ensure_ascii=ascii)


def findings(folder: pathlib.Path, *cells: Cell, **options: Any) -> list[dict[str, Any]]:
    """What a check of a folder with this notebook finds."""
    (folder / "a.ipynb").write_text(notebook(*cells, **options), encoding="utf-8")
    return report(folder)["findings"]  # type: ignore[no-any-return]


def report(folder: pathlib.Path) -> dict[str, Any]:
    """The JSON report of a folder."""
    return portlint("check", ".", "--format", "json", "--exit-zero", cwd=folder).json  # type: ignore[no-any-return]


def places(found: list[dict[str, Any]]) -> list[tuple[str, int, int]]:
    """Rule, cell and line of each finding."""
    return [(f["rule"], f["cell"]["number"], f["cell"]["line"]) for f in found]


class TestCells:
    def test_what_one_cell_imports_another_uses(self, tmp_path: pathlib.Path) -> None:
        found = findings(
            tmp_path,
            ("markdown", "# torch.cuda.Stream()"),
            ("code", "import torch.cuda as tc"),
            ("raw", "tc.Stream()"),
            ("code", "x = 1\nside = tc.Stream()"),
        )
        assert places(found) == [("NEU118", 4, 2)]
        assert found[0]["cell"]["column"] == 8

    def test_a_cell_that_is_no_python_leaves_the_others(self, tmp_path: pathlib.Path) -> None:
        cells = [
            ("code", "import torch"),
            ("code", "y = = 2"),
            ("code", "await torch.cuda.Stream()"),
        ]
        assert places(findings(tmp_path, *cells)) == [("NEU118", 3, 1)]
        (left,) = report(tmp_path)["not_analysed"]
        assert left["path"] == "a.ipynb"
        assert left["reason"].startswith("cell 2 is not Python: invalid syntax (line 1)")

    def test_an_ignore_comment_covers_its_line_although_the_file_has_one(
        self, tmp_path: pathlib.Path
    ) -> None:
        code = "import torch\ntorch.cuda.Stream()  # portlint: ignore[NEU118]\ntorch.cuda.Stream()"
        found = findings(tmp_path, ("code", code), indent=None)
        assert places(found) == [("NEU118", 1, 3)]
        assert found[0]["line"] == 1

    def test_the_result_of_a_helper_module_is_known(self, tmp_path: pathlib.Path) -> None:
        (tmp_path / "helper.py").write_text('DEVICE = "cuda"\n')
        code = "import torch\nfrom helper import DEVICE\ntorch.ones(2, device=DEVICE)"
        found = findings(tmp_path, ("code", code))
        (deciding,) = found
        assert deciding["path"] == "helper.py"
        assert [(r["path"], r["message"]) for r in deciding["related"]] == [
            ("a.ipynb", "uses `DEVICE` from here")
        ]
        lines = (tmp_path / "a.ipynb").read_text().split("\n")
        assert "torch.ones" in lines[deciding["related"][0]["line"] - 1]


class TestMagics:
    def test_programs_are_read_as_the_shell_reads_them(self, tmp_path: pathlib.Path) -> None:
        code = "%matplotlib inline\n!pip install flash-attn\nfiles = !nvidia-smi\n%env X=1"
        found = findings(tmp_path, ("code", code), ("code", "%%bash\n\nnvidia-smi"))
        assert places(found) == [("NEU801", 1, 2), ("NEU930", 1, 3), ("NEU930", 2, 3)]
        assert [f["snippet"] for f in found][:2] == [
            "!pip install flash-attn",
            "files = !nvidia-smi",
        ]

    @pytest.mark.parametrize("head", ["%%time", "%%capture out", "%%timeit -n 3"])
    def test_the_body_of_a_measuring_magic_is_python(
        self, tmp_path: pathlib.Path, head: str
    ) -> None:
        found = findings(tmp_path, ("code", f"{head}\nimport torch\ntorch.cuda.Stream()"))
        assert places(found) == [("NEU118", 1, 3)]

    def test_another_language_says_nothing(self, tmp_path: pathlib.Path) -> None:
        assert not findings(tmp_path, ("code", "%%javascript\nimport torch\ntorch.cuda.Stream()"))

    def test_a_written_file_is_read_as_what_it_is(self, tmp_path: pathlib.Path) -> None:
        found = findings(
            tmp_path,
            ("code", "%%writefile train.py\nimport torch\ntorch.cuda.Stream()"),
            ("code", "%%writefile requirements.txt\nflash-attn"),
            ("code", "%%writefile -a train.py\ntorch.cuda.Stream()"),
            ("code", "torch.cuda.Stream()"),
        )
        assert places(found) == [("NEU118", 1, 3), ("NEU801", 2, 2), ("NEU118", 3, 2)]

    def test_a_percent_sign_within_an_expression_is_python(self, tmp_path: pathlib.Path) -> None:
        code = "import torch\nx = (7\n     % 2)\ntext = '''\n!rm\n'''\ntorch.cuda.Stream()"
        assert places(findings(tmp_path, ("code", code))) == [("NEU118", 1, 7)]

    def test_a_magic_may_go_on_over_lines(self, tmp_path: pathlib.Path) -> None:
        code = (
            "!pip install \\\n    flash-attn\nimport torch\nif True:\n    %time torch.cuda.Stream()"
        )
        assert places(findings(tmp_path, ("code", code))) == [("NEU801", 1, 2)]


class TestPlaces:
    def test_every_format_tells_cell_and_line(self, tmp_path: pathlib.Path) -> None:
        findings(tmp_path, ("code", "import torch\n\ntorch.cuda.Stream()"))
        for name in ("text", "concise", "github", "sarif", "html"):
            shown = portlint("check", ".", "--format", name, cwd=tmp_path).out
            assert "(cell 1, line 3)" in shown, name

    def test_the_frame_marks_the_code_and_not_the_json(self, tmp_path: pathlib.Path) -> None:
        findings(tmp_path, ("code", 'import torch\nprint("é", torch.cuda.Stream())'))
        lines = portlint("check", ".", cwd=tmp_path).out.split("\n")
        at = next(i for i, line in enumerate(lines) if "1:2 | print" in line)
        start = lines[at].index("torch.cuda")
        assert lines[at + 1].index("^") == start
        assert lines[at + 1].count("^") == len("torch.cuda.Stream()") - 2

    @given(
        st.lists(st.text(st.characters(exclude_categories=["Cs"]), max_size=20), max_size=5),
        st.sampled_from([None, 1]),
        st.booleans(),
        st.booleans(),
    )
    def test_each_character_of_a_line_is_found_in_the_file(
        self, sources: list[str], indent: int | None, ascii: bool, whole: bool
    ) -> None:
        text = notebook(
            *(("code", source) for source in sources), indent=indent, ascii=ascii, whole=whole
        )
        rows = text.split("\n")
        for source, lines in zip(sources, code_lines(text), strict=True):
            assert "\n".join(line.code for line in lines) == source.removesuffix("\n")
            for line in lines:
                for index, character in enumerate(line.code):
                    rest = rows[line.at - 1][line.place(index + 1) - 1 :]
                    assert rest.startswith((character, json.dumps(character)[1:-1]))

    def test_the_texts_have_a_line_for_each_line_of_code(self) -> None:
        found = read(notebook(("code", "a = 1\n!ls"), ("code", "%%bash\nls"), ("code", "")))
        assert found.python == "a = 1\npass\n\n\n\n"
        assert found.shell == "\n ls\n\nls\n\n"
        assert len(found.lines) == 5
