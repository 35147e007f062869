"""Trees that are made of Python's own are those that libcst would have read, and stand there."""

from __future__ import annotations

import ast
import pathlib
from collections.abc import Iterator
from typing import Any

import libcst
import pytest
from hypothesis import given
from hypothesis import strategies as st

from portlint.errors import Unreadable
from portlint.source import cst
from portlint.source.nodes import descend
from portlint.source.recast.deeply import deeply
from portlint.source.recast.parsed import Read
from portlint.source.slicing import Slice
from portlint.source.trees import Recast, Whole, trees

ROOT = pathlib.Path(__file__).parent.parent
FILES = sorted(
    [*(ROOT / "portlint").rglob("*.py"), *(ROOT / "tests").rglob("*.py")],
    key=lambda path: (path.stat().st_size, str(path)),
)[::11]
CHOICES = (cst.If, cst.IfExp, cst.While, cst.Assert)
UNMARKED = (
    cst.Annotation,
    cst.Asynchronous,
    cst.BaseAugOp,
    cst.BaseBinaryOp,
    cst.BaseBooleanOp,
    cst.BaseCompOp,
    cst.BaseUnaryOp,
    cst.Dot,
    cst.FormattedStringExpression,
    cst.FormattedStringText,
    cst.AsName,
    cst.CompFor,
    cst.CompIf,
    cst.ComparisonTarget,
    cst.Else,
    cst.Finally,
    cst.From,
    cst.IndentedBlock,
    cst.NameItem,
    cst.Param,
    cst.Parameters,
    cst.ParamStar,
    cst.SimpleStatementSuite,
    cst.MatchCase,
    cst.MatchPattern,
    cst.MatchSequenceElement,
    cst.MatchMappingElement,
    cst.MatchKeywordElement,
    cst.MatchOrElement,
    cst.MatchStar,
    cst.ImportStar,
)
"""Nodes that no finding points at: what stands around them is told of what they hold."""
ODD = '''
@deco(  # said
    1,
)
class A(B, *C, metaclass=D, **E):
    """Täxt 🙂 of
    two lines."""

    x: int = (yield_ := 1)
    async def f(self, /, *, k=lambda a, /, b=2, *c, d: (a, b), **kw) -> None:
        async with (a as b, c): pass
        if a: return; b = 1
        elif not (b
                  in c): ...
        else:
            del a, b; x[1:2, ..., *z, ::3] += f"{a!r:>{w}} {b}" "c" r'\\d' """tri"ple"""
        match x:
            case {"a": [*_], **rest} | C(1, y=2) as z if z: pass
            case (1, 2, *more) | None | "ü": pass
        try: pass
        except* (E, F) as e: raise X from e
        else: yield
        finally: await (yield from g)
        return (ü := 1.5e3j), *(a for a in b if c async for d in e), {**a, "b": c, **d}, {1, *b}

    def g(): global a, b; nonlocal c
while a < b <= (c) is not d not in e: break
else: continue
for (a, *b), in c: pass
"é".f(*a, b=c, *d, **e)(x for x in y)((x for x in y), z)
from . import a as b
from ..c.d import (e, f as g)
from h import *
import i.j.k as l, m.n
assert a, "b" \\
    "c"
x[(1, 2)], x[1, 2], x[(1), (2)], x[()], x[a,] = ~a ** -b or (c and (d) and not e) or f
a = b = c; d: E
f: G = h
f"a{b}{{c}}\\N{EM DASH}{d!r:>{e}.{f}}{g=}{ h.i[j] :%Y-%m}{k == l}" rf'\\d{m:{n}}' f"""é{
    o(p,
      q)}"""
f"{(lambda: r)()}{s if t else {'u': v}['u']}{w!s}{x.y(z, 'a}')}"
f"{a, b}{ (a), é , }{a + b, (c, d)!r:>{e}}{*a, b}" f"{a('{}')}{b('{')}{u'}'}{rb'{{'}"
f"{[f'{a:.3f}' for a in b]}{f' é {c}' if c else ''}{d['e']}" rf"\\d{rf'w' + f'{{{a}}}'}"
f"""{", ".join(f"{a['b']}: {a['c']!r}{d}" for a in e)}{f'{f"{a}"}'}"""
with open(a) as b, d() as g: e
'''


def pairs(ours: Any, theirs: Any) -> Iterator[tuple[cst.CSTNode, cst.CSTNode]]:
    """Both trees node by node, which have to be the same."""
    assert type(ours) is type(theirs)
    yield ours, theirs
    for name in ours.__slots__:
        own, other = getattr(ours, name), getattr(theirs, name)
        if isinstance(own, cst.CSTNode):
            yield from pairs(own, other)
        elif isinstance(own, list):
            for one, another in zip(own, other, strict=True):
                yield from pairs(one, another)
        else:
            assert (own or None) == (other or None)


