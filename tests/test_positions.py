"""Positions are those that libcst's own provider tells, which takes several times as long."""

import pathlib

import libcst as cst
import pytest
from libcst.metadata import MetadataWrapper, PositionProvider

from portlint.model import Span
from portlint.source.positions import positions

ROOT = pathlib.Path(__file__).parent.parent
FILES = sorted(
    [*(ROOT / "portlint" / "source").glob("*.py"), *(ROOT / "tests" / "zoo").glob("*.py")]
)[::3]
ODD = '''
@deco(  # said
    1,
)
class A(B, metaclass=C):
    """Täxt 🙂 of
    two lines."""

    x: int = (yield_ := 1)
    async def f(self, *, k=lambda a, /, b=2: (a, b), **kw) -> None:
        async with (a as b, c): pass
        if a: return
        elif not (b
                  in c): ...
        else:
            del a, b; x[1:2, ...] += f"{a!r:>{w}} {b}" "c"
        match x:
            case {"a": [*_], **rest} | C(1, y=2) as z if z: pass
        try: pass
        except* (E, F) as e: raise X from e
'''


def own(text: str) -> dict[int, Span]:
    """What the provider says of every node, and by us where all are asked for."""
    tree = cst.parse_module(text)
    told = MetadataWrapper(tree, unsafe_skip_copy=True).resolve(PositionProvider)
    expected = {
        id(node): Span(p.start.line, p.start.column + 1, p.end.line, p.end.column + 1)
        for node, p in told.items()
        if node is not tree
    }
    assert positions(tree, set(expected)) == expected
    return expected


@pytest.mark.parametrize("file", FILES, ids=lambda path: path.stem)
def test_every_node_of_a_file_stands_where_libcst_says(file: pathlib.Path) -> None:
    assert own(file.read_text(encoding="utf-8"))


def test_odd_statements_stand_where_libcst_says() -> None:
    assert len(own(ODD)) > 200
