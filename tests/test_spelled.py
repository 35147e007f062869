"""Plain expressions are written out without `ast.unparse`, and as it writes them."""

import ast

from hypothesis import given
from hypothesis import strategies as st

from portlint.source.hot.kinds import spelled

SHAPES = [
    "{0}.b", "{0}[{1}]", "{0} | {1}", "({0}) | ({1})", "a.b[{0}]", "a[{0}, {1}]", "a[{0},]",
    "a[({0}, {1}), {0}]", "{0}({1})", "a[{0}:{1}]", "({0}).c", "({0})[{1}]", "-{0}", "a[*{0}, {1}]",
    "{0} + {1}", "a[lambda: {0}]", "a[{0} | {1}]", "({0}, {1})", "a[()]",
]  # fmt: skip
LEAVES = st.sampled_from(
    ["a", "torch.Tensor", "None", "1", "True", "'x'", "u'x'", "...", "1.5", "b'x'", "1e400", "2j"]
)
EXPRESSIONS = st.recursive(
    LEAVES, lambda inner: st.builds(str.format, st.sampled_from(SHAPES), inner, inner), max_leaves=8
)


@given(EXPRESSIONS)
def test_an_expression_is_spelled_as_python_spells_it(text: str) -> None:
    try:
        node = ast.parse(text, mode="eval").body
    except SyntaxError:
        return  # `1.b`, `1 .b`: not every shape takes every leaf
    for part in ast.walk(node):
        if isinstance(part, ast.expr):
            assert spelled(part) == ast.unparse(part)