def read(text: str) -> tuple[Recast, Read, list[tuple[cst.CSTNode, cst.CSTNode]]]:
    """Both ways to read a text, and the nodes that they give."""
    recast, parsed = Recast(text, [Slice(ast.parse(text).body)]), Read(text)
    ours = [node for part in recast.parts for node in part.statements]
    every = zip(ours, parsed.nodes, strict=True)
    return recast, parsed, [pair for own, other in every for pair in pairs(own, other)]


def same(text: str) -> int:
    """How many nodes both ways of reading a text give."""
    recast, parsed, both = read(text)
    told = parsed.spans({id(other) for _, other in both})
    spans = recast.spans([own for own, _ in both])
    for own, other in both:
        named = isinstance(recast.cast.at.get(id(own)), ast.pattern | ast.Global | ast.Nonlocal)
        if not isinstance(own, UNMARKED) and not named:
            assert id(own) in spans, type(own).__name__
            assert spans[id(own)] == told[id(other)], parsed.code(other)
    return len(both)


def squeezed(text: str) -> str:
    """Without blanks and comments."""
    return "".join(line.partition("  #")[0] for line in text.split("\n")).replace(" ", "")


@pytest.mark.parametrize("file", FILES, ids=lambda path: path.stem)
def test_files_are_read_as_libcst_reads_them(file: pathlib.Path) -> None:
    text = file.read_text(encoding="utf-8")
    assert same(text) or not text.strip()


def test_odd_statements_are_read_as_libcst_reads_them() -> None:
    assert same(ODD) > 390


@pytest.mark.parametrize("file", FILES[::3], ids=lambda path: path.stem)
def test_conditions_are_written_as_libcst_writes_them(file: pathlib.Path) -> None:
    text = file.read_text(encoding="utf-8")
    recast, parsed, both = read(text)
    asked = [(o.test, t.test) for o, t in both if isinstance(o, CHOICES) and isinstance(t, CHOICES)]
    for own, other in asked:
        assert squeezed(recast.code(own)) == squeezed(parsed.code(other))


@pytest.mark.parametrize(
    ("text", "written", "bare"),
    [
        ("if (a or\n    b): pass", "(a or\n    b)", "a or\n    b"),
        ("if f(a): pass", "f(a)", "f(a)"),
        ("if not (((a))): pass", "not (((a)))", "not (((a)))"),
        ("if ( (a) ): pass", "( (a) )", "a"),
        ("if (a, b): pass", "(a, b)", "a, b"),
        ("if (a) and (b): pass", "(a) and (b)", "(a) and (b)"),
        ("if ('é', a): pass", "('é', a)", "'é', a"),
    ],
)
def test_parentheses_belong_to_what_they_stand_around(text: str, written: str, bare: str) -> None:
    recast = Recast(text, [Slice(ast.parse(text).body)])
    test = recast.parts[0].statements[0].test
    assert (recast.code(test), recast.bare(test)) == (written, bare)


@given(st.text(alphabet="()[]{}.,:=*+-ab1'\" \n\\#é", max_size=40))
def test_whatever_python_reads_is_read_the_same(text: str) -> None:
    try:
        ast.parse(text)
        Read(text)
    except (SyntaxError, ValueError, Unreadable):
        return
    assert same(text) >= 0


TERMS = ["a", "(b)", "*c", "'é'", "'{'", '"}}"', "f'{d}'", 'f"{e:.3f}{{"', "rF'{g, }'", "h['i']"]


@given(
    st.sampled_from(["'", '"', '"""', "'''"]),
    st.lists(st.sampled_from([*TERMS, ",", " , ", "+", " == ", "[", "]", "\n"]), min_size=1),
    st.sampled_from(["", "!r", ":>{w}", "=", "é", "{{", " {k}"]),
)
def test_whatever_is_in_a_string_is_read_the_same(quote: str, parts: list[str], last: str) -> None:
    text = f"x = f{quote}{{{''.join(parts)}{last}}}{quote}\n"
    try:
        ast.parse(text)
        Read(text)
    except (SyntaxError, ValueError, Unreadable):
        return
    assert same(text)


def test_what_nests_deeply_is_read_all_the_same() -> None:
    text = f"x = {'a.' * 900}b\n"
    module = ast.parse(text)
    with deeply():
        found = trees(text, module, [Slice(module.body)])
    assert len(list(descend(found.parts[0].statements[0]))) > 900


