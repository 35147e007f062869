"""What the language server is made of: positions, comments, settings, places."""

import json
import pathlib
import tomllib

import hypothesis
import pytest
from hypothesis import strategies as st
from lsprotocol import types
from pygls.workspace import PositionCodec

from portlint.lsp.comments import Edit, in_file, on_line
from portlint.lsp.documents import Document
from portlint.lsp.kinds import place
from portlint.lsp.perfile import change, entry
from portlint.lsp.positions import lines, to_points, to_units, units
from portlint.lsp.settings import Settings, read
from portlint.lsp.views import CellView
from portlint.suppress import ignores

ENCODINGS = {"utf-8": "utf-8", "utf-16": "utf-16-le", "utf-32": "utf-32-le"}
SIZES = {"utf-8": 1, "utf-16": 2, "utf-32": 4}
TEXT = st.text(
    st.one_of(
        st.characters(exclude_categories=["Cs"]), st.sampled_from("a\n\r\x0c\x85\u2028é€\U0001f600")
    )
)


class TestPositions:
    @hypothesis.given(TEXT, st.sampled_from(sorted(ENCODINGS)))
    def test_units_are_those_of_the_encoded_text(self, text: str, encoding: str) -> None:
        size = len(text.encode(ENCODINGS[encoding])) // SIZES[encoding]
        assert units(text, encoding) == size

    @hypothesis.given(TEXT, st.data(), st.sampled_from(sorted(ENCODINGS)))
    def test_there_and_back_is_the_same_place(
        self, text: str, data: st.DataObject, encoding: str
    ) -> None:
        row = data.draw(st.sampled_from(lines(text)))
        column = data.draw(st.integers(0, len(row)))
        assert to_points(row, to_units(row, column, encoding), encoding) == column

    @hypothesis.given(TEXT, st.integers(0, 50), st.sampled_from(sorted(ENCODINGS)))
    def test_amid_a_character_is_before_it_and_past_the_end_is_the_end(
        self, text: str, character: int, encoding: str
    ) -> None:
        row = lines(text)[0]
        column = to_points(row, character, encoding)
        assert 0 <= column <= len(row)
        assert to_units(row, column, encoding) <= character or column == 0

    def test_only_ends_of_lines_end_lines(self) -> None:
        assert lines("a\x0cb\u2028c\x85d\r\ne\rf\n") == ["a\x0cb\u2028c\x85d", "e", "f", ""]


class TestDocuments:
    @hypothesis.given(TEXT, TEXT, st.data(), st.sampled_from(sorted(ENCODINGS)))
    def test_a_change_is_what_it_would_be_in_the_text(
        self, text: str, new: str, data: st.DataObject, encoding: str
    ) -> None:
        rows = lines(text)
        ends = sorted(
            data.draw(
                st.lists(
                    st.tuples(st.integers(0, len(rows) - 1), st.integers(0, 30)),
                    min_size=2,
                    max_size=2,
                )
            )
        )
        spots = [(row, min(column, len(rows[row]))) for row, column in ends]
        offsets = [sum(map(len, _with_ends(text)[:row])) + column for row, column in spots]
        document = Document(
            "file:///a.py",
            text,
            1,
            "python",
            position_codec=PositionCodec(types.PositionEncodingKind(encoding)),
        )
        start, end = (
            types.Position(row, to_units(rows[row], column, encoding)) for row, column in spots
        )
        document.apply_change(
            types.TextDocumentContentChangePartial(range=types.Range(start, end), text=new)
        )
        assert document.source == text[: offsets[0]] + new + text[offsets[1] :]

    def test_past_the_end_is_the_end(self) -> None:
        document = Document("file:///a.py", "ab\ncd", 1, "python")
        at = types.Position(1, 99)
        document.apply_change(
            types.TextDocumentContentChangePartial(range=types.Range(at, at), text="!")
        )
        below = types.Position(9, 0)
        document.apply_change(
            types.TextDocumentContentChangePartial(range=types.Range(below, below), text="?")
        )
        assert document.source == "ab\ncd!?"


def _with_ends(text: str) -> list[str]:
    rows, at = [], 0
    for row in lines(text):
        end = at + len(row)
        end += 2 if text[end : end + 2] == "\r\n" else text[end : end + 1] in ("\n", "\r")
        rows.append(text[at:end])
        at = end
    return rows


def silenced(text: str, kind: str, line: int, last: int = 0) -> str | None:
    """The text with the comment that is proposed for a line; None where there is none."""
    rows = lines(text)
    return _applied(rows, on_line(rows, kind, line, last or line, "NEU201"))


