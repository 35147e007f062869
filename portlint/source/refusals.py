"""Functions that raise where there is no CUDA, and callers that are ready for it.

`version()` raises where CUDA_HOME is None, `check()` begins with a call of it, and every call of
`check` stands in a `try` that takes this error: on a Neuron host the rest of `check` does not run.
"""

from __future__ import annotations

import ast
import re
from collections.abc import Callable, Iterator

from portlint.source.guards import Atom
from portlint.source.lines import walk
from portlint.source.stores import Function

BROAD = frozenset("Exception BaseException".split())
Implied = Callable[[ast.expr, bool, Function | None], Atom | None]


class Refusals:
    """What the functions of a file raise, and where that is caught."""

    def __init__(self, module: ast.Module, text: str, implied: Implied) -> None:
        self.module = module
        self.text = text
        self.implied = implied
        self.functions = {n.name: n for n in module.body if isinstance(n, ast.FunctionDef)}
        self._raised: dict[str, str] = {}

    def caught(self, called: str, around: str) -> str:
        """The error that a call raises without CUDA, where all callers of the function around it
        take it; "" for none."""
        if called not in self._raised:
            self._raised[called] = self._error(called)
        error = self._raised[called]
        return error if error and self._is_met(around, error) else ""

    def _error(self, name: str) -> str:
        """What a function of the module raises first of all without CUDA."""
        function = self.functions.get(name)
        for node in function.body if function is not None else ():
            if not isinstance(node, ast.If) or not isinstance(node.body[-1], ast.Raise):
                continue
            error = node.body[-1].exc
            raised = error.func if isinstance(error, ast.Call) else error
            if isinstance(raised, ast.Name) and self.implied(node.test, False, function):
                return raised.id
        return ""

    def _is_met(self, name: str, error: str) -> bool:
        """Whether all uses of a function are calls in a `try` that takes this error."""
        met = 0
        for node in walk(self.module):
            if isinstance(node, ast.Try) and _takes(node, error):
                met += sum(1 for part in node.body for _ in _calls(part, name))
        return met > 0 and len(re.findall(rf"\b{name}\b", self.text)) == met + 1


def _takes(node: ast.Try, error: str) -> bool:
    for handler in node.handlers:
        kind = handler.type
        parts = kind.elts if isinstance(kind, ast.Tuple) else [kind]
        named = {ast.unparse(p).rpartition(".")[2] for p in parts if p is not None}
        if kind is None or named & {error, *BROAD}:
            return not any(isinstance(n, ast.Raise) for n in walk(handler))
    return False


def _calls(node: ast.AST, name: str) -> Iterator[ast.Call]:
    for item in walk(node):
        if isinstance(item, ast.Call) and ast.unparse(item.func).rpartition(".")[2] == name:
            yield item
