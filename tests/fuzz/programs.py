"""Python -> Python whose statements and expressions were moved, taken from elsewhere or wrapped."""

import ast
import functools
import re
import textwrap
from collections.abc import Iterator
from random import Random
from typing import NamedTuple

from tests.fuzz.texts import LARGEST, bytes_of, text_of

NAMES = (
    *("match", "case", "type", "_", "__", "print", "self", "torch", "cuda", "device", "x", "é"),
    *("ｔorch", "𝕏", "ªª", "__class__", "__all__", "await", "async", "None", "lambda", "ﬁ", "def"),
)
EXPRESSIONS = (
    *("({})", "({},)", "[{} for x in y]", "{{{}: 1}}", "lambda: {}", "f'{{{}}}'", "f'{{{}:3}}'"),
    *("(await {})", "[*{}]", "({} if x else y)", "(x if {} else y)", "not {}", "({}).y", "{}()"),
    *("f({})", "f(*{})", "f(**{})", "f(x={})", "{}[0]", "{}[:, ...]", "x[{}:]", "(y := {})", "-{}"),
    *("{} and x", "x or {}", "{} is not None", "{} in (1, 2)", "{} == 'cuda'", "1 if {} else 2"),
    *("(yield {})", "[{} for _ in a if b async for c in d]", "torch.device({})", "{}.to('cuda')"),
    *("getattr({}, 'cuda')", "str({}) + 'x'", "{} % 3", "({} < 1 < 2)", "{{**{}}}", "{}  # {}\n"),
)  # fmt: skip
BLOCKS = (
    *("if x:", "if not torch.cuda.is_available():", "for i in x:", "while x:", "with x as y:"),
    *("def f(self, *a, b=1, **c):", "async def f():", "class A(B, metaclass=C):", "class A[T]:"),
    *("try:", "@x\ndef f():", "if TYPE_CHECKING:", "with a, b:", "if x: pass\nelif y:", "else:"),
    *("try: pass\nexcept E as e:", "try: pass\nexcept* E:", "try: pass\nfinally:", "def f[T](x):"),
    *("for i in x: pass\nelse:", "match x:\n    case [1, *_]:\n       pass\nif 1:"),
    *(
        "@torch.jit.script\ndef f(x):",
        "class M(torch.nn.Module):\n  def forward(self, x):\n   if 1:",
    ),
)
STATEMENTS = (
    *(
        "import torch",
        "import torch as t, os",
        "from torch import cuda as c",
        "from torch import *",
    ),
    *("from . import x", "from .. import torch", "import torch.cuda", "global x", "nonlocal x"),
    *("del torch", "torch = None", "x: int", "x: torch.Tensor = 1", "x += 1", "return x", "yield"),
    *(
        "raise",
        "assert x, 'cuda'",
        "pass",
        "...",
        "a = b = c",
        "a, *b = c",
        "type X = int",
        "exit()",
    ),
    *("__all__ = ['torch']", "from __future__ import annotations", "break", "continue", "'''x'''"),
    *("try:\n    import apex\nexcept ImportError:\n    apex = None", "x = y; z = x", "@x", "\\"),
    *("torch.cuda.synchronize()", "device = 'cuda' if torch.cuda.is_available() else 'cpu'"),
    *("# portlint: ignore[NEU101]", "# type: ignore", "if x: import torch", "import importlib"),
)


class Cut(NamedTuple):
    """A node's place in the bytes of a text; a statement's indentation."""

    start: int
    end: int
    is_statement: bool
    column: int


@functools.lru_cache(256)
def cuts(raw: bytes) -> tuple[Cut, ...]:
    """Every statement and expression; nothing where it is no Python."""
    try:
        tree = ast.parse(raw.decode())
    except (SyntaxError, ValueError, RecursionError, MemoryError):
        return ()
    starts = [0, *(match.end() for match in re.finditer(rb"\r\n|\r|\n", raw)), len(raw)]
    return tuple(_cuts(tree, starts))


