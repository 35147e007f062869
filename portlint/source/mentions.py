"""A file's tree -> what it defines, and every place that mentions one of some names.

A function runs, and a class is made, only after something has loaded its name. What hands a name on
without loading it, such as a string, is a mention too; annotations and `isinstance` are none.
"""

from __future__ import annotations

import ast
import bisect
import re
from collections.abc import Iterable, Iterator, Sequence
from typing import NamedTuple

from portlint.source.chunks import Chunks, Piece
from portlint.source.lines import children, words_on
from portlint.source.owners import CONDITION, FOR_DEVICE, QUESTION
from portlint.source.probes import SUPPORT
from portlint.source.telling import Around, Condition, condition
from portlint.source.thin import first_line

Function = ast.FunctionDef | ast.AsyncFunctionDef
Definition = Function | ast.ClassDef
QUOTED = re.compile(r"(?:^|[.:])(\w+)$")
QUESTIONS = frozenset("is_ can sup _su".split())
"""How names of methods begin that `SUPPORT` looks at."""
ASKING = frozenset(["isinstance", "issubclass"])
REGISTERED = "direct_register_custom_op"
OPERATOR_MAKERS = frozenset(["triton_op", "custom_op"])
"""Decorators that make an operator of torch of a function: `@triton_op("lib::name")`."""
ABOUT_OPERATORS = frozenset(
    "register_fake register_autograd register_kernel register_vmap register_torch_dispatch".split()
)
"""Methods of an operator whose decorators say more of it; they do not run it."""
WORD = re.compile(r"\w+")
AS = re.compile(r"[ \t]as[ \t]+(\w+)")
NAME = 80
"""Characters of the longest name that is looked for before `as`."""
Tests = tuple[ast.expr | None, ...]
LEAVING = (ast.Return, ast.Continue, ast.Break)


class Mention(NamedTuple):
    """A name in use: how it is spelled, in which definitions, and which conditions may hold it.

    `text` is `f`, `a.f`, or `?.f` of what is no plain name; a string is quoted.
    """

    name: str
    text: str
    inside: tuple[str, ...]
    tests: Around


