"""Strings that can name a module."""

import re

from hypothesis import given
from hypothesis import strategies as st

from portlint.source.doors import named

PARTS = ["'", '"', ":", ".", "a", "b.c", "d.e.f", " ", "\n", "import_module", "'g.h.i'", '"j":']
ONE = {
    False: re.compile(r"""["']((?:\w+\.){2,}\w+)["':]"""),
    True: re.compile(r"""["']((?:\w+\.)*\w+)["':]"""),
}


@given(st.lists(st.sampled_from(PARTS), max_size=40).map("".join))
def test_two_searches_find_what_one_for_both_quotes_finds(text: str) -> None:
    pattern = ONE["import_module" in text]
    assert list(named(text)) == [match[1] for match in pattern.finditer(text)]
