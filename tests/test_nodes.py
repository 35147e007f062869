"""Walks below a node: statements alone are those that are found among all nodes."""

import ast
import pathlib

import pytest

from portlint.source import cst
from portlint.source.nodes import descend, statements
from portlint.source.slicing import Slice
from portlint.source.trees import trees

STATEMENTS = (
    *(cst.BaseStatement, cst.BaseSmallStatement, cst.IndentedBlock, cst.SimpleStatementSuite),
    *(cst.Else, cst.Finally, cst.ExceptHandler, cst.ExceptStarHandler, cst.MatchCase),
)
EVERY = """
match x:
    case 1 if y: pass
    case [a, *b]:
        def f(): return (yield)
while x: break
else: continue
async def g():
    async for i in x:
        async with y as z: del z
    else: raise
try: import a
except* ValueError: from b import c
else: x = 1; y: int = 2
finally: assert x
class C(D):
    if x: z += 1
    elif y: global w
    else: x
"""
SOURCES = sorted(pathlib.Path(cst.__file__).parent.parent.glob("*.py"))


@pytest.mark.parametrize("text", [EVERY, *(path.read_text() for path in SOURCES)])
def test_statements_are_those_among_all_nodes(text: str) -> None:
    module = ast.parse(text)
    (part,) = trees(text, module, [Slice(module.body)]).parts
    for node in part.statements:
        among = [item for item in descend(node) if isinstance(item, STATEMENTS)]
        assert list(statements(node)) == among
