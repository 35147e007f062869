"""Which definitions around a place a file surely uses itself, so that no other file is asked."""

import ast

from portlint.model import Span
from portlint.source.doubted import doubted

TEXT = """\
from plat import is_cuda
from other import imported

__all__ = ["Public"]


class Public:
    def forward(self, x):
        return self._step(x)

    def _step(self, x):
        return inner(x)


def inner(x):
    return x


def chosen(x):
    return x


def choose(x):
    if is_cuda():
        return chosen(x)
    return x


def unused(x):
    return x


@register
def registered(x):
    return x


def imported(x):
    return x


imported(1)


def recursive(x):
    return recursive(x)


def late(x):
    return x


def after(x):
    if x is None:
        return None
    return late(x)


after(1)
"""


def left(name: str) -> tuple[str, ...]:
    """What is asked of other files for a place in this function."""
    line = next(n for n, text in enumerate(TEXT.split("\n"), 1) if f"def {name}(" in text) + 1
    span = Span(line, 9, line, 10)
    return doubted(ast.parse(TEXT), TEXT, [span])[span]


def test_what_is_exported_and_what_only_that_uses_is_surely_used() -> None:
    assert left("forward") == left("_step") == left("inner") == ()


def test_what_stands_behind_a_condition_or_after_one_is_in_doubt() -> None:
    assert left("chosen") == ("chosen",)
    assert left("late") == ("late",)


def test_what_nobody_but_itself_uses_is_in_doubt() -> None:
    assert left("unused") == ("unused",)
    assert left("recursive") == ("recursive",)


def test_a_decorator_may_give_a_function_to_others() -> None:
    assert left("registered") == ()


def test_a_name_that_an_import_gives_too_is_in_doubt() -> None:
    assert left("imported") == ("imported",)


def test_no_definition_stands_around_the_top_of_a_file() -> None:
    span = Span(1, 1, 1, 5)
    assert doubted(ast.parse(TEXT), TEXT, [span]) == {span: ()}