def test_what_only_a_newer_python_has_is_left_to_libcst() -> None:
    module = ast.parse("x = 1")
    module.body.append(ast.stmt(lineno=1, end_lineno=1))
    assert isinstance(trees("x = 1", module, [Slice(module.body)]), Whole)


def test_methods_that_nothing_needs_are_names_only() -> None:
    text = "class A:\n    async def f(self, x): return x\n    def g(self): pass\n"
    module = ast.parse(text)
    owner = module.body[0]
    assert isinstance(owner, ast.ClassDef) and isinstance(owner.body[0], ast.AsyncFunctionDef)
    recast = Recast(text, [Slice(module.body, [owner.body[0]])])
    stub, whole = recast.parts[0].statements[0].body.body
    assert (stub.name.value, stub.params.params, type(stub.body.body[0])) == ("f", [], cst.Pass)
    assert whole.params.params[0].name.value == "self"


@pytest.mark.parametrize(
    "statement",
    [
        "type X = call()",
        "type X[T: int, *U, **P] = call()",
        "x = t'{call()!r:>{width}}'",
        "def f[T](): call()",
        "try: call()\nexcept A, B: pass",
        "x = {**call() for a in b}",
        "lazy import a; call()",
        "lazy from a import b; call()",
    ],
)
def test_a_newer_grammar_is_read_with_what_is_called_in_it(statement: str) -> None:
    """Older than 3.14 no Python parses them; a newer one may."""
    read = Whole(f"{statement}\n")
    below = [node for part in read.parts for top in part.statements for node in descend(top)]
    calls = [node for node in below if isinstance(node, cst.Call)]
    assert [read.spans([call])[id(call)].line for call in calls] == [1]


def test_what_libcst_learns_later_is_told(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delattr(cst, "Pass")
    with pytest.raises(Unreadable, match="has a Pass, which is newer than this portlint"):
        Whole("pass\n")


@pytest.mark.parametrize("text", ["(\\{{a", "\\{{b.c':}}", "\\{a}\\N{EM DASH}\\\\{b}", "\\{{{a}"])
def test_a_backslash_before_a_brace_is_no_escape(text: str) -> None:
    assert same(f'x = f"{text}"\n')


LONG_ODD = 'f\'{f"{{"}{a' + ".b()" * 600 + "}'"
SHORT_ODD = "f'{f\"{{\"}{a.b()}'"


@pytest.mark.parametrize(("text", "most"), [(LONG_ODD, 0), (f"[{(SHORT_ODD + ',') * 3000}]", 1400)])
def test_of_odd_strings_no_more_is_read_than_can_be_paid_for(text: str, most: int) -> None:
    recast = Recast(f"{text}\n", [Slice(ast.parse(text).body)])
    nodes = list(descend(recast.parts[0].statements[0]))
    strings = [node for node in nodes if isinstance(node, cst.FormattedString)]
    assert all(string.parts for string in strings)
    assert sum(isinstance(node, cst.Call) for node in nodes) <= most


class Counted(str):
    """A text that counts the characters that are taken out of it."""

    taken = 0

    def __getitem__(self, key: Any) -> str:
        found = super().__getitem__(key)
        Counted.taken += len(found)
        return found


def test_places_in_a_long_line_are_told_in_time_of_its_length() -> None:
    text = "x = f'" + "é{a}" * 3000 + "'\n"
    recast = Recast(text, [Slice(ast.parse(text).body)])
    recast.written.lines = [Counted(line) for line in recast.written.lines]
    nodes = list(descend(recast.parts[0].statements[0]))
    assert len(recast.spans(nodes)) > 3000
    assert Counted.taken < 10 * len(text)
    assert same(text) > 9000


def test_nodes_are_called_as_libcst_calls_them() -> None:
    for name in cst.__all__:
        kind, theirs = getattr(cst, name), getattr(libcst, name)
        fields = list(getattr(theirs, "__dataclass_fields__", ()))
        assert sorted(kind.__slots__, key=fields.index) == list(kind.__slots__), name
        assert kind.__mro__[1].__name__ in {base.__name__ for base in theirs.__mro__}, name


def test_a_node_tells_what_it_holds() -> None:
    call = cst.Call(cst.Name("f"), [cst.Arg(cst.Integer("0x10"), None, "")])
    assert repr(call) == "Call(Name('f'), [Arg(Integer('0x10'), None, '')])"
    assert call.args[0].value.evaluated_value == 16  # type: ignore[attr-defined]
    with pytest.raises(ValueError, match="shorter"):
        cst.Name()