class Reader:
    """Reads what a file says of names, statement by statement, as far as it is asked.

    It keeps what it read, and no text and no tree once it is closed. `asked` are the names that
    were read; `decorated` has the last words of the decorators of each definition; `renamed` other
    names that imports give where it reads (`import f as g`), `bound` all names of imports;
    `operators` the functions that are registered as operators of torch (`lib::name`), which are
    always noted.
    """

    def __init__(self, names: frozenset[str]) -> None:
        self.names = names
        self.asked: set[str] = set()
        self.given: set[int] = set()
        self.chunks: Chunks | None = None
        self.lines: list[int] = []
        self.conditions: dict[int, Condition] = {}
        self.decorated: dict[str, list[str]] = {}
        self.found: list[Mention] = []
        self.renamed: dict[str, str] = {}
        self.bound: set[str] = set()
        self.operators: dict[str, str] = {}
        self.guarded: dict[str, Around] = {}

    def open(self, text: str) -> None:
        """Begin, or go on, with the text of the file."""
        self.chunks = Chunks(text)
        if not self.given:
            self._take(self.chunks, self.chunks.importing())

    def close(self) -> None:
        """Let the text and the trees go."""
        self.chunks = None
        self.conditions = {}

    def over(self, module: ast.Module, lines: list[int]) -> None:
        """Read a whole tree, of which the names stand on these lines."""
        self.lines = lines
        self.block(module.body, (), (), False)

    def on(self, lines: Iterable[int]) -> ast.Module:
        """The statements on these lines, as they are; nothing of them counts as read."""
        chunks = self.chunks
        pieces = chunks.take(map(chunks.on, lines)) if chunks is not None else []
        return ast.Module([node for piece in pieces for node in piece.body], [])

    def read(self, names: Iterable[str]) -> None:
        """Read the statements that spell one of these names, were they not read before."""
        left = set(names) - self.asked
        if left and self.chunks is not None:
            self.asked |= left
            self._take(self.chunks, (at for name in left for at in self.chunks.spelling(name)))

    def _take(self, chunks: Chunks, wanted: Iterable[int]) -> None:
        wanted = set(wanted) - self.given
        pieces = chunks.take(wanted)
        others = {"ops", *self.renamed}
        for piece in pieces:
            others.update(new for old, new in _renamings(piece.text) if old in self.names)
        self.given.update(range(len(chunks.starts)) if _is_whole(pieces, chunks) else wanted)
        self.lines = [
            piece.line + number - 1
            for piece in pieces
            for number in words_on(piece.text, self._known(piece.text, others))
        ]
        self.block((node for piece in pieces for node in piece.body), (), (), False)

    def _known(self, text: str, others: set[str]) -> frozenset[str]:
        """The names that a text spells, and other words that matter."""
        words = WORD.findall(text)
        return self.names.intersection(words) | others.intersection(words)

    def block(
        self, body: Iterable[ast.stmt], inside: tuple[str, ...], maybe: Tests, deep: bool
    ) -> None:
        """Statements in order; what follows an `if` that leaves may stand behind its condition."""
        for node in body:
            if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef | ast.ClassDef):
                self._definition(node, inside, maybe, deep)
            elif self._spelled(node):
                self._statement(node, inside, maybe, deep)
            if isinstance(node, ast.If) and _leaves(node):
                maybe = (*maybe, node.test)

    def _spelled(self, node: ast.stmt) -> bool:
        end = node.end_lineno or node.lineno
        at = bisect.bisect_left(self.lines, first_line(node))
        return at < len(self.lines) and self.lines[at] <= end

    def _definition(
        self, node: Definition, inside: tuple[str, ...], maybe: Tests, deep: bool
    ) -> None:
        within = inside
        if not deep:
            qualified = f"{inside[-1]}.{node.name}" if inside else node.name
            for decorator in node.decorator_list:
                func = decorator.func if isinstance(decorator, ast.Call) else decorator
                self.decorated.setdefault(qualified, []).append(_last(func))
            within = (*inside, qualified)
        if not self._spelled(node):
            return
        for decorator in node.decorator_list:
            self._decorator(decorator, within, inside, maybe)
        maybe = (*maybe, *_registered_where(node))
        if isinstance(node, ast.ClassDef):
            for part in [*node.bases, *(k.value for k in node.keywords)]:
                self._expression(part, within, maybe)
            named = (getattr(part, "name", "") for part in node.body)
            if any(SUPPORT.fullmatch(name) for name in named if name[:3] in QUESTIONS):
                maybe = (*maybe, None)
        else:
            for default in [*node.args.defaults, *filter(None, node.args.kw_defaults)]:
                self._expression(default, inside, maybe)
            if FOR_DEVICE.fullmatch(node.name):
                maybe = (*maybe, None)
            deep = True
        outer = self.renamed, self.guarded
        self.renamed, self.guarded = dict(self.renamed), dict(self.guarded)
        self.block(node.body, within, maybe, deep)
        self.renamed, self.guarded = outer  # what is imported in here is no name outside

    def _decorator(
        self, node: ast.expr, within: tuple[str, ...], inside: tuple[str, ...], maybe: Tests
    ) -> None:
        call = node if isinstance(node, ast.Call) else None
        func = call.func if call is not None else node
        if isinstance(func, ast.Attribute) and func.attr in ABOUT_OPERATORS:
            return
        if call is None or _last(func) not in OPERATOR_MAKERS or not within:
            self._expression(node, inside, maybe)
            return
        if name := _string(call.args[0] if call.args else None):
            self.operators[name] = within[-1]

    def _statement(self, node: ast.stmt, inside: tuple[str, ...], maybe: Tests, deep: bool) -> None:
        if isinstance(node, ast.Import | ast.ImportFrom):
            self._import(node, maybe)
            return
        if isinstance(node, ast.Expr) and isinstance(node.value, ast.Constant):
            return
        under = (*maybe, node.test) if isinstance(node, ast.If) else maybe
        for field, value in ast.iter_fields(node):
            if field in ("annotation", "type_comment"):
                continue
            if isinstance(value, ast.expr):
                self._expression(value, inside, maybe)
            elif isinstance(value, list):
                self._parts(value, inside, under, deep)

    def _parts(
        self, parts: list[object], inside: tuple[str, ...], maybe: Tests, deep: bool
    ) -> None:
        """The blocks, handlers, cases, items and targets of a statement."""
        if parts and isinstance(parts[0], ast.stmt):
            self.block([p for p in parts if isinstance(p, ast.stmt)], inside, maybe, deep)
            return
        for part in parts:
            if isinstance(part, ast.expr):
                self._expression(part, inside, maybe)
            elif isinstance(part, ast.ExceptHandler | ast.match_case):
                self.block(part.body, inside, maybe, deep)
            elif isinstance(part, ast.AST):
                for inner in ast.iter_child_nodes(part):
                    if isinstance(inner, ast.expr):
                        self._expression(inner, inside, maybe)

    def _import(self, node: ast.Import | ast.ImportFrom, maybe: Tests) -> None:
        for alias in node.names:
            self.bound.update((alias.name, alias.asname or alias.name))
            if alias.name in self.names and isinstance(node, ast.ImportFrom):
                if alias.asname and alias.asname != alias.name:
                    self.renamed[alias.asname] = alias.name
                if maybe:
                    self.guarded[alias.asname or alias.name] = self._conditions(maybe)

    def _expression(self, node: ast.expr, inside: tuple[str, ...], maybe: Tests) -> None:
        stack: list[tuple[ast.AST, Tests]] = [(node, maybe)]
        while stack:
            item, held = stack.pop()
            if isinstance(item, ast.BoolOp):
                held = (*held, *item.values[:-1])
            elif isinstance(item, ast.IfExp):
                held = (*held, item.test)
            stack.extend((child, held) for child in self._children(item))
            found = self._named(item)
            if found and (
                found[0] in self.names
                or found[0] in self.renamed
                or found[1].startswith("torch.ops.")
            ):
                name = self.renamed.get(found[0], found[0])
                tests = (*self._conditions(held), *self.guarded.get(found[0], ()))
                self.found.append(Mention(name, found[1], inside, tests))

    def _conditions(self, tests: Tests) -> Around:
        """Conditions without their trees."""
        return tuple(None if test is None else self._condition(test) for test in tests)

    def _condition(self, test: ast.expr) -> Condition:
        if id(test) not in self.conditions:
            self.conditions[id(test)] = condition(test)
        return self.conditions[id(test)]

    def _children(self, node: ast.AST) -> Iterable[ast.AST]:
        if isinstance(node, ast.Call):
            called = _last(node.func)
            if called in ASKING:
                return node.args[:1]
            if called == REGISTERED and (found := _operator(node)):
                function, operator = found
                self.operators[operator] = function
                left = [a for a in node.args if _last(a) != function and _string(a) != operator]
                words = [k.value for k in node.keywords if k.arg not in ("op_func", "op_name")]
                return [*left, *words]
        return children(node)

    def _named(self, node: ast.AST) -> tuple[str, str] | None:
        match node:
            case ast.Name(ctx=ast.Load()):
                return node.id, node.id
            case ast.Attribute(ctx=ast.Load()):
                return node.attr, dotted(node) or f"?.{node.attr}"
            case ast.Constant(value=str() as text):
                word = QUOTED.search(text[-80:])
                return (word[1], repr(word[1])) if word else None
        return None


