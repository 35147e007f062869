"""Words that lead to a device, and lines that give a name its meaning."""

import re

from hypothesis import given
from hypothesis import strategies as st

from portlint.source.telling import SEEDS, Seeds, sets

PIECES = ["x", "y.", "x.", ",", " ", "=", "==", ":=", "def ", "import ", "from a ", "x1", "(", ":"]
SETTING = re.compile(
    r"^\s*(?:[\w.]+\s*,\s*)*(?:\w+\.)*x\s*(?::[^=]*|,.*)?=[^=]|\bx\s*:=|"
    r"^\s*def\s+x\b|\bimport\b.*\bx\b"
)
"""The same as one pattern, which is compiled anew for each name."""
MORE = ["flash_attn", "IS_ROCM_SYSTEM"]
TELLING = re.compile(rf"(?<![a-z])(?:{SEEDS}|flash_attn|is_rocm_system)")


@given(st.lists(st.sampled_from(PIECES), max_size=9).map("".join))
def test_a_line_sets_a_name_where_one_pattern_says_so(line: str) -> None:
    assert sets(line, "x") == (SETTING.search(line) is not None)


WORDS = st.sampled_from(["cuda", "Cuda_", "barracuda", "is_", "\n", " ", "FLASH_attn", "ship", "é"])


@given(st.lists(WORDS, max_size=12).map("".join))
def test_the_lines_with_telling_words_are_found(text: str) -> None:
    seeds = Seeds(MORE)
    lines = text.split("\n")
    expected = {n for n, line in enumerate(lines) if TELLING.search(line.lower())}
    assert set(seeds.lines(text)) == expected
    assert all(seeds.tell(line) == (n in expected) for n, line in enumerate(lines))


def test_half_a_character_tells_nothing() -> None:
    assert not Seeds().tell("\ud800")
    assert Seeds().tell("\ud800cuda")
