"""Patterns of .gitignore mean what they mean to pathspec, in no more time than a path is long."""

import time
import warnings

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pathspec import GitIgnoreSpec

from portlint.ignored import compiled, is_pattern

PIECES = ("*", "*", "?", "a", "b", ".", "/", "[ab]", "[a-b]", "**/", "\\*", "ab", "-", "{", "+")
"""Without sets like `[!a]`: with pathspec they fit a slash, with git they do not."""
NAMES = st.text("aab.b/*-{", min_size=1, max_size=12).map(lambda name: name.strip("/") or "a")


@given(st.lists(st.sampled_from(PIECES), min_size=1, max_size=9), st.lists(NAMES, min_size=1))
def test_a_pattern_fits_what_it_fits_for_pathspec(pieces: list[str], names: list[str]) -> None:
    line = "".join(pieces)
    if not is_pattern(line):
        return
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        theirs = GitIgnoreSpec.from_lines([line])
    ours = compiled([line])
    for name in names:
        name = "/".join(filter(None, name.split("/")))
        assert ours.match_file(name) == theirs.match_file(name)


@pytest.mark.parametrize("line", ["*a" * 30 + "b", "a*" * 30 + "b", "[a-z]*" * 30 + "!", "*?" * 30])
def test_stars_do_not_go_back(line: str) -> None:
    before = time.process_time()
    compiled([line]).match_file(f"x/{'a' * 250}")
    assert time.process_time() - before < 5  # it was years


@pytest.mark.parametrize("line", ["[b-a]", "**/a/**/b/**/c/**/d", "!"])
def test_what_is_no_pattern_is_passed_over(line: str) -> None:
    assert not is_pattern(line)
