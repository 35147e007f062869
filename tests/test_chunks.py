"""Trees of texts of which the tables of data are left out."""

import ast

import pytest

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