def _applied(rows: list[str], edit: Edit | None) -> str | None:
    if edit is None:
        return None
    row = rows[edit.line] if edit.line < len(rows) else ""
    rows[edit.line : edit.line + 1] = [row[: edit.start] + edit.text + row[edit.end :]]
    return "\n".join(rows)


class TestComments:
    @pytest.mark.parametrize(
        ("kind", "before", "line", "after"),
        [
            ("python", "x = f()", 1, "x = f()  # portlint: ignore[NEU201] reason"),
            ("python", "x = f()  # why", 1, "x = f()  # why  # portlint: ignore[NEU201] reason"),
            (
                "python",
                "x = f()  # portlint: ignore[NEU101] old",
                1,
                "x = f()  # portlint: ignore[NEU101, NEU201] old",
            ),
            ("cuda", "f<<<1, 2>>>(x);", 1, "f<<<1, 2>>>(x);  // portlint: ignore[NEU201] reason"),
            ("shell", "nvidia-smi", 1, "nvidia-smi  # portlint: ignore[NEU201] reason"),
            ("requirements", "apex", 1, "apex  # portlint: ignore[NEU201] reason"),
            ("terraform", 'a = "p4d"', 1, 'a = "p4d"  # portlint: ignore[NEU201] reason'),
            ("pyproject", 'a = ["apex"]', 1, 'a = ["apex"]  # portlint: ignore[NEU201] reason'),
            ("dockerfile", "FROM a", 1, "# portlint: ignore[NEU201] reason\nFROM a"),
            (
                "dockerfile",
                "RUN a \\\n  b",
                2,
                "RUN a \\\n  # portlint: ignore[NEU201] reason\n  b",
            ),
            ("yaml", "a:\n  b: 8", 2, "a:\n  # portlint: ignore[NEU201] reason\n  b: 8"),
        ],
    )
    def test_a_comment_is_written_as_its_file_has_them(
        self, kind: str, before: str, line: int, after: str
    ) -> None:
        assert silenced(before, kind, line) == after
        marks = ignores(after, kind == "python")
        there = [n for n, row in enumerate(after.split("\n"), 1) if row.strip()]
        assert any(mark.covers(n, n, "NEU201") for mark in marks for n in there)

    @pytest.mark.parametrize(
        ("kind", "text", "line"),
        [
            ("json", '{"a": 1}', 1),
            ("weights", "", 1),
            ("python", 'x = """\nf()\n"""', 2),
            ("python", "x = 1 + \\\n  f()", 1),
            ("shell", "run \\\n", 1),
            ("cuda", "#define A f() \\", 1),
            ("yaml", "a: >\n  one\n  two", 3),
            ("yaml", '{"image": "x"}', 1),
            ("pyproject", 'a = """\nb\n"""', 2),
        ],
    )
    def test_where_none_can_stand_none_is_proposed(self, kind: str, text: str, line: int) -> None:
        assert silenced(text, kind, line) is None

    def test_a_long_statement_takes_it_where_it_can(self) -> None:
        text = 'x = f("""\na\n""",\n  3)'
        changed = silenced(text, "python", 1, 4)
        assert changed is not None and changed.split("\n")[2] == (
            '""",  # portlint: ignore[NEU201] reason'
        )

    @pytest.mark.parametrize(
        ("kind", "before", "after"),
        [
            ("python", "import a", "# portlint: ignore-file[NEU201] reason\nimport a"),
            ("shell", "#!/bin/sh\na", "#!/bin/sh\n# portlint: ignore-file[NEU201] reason\na"),
            (
                "dockerfile",
                "# syntax=docker/dockerfile:1\nFROM a",
                "# syntax=docker/dockerfile:1\n# portlint: ignore-file[NEU201] reason\nFROM a",
            ),
            ("cpp", "int a;", "// portlint: ignore-file[NEU201] reason\nint a;"),
        ],
    )
    def test_one_for_the_file_stands_at_its_start(self, kind: str, before: str, after: str) -> None:
        rows = lines(before)
        assert _applied(rows, in_file(lines(before), kind, "NEU201")) == after

    def test_the_cell_of_a_notebook_takes_it_within_its_json(self) -> None:
        cell = {"cell_type": "code", "source": ["x = f()\n", "y"]}
        text = json.dumps({"cells": [cell]}, indent=1)
        row = next(n for n, line in enumerate(lines(text), 1) if "f()" in line)
        changed = silenced(text, "notebook", row)
        assert changed is not None
        source = json.loads(changed)["cells"][0]["source"]
        assert source == ["x = f()  # portlint: ignore[NEU201] reason\n", "y"]


