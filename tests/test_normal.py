"""Names are read as Python reads them, in the form NFKC, and stand where they stood."""

import ast
import unicodedata

import pytest
from hypothesis import given
from hypothesis import strategies as st

from portlint import passes
from portlint.catalog import shipped
from portlint.source.normal import normal

WIDE = str.maketrans({chr(n): chr(n + 0xFEE0) for n in range(ord("a"), ord("z") + 1)})


def sightings(text: str) -> list[tuple[str, int, int, str]]:
    found = passes.one(text.encode(), "a.py", shipped()).result.sightings
    return [(s.rule, s.span.line, s.span.column, s.snippet) for s in found]


@pytest.mark.parametrize("name", ["torch", "cuda", "Stream"])
def test_a_name_in_wide_letters_is_found_and_quoted_as_written(name: str) -> None:
    plain = "import torch\nside = torch.cuda.Stream()\n"
    written = plain.replace(name, name.translate(WIDE))
    found = sightings(written)
    line = written.split("\n")[1]
    assert [f[:3] for f in found] == [f[:3] for f in sightings(plain)] != []
    assert found[0][3] == line


def test_an_import_in_wide_letters_is_seen_by_other_files() -> None:
    text = "def f():\n    from ｐkg import x\n"
    assert passes.one(text.encode(), "a.py", shipped()).result.imports == (("pkg", "x"),)


def test_text_in_strings_and_comments_stays() -> None:
    text = "x = 'ｔｏｒｃｈ'  # ｔｏｒｃｈ µs\nµ = 'µ'  # µ\n"
    assert normal(text).text == text.replace("µ =", "μ =")


@pytest.mark.parametrize("text", ["ﬁnd = 1\n", "ｉf = 1\n", "ｍatch = 1\n", "cafe\u0301 = 1\n"])
def test_a_name_that_would_be_longer_or_a_keyword_stays_and_is_told(text: str) -> None:
    assert normal(text)[1:] == (text, False)


@given(st.text(alphabet=["ｔ", "a", "µ", "ﬁ", "ª", "'", '"', "f", "{", "}", " ", "=", "\n", "é"]))
def test_python_reads_the_same_from_both(text: str) -> None:
    read = normal(text)
    assert len(read.text) == len(text)
    assert unicodedata.normalize("NFKC", read.text) == unicodedata.normalize("NFKC", text)
    try:
        tree = ast.parse(text)
    except (SyntaxError, ValueError):
        return
    assert ast.dump(ast.parse(read.text)) == ast.dump(tree)
