"""Known names are found by the words of a text first, and no statement is lost by that."""

import ast

from hypothesis import given
from hypothesis import strategies as st

from portlint.source.lines import children, on, spelling, standing, walk
from portlint.source.reach import FEW, Known, aliases, imported, reaches, reaching

KNOWN = Known(
    frozenset(["torch.cuda", "torch.nn.functional.special", "apex", "triton.language"]),
    frozenset(["torch", "torch.nn", "triton", "torch.version.cuda"]),
)
IMPORTS = [
    "import torch",
    "import torch as th, os",
    "from torch import nn, cuda as gpu",
    "from torch.nn import functional as F",
    "from apex import amp",
    "from triton import *",
    "from .local import torch",
    "import torch.nn.functional as nnf; import apex.thing",
    "from torch import \\\n    nn",
    "from torch import (  # import\n    version,\n)",
]
NAMES = ["torch", "th", "nn", "F", "gpu", "amp", "language", "nnf", "ｔｏｒｃｈ", "os", "version"]
TAILS = [
    "",
    ".cuda",
    ".cuda.Stream",
    " . cuda",
    ".nn.functional",
    ".nn.\\\n        functional.special",
    ".special.x",
    ".version.cuda",
    ".float32",
    ".path.cuda",
    ".cuda_is",
    "\f.cuda",
]
USES = [
    "{0}",
    "a.{0}",
    "({0}).cuda",
    "({0}\n    # a comment\n    .cuda)",
    "({0} # more\n).version.cuda",
    "f'{{{0}}}'",
    "'{0}'",
    "f(x={0})(1, *{0}[{0}])",
    "lambda: ({0}, 1)",
    "{0}if x else 0",
    "[{0} for x in y]",
]
STATEMENTS = [
    "{0}",
    "x = {0}; y = 1",
    "@{0}\ndef f(a: {0} = 1) -> None:\n    return a",
    "@plain\n@f(x, {0})\nclass C: pass",
    "def f():\n    if x:\n        pass\n    else:\n        return {0}",
    "class C({0}):\n    a = 1\n\n    def f(self): pass",
    "class C:\n    def f(self):\n        {0}\n\n    def g(self): {0}\n\n    def h(self): pass",
    "class C:\n    class D:\n        @{0}\n        def f(self): pass\n    x = 1",
    "try:\n    pass\nexcept E:\n    {0}\nfinally:\n    pass",
    "match x:\n    case 1 if {0}: pass\n    case _: {0}",
    "with x as y: z = {0}",
    "def g():\n    yield from {0}",
    "def g():\n    raise E from {0}",
    "def g():\n    import torch.cuda as c\n    return c",
    "class C:\n    from apex import x",
]
NAMED = st.builds("{}{}".format, st.sampled_from(NAMES), st.sampled_from(TAILS))
WRITTEN = st.builds(str.format, st.sampled_from(USES), NAMED).filter(lambda text: _reads(text))
LINES = st.builds(str.format, st.sampled_from(STATEMENTS), WRITTEN).filter(lambda t: _reads(t))
TEXTS = st.lists(st.one_of(LINES, st.sampled_from(IMPORTS)), max_size=8).map("\n".join)


def _reads(text: str) -> bool:
    try:
        ast.parse(text)
    except SyntaxError:
        return False
    return True


def _outside(body: list[ast.stmt]) -> list[ast.stmt]:
    """Statements that no function holds, of modules and of classes."""
    inner = [item for node in body if isinstance(node, ast.ClassDef) for item in node.body]
    return [*body, *(_outside(inner) if inner else ())]


@given(TEXTS)
def test_the_statements_that_reach_a_known_name_are_those_asked_one_by_one(text: str) -> None:
    module = ast.parse(text)
    names = aliases(module, text)
    found = reaching(module, names, KNOWN, text)
    for node in _outside(module.body):
        assert (node in found) == reaches(node, names, KNOWN), ast.unparse(node)


@given(TEXTS)
def test_imports_are_found_wherever_they_stand(text: str) -> None:
    module = ast.parse(text)
    every = {pair for node in ast.walk(module) for pair in imported(node)}
    names = aliases(module, text)
    assert {(name, path) for name, paths in names.items() for path in paths} == every


@given(TEXTS)
def test_children_are_those_of_ast_that_are_neither_contexts_nor_operators(text: str) -> None:
    tree = ast.parse(text)
    apart = (ast.expr_context, ast.operator, ast.unaryop, ast.boolop, ast.cmpop)
    assert list(walk(tree)) == [n for n in ast.walk(tree) if not isinstance(n, apart)]
    for node in ast.walk(tree):
        below = [n for n in ast.iter_child_nodes(node) if not isinstance(n, apart)]
        assert children(node) == below


@given(TEXTS, st.sampled_from(["torch", "x", "import", "pass"]))
def test_a_statement_that_spells_a_word_stands_on_one_of_its_lines(text: str, word: str) -> None:
    lines = spelling(text, word)
    assert lines == [n for n, line in enumerate(text.split("\n"), 1) if word in line]
    tree = ast.parse(text)
    every = [node for node in ast.walk(tree) if isinstance(node, ast.stmt)]
    assert all(on(lines, node) == bool(_rows(node) & {*lines}) for node in every)
    assert set(standing(tree.body, lines)) == {node for node in every if on(lines, node)}


def _rows(node: ast.stmt) -> set[int]:
    marks: list[ast.expr] = getattr(node, "decorator_list", [])
    first = min([node.lineno, *(mark.lineno for mark in marks)])
    return set(range(first, (node.end_lineno or 0) + 1))


def test_a_name_as_long_as_a_file_is_searched_once() -> None:
    """Comments and blanks behind a name are not read: a line of names is no square of work."""
    text = "import torch\nx = torch  " + "#torch  " * 200_000 + "\n"
    module = ast.parse(text)
    assert reaching(module, aliases(module, text), KNOWN, text) == frozenset(module.body)


def test_a_chain_of_elif_longer_than_the_stack_of_python_is_read() -> None:
    text = "import torch\nif a: b\n" + "elif a: b\n" * 1_200 + "else: torch.cuda.x()\n"
    module = ast.parse(text)
    assert len(reaching(module, aliases(module, text), KNOWN, text)) == 2


def test_more_names_than_are_searched_are_looked_for_in_the_tree() -> None:
    names = [f"n{number}" for number in range(FEW + 1)]
    imports = "".join(f"from torch.cuda import {name}\n" for name in names)
    text = f"{imports}x = 1\ny = n{FEW}()\n"
    module = ast.parse(text)
    found = reaching(module, aliases(module, text), KNOWN, text)
    assert found == {node for node in module.body if node is not module.body[-2]}