class TestPerFileIgnores:
    @pytest.mark.parametrize(
        "before",
        [
            "",
            'chip = "trn2"\n',
            'chip = "trn2"',
            '[per-file-ignores]\n"b.py" = ["NEU1"]\n',
            '[per-file-ignores] # why\n"b.py" = ["NEU1"]',
        ],
    )
    def test_the_line_is_put_into_its_table(self, before: str) -> None:
        file = pathlib.Path("/w/portlint.toml")
        made = change(before, file, entry(file.with_name("a [1].json"), file.parent, "NEU201"))
        assert made is not None
        rows = before.split("\n")
        rows[made.line : made.line] = made.text.removesuffix("\n").split("\n")
        found = tomllib.loads("\n".join(rows))["per-file-ignores"]
        assert found["/a \\[1\\].json"] == ["NEU201"]

    def test_one_that_is_there_already_is_left_to_the_user(self) -> None:
        file = pathlib.Path("/w/pyproject.toml")
        line = entry(file.with_name("a.json"), file.parent, "NEU201")
        assert change(f"[tool.portlint.per-file-ignores]\n{line}\n", file, line) is None
        assert change("[tool.portlint]\nper-file-ignores = {}\n", file, line) is None


class TestSettings:
    def test_keys_are_written_as_editors_or_as_the_configuration_have_them(self) -> None:
        given = {"chip": "trn1", "minConfidence": "derived", "debounce": 5}
        assert read(given) == (Settings(chip="trn1", min_confidence="derived", debounce=5), [])
        assert read({"min-confidence": "derived"})[0].min_confidence == "derived"

    def test_what_is_not_set_stays_what_it_was(self) -> None:
        base = Settings(chip="trn3")
        assert read({"chip": None}, base)[0] == base
        assert read({"chip": ""}, base)[0].chip is None
        assert read(None, base) == (base, [])

    @pytest.mark.parametrize(
        "given", [3, [], {"chip": 3}, {"guarded": "no"}, {"x": 1}, {"select": "NEU1"}]
    )
    def test_every_mistake_is_a_sentence(self, given: object) -> None:
        settings, faults = read(given)
        assert settings == Settings()
        assert len(faults) == 1 and "portlint" in faults[0]


class TestPlaces:
    def test_the_root_is_the_innermost_open_folder(self) -> None:
        roots = ["/w", "/w/inner"]
        found = place("file:///w/inner/tests/a%20b.py", "python", roots)
        assert found is not None
        assert (found.root, found.name, found.folder) == ("/w/inner", "tests/a b.py", True)

    def test_without_a_folder_it_is_that_of_the_file(self) -> None:
        found = place("file:///w/tests/a.py", "python", [])
        assert found is not None
        assert (found.root, found.name, found.folder) == ("/w/tests", "a.py", False)

    @pytest.mark.parametrize(
        ("uri", "language", "name"),
        [
            ("untitled:Untitled-1", "python", "Untitled-1.py"),
            ("untitled:Untitled-1", "shellscript", "Untitled-1.sh"),
            ("file:///w/bin/train", "python", "bin/train.py"),
            ("file:///w/Dockerfile.gpu", "dockerfile", "Dockerfile.gpu"),
            ("vscode-notebook-cell:/w/a.ipynb#X1", "python", "a.ipynb.py"),
            ("git:/w/a.py?x", "python", "a.py"),
        ],
    )
    def test_a_name_tells_the_kind(self, uri: str, language: str, name: str) -> None:
        found = place(uri, language, ["/w"])
        assert found is not None and found.name == name

    @pytest.mark.parametrize(
        ("uri", "language"), [("file:///w/a.md", "markdown"), ("untitled:a", None)]
    )
    def test_what_is_not_read_has_no_place(self, uri: str, language: str | None) -> None:
        assert place(uri, language, ["/w"]) is None


class TestCells:
    @hypothesis.given(st.lists(st.tuples(st.booleans(), TEXT), max_size=5))
    def test_every_line_of_a_cell_has_a_line_of_the_file(
        self, cells: list[tuple[bool, str]]
    ) -> None:
        view = CellView(
            [(f"c:{n}", code, text) for n, (code, text) in enumerate(cells)], "a.ipynb", "/w"
        )
        book = json.loads(view.text)
        rows = view.text.split("\n")
        for number, (uri, row) in view.places.items():
            written = json.loads(rows[number - 1].rstrip(","))
            assert written.rstrip("\n") == view.rows[uri][row - 1].rstrip("\n")
        assert len(book["cells"]) == len(cells)
