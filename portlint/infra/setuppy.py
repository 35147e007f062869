"""setup.py -> facts, read as a syntax tree: what is passed to `setup()`; it is never run."""

import ast
import re
import warnings
from collections.abc import Iterator

from portlint.infra.facts import Fact
from portlint.infra.pyproject import python_pin
from portlint.infra.requirement import requirement
from portlint.infra.requirements import misses
from portlint.model import Span

GUARDS = {
    "install_requires": None,
    "setup_requires": "only for the build",
    "tests_require": "only for the tests",
}
CUDA = re.compile(r"(?<![a-z])(cuda|gpus?|nvidia|nvcc|rocm|hip)(?![a-z])", re.IGNORECASE)
"""Words of a condition that asks for GPUs; what it adds is not for other hosts."""


def parse(text: str, name: str) -> Iterator[Fact]:
    """The facts of a setup.py; one that does not parse is the source pass's to report."""
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            tree = ast.parse(text)
    except (SyntaxError, ValueError, RecursionError, MemoryError):
        return
    facts = list(_Reader(tree, text.split("\n")).facts())
    yield from facts
    yield from misses(facts)


class _Reader:
    """Finds the call of `setup` and the lists its arguments name."""

    def __init__(self, tree: ast.Module, lines: list[str]) -> None:
        self.lines = lines
        self.calls: list[ast.Call] = []
        self.names: dict[str, list[ast.expr]] = {}
        self.items: dict[str, list[tuple[str, ast.expr]]] = {}
        self.asked: dict[int, str] = {}
        for node in ast.walk(tree):
            self._note(node)

    def _note(self, node: ast.AST) -> None:
        if isinstance(node, ast.If) and CUDA.search(test := ast.unparse(node.test)):
            guard = f"only where `{test}` (line {node.lineno})"
            self.asked |= {id(n): guard for s in node.body for n in ast.walk(s)}
        match node:
            case ast.Call(func=ast.Name(id="setup") | ast.Attribute(attr="setup")):
                self.calls.append(node)
            case ast.Assign(targets=[ast.Name(id=name)], value=value):
                self.names.setdefault(name, []).append(value)
            case ast.Assign(
                targets=[
                    ast.Subscript(value=ast.Name(id=name), slice=ast.Constant(value=str(key)))
                ],
                value=value,
            ):
                self.items.setdefault(name, []).append((key, value))
            case ast.AugAssign(target=ast.Name(id=name), value=value):
                self.names.setdefault(name, []).append(value)
            case ast.AnnAssign(target=ast.Name(id=name), value=ast.expr() as value):
                self.names.setdefault(name, []).append(value)
            case ast.Call(
                func=ast.Attribute(value=ast.Name(id=name), attr="append" | "extend"), args=[value]
            ):
                self.names.setdefault(name, []).append(value)

    def facts(self) -> Iterator[Fact]:
        for keyword in [k for call in self.calls for k in call.keywords]:
            if keyword.arg in GUARDS:
                for text, node in self._strings(keyword.value):
                    guard = GUARDS[keyword.arg] or self.asked.get(id(node))
                    yield from requirement(text, self._span(node), guard)
            elif keyword.arg == "extras_require":
                yield from self._extras(keyword.value)
            elif keyword.arg == "python_requires":
                for text, node in self._strings(keyword.value):
                    yield from python_pin(text, self._span(node))

    def _extras(self, node: ast.expr) -> Iterator[Fact]:
        values = self.names.get(node.id, []) if isinstance(node, ast.Name) else [node]
        pairs = list(self.items.get(node.id, [])) if isinstance(node, ast.Name) else []
        for value in values:
            if isinstance(value, ast.Dict):
                for key, item in zip(value.keys, value.values, strict=True):
                    name = key.value if isinstance(key, ast.Constant) else "…"
                    pairs.append((str(name), item))
        for extra, item in pairs:
            for text, place in self._strings(item):
                yield from requirement(text, self._span(place), f"optional: the extra `{extra}`")

    def _strings(self, node: ast.expr, depth: int = 0) -> Iterator[tuple[str, ast.expr]]:
        """The strings an expression is made of: lists, sums, names of lists."""
        match node:
            case ast.Constant(value=str(text)):
                yield text, node
            case ast.List() | ast.Tuple() | ast.Set() if depth < 8:
                for element in node.elts:
                    yield from self._strings(element, depth + 1)
            case ast.BinOp(op=ast.Add()) if depth < 8:
                yield from self._strings(node.left, depth + 1)
                yield from self._strings(node.right, depth + 1)
            case ast.Starred() if depth < 8:
                yield from self._strings(node.value, depth + 1)
            case ast.Name() if depth < 3:
                for value in self.names.get(node.id, []):
                    yield from self._strings(value, depth + 3)

    def _span(self, node: ast.expr) -> Span:
        """Positions of ast count bytes; ours count characters."""
        end = node.end_lineno or node.lineno
        return Span(
            node.lineno,
            self._column(node.lineno, node.col_offset),
            end,
            self._column(end, node.end_col_offset or node.col_offset),
        )

    def _column(self, line: int, offset: int) -> int:
        text = self.lines[line - 1] if line <= len(self.lines) else ""
        return len(text.encode("utf-8", "surrogatepass")[:offset].decode("utf-8", "ignore")) + 1