def _renamings(text: str) -> Iterator[tuple[str, str]]:
    """The words around every `as`: some are imports."""
    for match in AS.finditer(text):
        before = text[max(0, match.start() - NAME) : match.start()].rstrip(" \t")
        words = WORD.findall(before)
        if words and before.endswith(words[-1]):
            yield words[-1], match[1]


def dotted(node: ast.expr) -> str:
    """`a.b.c` as text; empty for any other expression."""
    if isinstance(node, ast.Name):
        return node.id
    if isinstance(node, ast.Attribute) and (before := dotted(node.value)):
        return f"{before}.{node.attr}"
    return ""


def _is_whole(pieces: Sequence[Piece], chunks: Chunks) -> bool:
    return any(piece.text is chunks.text for piece in pieces)


def _registered_where(node: Definition) -> Iterator[ast.expr]:
    """The conditions of decorators that register an implementation: `supported=is_cuda()`."""
    for decorator in node.decorator_list:
        if isinstance(decorator, ast.Call):
            yield from (k.value for k in decorator.keywords if k.arg in CONDITION | QUESTION)


def _leaves(node: ast.If) -> bool:
    return not node.orelse and isinstance(node.body[-1], LEAVING)


def _last(node: ast.expr) -> str:
    return dotted(node).rpartition(".")[2]


def _string(node: ast.expr | None) -> str:
    return node.value if isinstance(node, ast.Constant) and isinstance(node.value, str) else ""


def _operator(call: ast.Call) -> tuple[str, str] | None:
    """The function of a custom operator and the operator's name."""
    named = {k.arg: k.value for k in call.keywords}
    name = _string(named.get("op_name") or (call.args[0] if call.args else None))
    value = named.get("op_func") or (call.args[1] if len(call.args) > 1 else None)
    function = _last(value) if value is not None else ""
    return (function, name) if name and function else None
