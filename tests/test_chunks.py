"""Trees of texts of which the tables of data are left out."""

import ast

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from portlint.source import chunks
from portlint.source.chunks import DATA, code_tree, whole_tree

TABLE = "TABLE = {\n" + "    1: 'a row',\n" * (DATA // 10) + "}\n"
CODE = "import torch\n\n\ndef run(x):\n    return TABLE[x]\n"


@pytest.mark.parametrize("text", [f"{CODE}{TABLE}", f"{TABLE}{CODE}", f"{CODE}{TABLE}\n{CODE}"])
def test_the_rest_stands_where_it_stood(text: str) -> None:
    whole = [node for node in whole_tree(text).body if not isinstance(node, ast.Assign)]
    found = code_tree(text).body
    dumped = [[ast.dump(node, include_attributes=True) for node in body] for body in (found, whole)]
    assert dumped[0] == dumped[1] != []


@pytest.mark.parametrize(
    "text",
    [CODE, f"{CODE}{TABLE[:1_000]}" + "}\n", f"def table():\n    {TABLE}".replace("\n", "\n    ")],
)
def test_what_has_no_tables_or_defines_something_is_whole(text: str) -> None:
    assert ast.dump(code_tree(text)) == ast.dump(whole_tree(text))


def test_what_cannot_be_read_is_empty() -> None:
    assert code_tree(f"{TABLE}def broken(:\n").body == []


PIECES = (
    "import torch\n",
    "x = '''\na = 1\n# b\n'''\n",
    'def f(a,\nb):\n    return """\nclass A: pass\n"""\n',
    "if x:\n    a = 1\n# a remark\nelse:\n    b = 2\n",
    "@dec\n\n@other(\n1)\nclass C:\n    x = 1\n",
    "y = 1 + \\\n2\n",
    "t = [\n1,\nf'{x!r:>{y}}',\n]\n",
    "try:\n    a\nexcept E:\n    pass\nfinally:\n    b\n",
    "a = 1; b = 2\n\f\nc = 3\n",
    "größe = '\U0001f600'\n",
)


@settings(deadline=None)
@given(st.lists(st.sampled_from(PIECES), min_size=1, max_size=30), st.integers(1, 60))
def test_a_long_text_parsed_in_parts_has_the_tree_of_the_whole(
    pieces: list[str], part: int
) -> None:
    text = "".join(pieces)
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(chunks, "PART", part)
        found = chunks.parsed(text)
    assert ast.dump(found, include_attributes=True) == ast.dump(
        ast.parse(text), include_attributes=True
    )


@pytest.mark.parametrize("broken", ["def f(:\n", "x = '''\n", "    a = 1\n", "x = 1\0\n"])
def test_a_long_text_has_its_faults_where_they_are(
    broken: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(chunks, "PART", 10)
    text = "a = 1\n" * 20 + broken + "b = 2\n"
    with pytest.raises((SyntaxError, ValueError)) as whole:
        ast.parse(text)
    with pytest.raises(type(whole.value)) as found:
        chunks.parsed(text)
    assert str(found.value) == str(whole.value)


def test_a_long_text_is_parsed_in_parts() -> None:
    text = "x = 1\n" * 100_000
    parts = list(chunks.Chunks(text).parts())
    assert len(parts) == 7 and all(len(part.lstrip()) <= chunks.PART for part in parts)
    assert "".join(part.lstrip() for part in parts) == text