def _cuts(node: ast.AST, starts: list[int]) -> Iterator[Cut]:
    for child in ast.iter_child_nodes(node):
        if isinstance(child, ast.stmt | ast.expr) and child.end_lineno is not None:
            end = starts[child.end_lineno - 1] + (child.end_col_offset or 0)
            start = starts[child.lineno - 1] + child.col_offset
            yield Cut(start, end, isinstance(child, ast.stmt), child.col_offset)
        if not isinstance(child, ast.JoinedStr):  # inside, positions are not those of the text
            yield from _cuts(child, starts)


def _chosen(raw: bytes, random: Random, statement: bool) -> Cut | None:
    found = [cut for cut in cuts(raw) if cut.is_statement == statement]
    return random.choice(found) if found else None


def _part(raw: bytes, cut: Cut, column: int = 0) -> bytes:
    """The text of a node, its lines after the first moved to another column."""
    text = raw[cut.start : cut.end].decode("utf-8", "replace")
    first, *rest = text.split("\n")
    moved = textwrap.indent(textwrap.dedent("\n".join(rest)), " " * (column + 4 * bool(rest)))
    return "\n".join([first, moved] if rest else [first]).encode()


def statements(data: bytes, other: bytes, random: Random) -> bytes:
    """Delete, repeat, exchange or wrap statements."""
    mine, theirs = _chosen(data, random, True), _chosen(other, random, True)
    if mine is None:
        return data + b"\n" + random.choice(STATEMENTS).encode()
    before, after = data[: mine.start], data[mine.end :]
    own, indent = data[mine.start : mine.end], b"\n" + b" " * mine.column
    new = _part(other, theirs, mine.column) if theirs else b"pass"
    match random.randrange(7):
        case 0:
            return before + b"pass" + after
        case 1:
            return before + own + indent + own + after
        case 2:
            return before + new + after
        case 3:
            return before + new + indent + own + after
        case 4:
            return before + _wrapped(own, mine.column, random) + after
        case 5:
            line = random.choice(STATEMENTS).replace("\n", "\n" + " " * mine.column)
            return before + line.encode() + indent + own + after
    second = _chosen(data, random, True)
    return _swapped(data, mine, second) if second else data


def _wrapped(own: bytes, column: int, random: Random) -> bytes:
    depth = random.choice((1, 1, 1, 2, 8, 30))
    block = random.choice(BLOCKS)
    text, left = own.decode("utf-8", "replace"), " " * column
    for _ in range(depth):
        inner = textwrap.indent(text, "        ", lambda line: True)
        text = block.replace("\n", "\n" + left) + "\n" + left + inner
        if block == "try:":
            text += f"\n{left}except Exception:\n{left}    pass"
        if len(text) > LARGEST:
            break
    return text.encode()


def _swapped(data: bytes, one: Cut, two: Cut) -> bytes:
    a, b = sorted((one, two))
    if a.end > b.start:
        return data
    first, middle, last = data[: a.start], data[a.end : b.start], data[b.end :]
    return first + data[b.start : b.end] + middle + data[a.start : a.end] + last


def expressions(data: bytes, other: bytes, random: Random) -> bytes:
    """Exchange an expression, or wrap it, once or many times."""
    mine = _chosen(data, random, False)
    if mine is None:
        return data
    theirs = _chosen(other, random, False)
    own = data[mine.start : mine.end]
    match random.randrange(4):
        case 0 if theirs:
            own = other[theirs.start : theirs.end]
        case 1 if second := _chosen(data, random, False):
            return _swapped(data, mine, second)
        case _:
            shape = random.choice(EXPRESSIONS)
            for _ in range(random.choice((1, 1, 1, 1, 2, 5, 40))):
                text = shape.format(*[own.decode("utf-8", "replace")] * shape.count("{}"))
                own = text.encode()[:LARGEST]
    return data[: mine.start] + own + data[mine.end :]


def names(data: bytes, other: bytes, random: Random) -> bytes:
    """Call something by another name, everywhere or in one place."""
    text = text_of(data)
    found = re.findall(r"[^\W\d]\w*", text)
    if not found:
        return data
    old = random.choice(found)
    new = random.choice([*NAMES, *random.choices(found, k=8)])
    count = random.choice((0, 0, 1, 2))
    return bytes_of(re.sub(rf"\b{re.escape(old)}\b", lambda _: new, text, count=count))


ALL = (statements, statements, statements, expressions, expressions, expressions, names)
