"""Calls on a hot path: what they give, what they wait for, which functions of the file they run."""

from __future__ import annotations

import ast
from collections.abc import Sequence

from portlint.source.hot.calls import Function
from portlint.source.hot.decoding import is_model
from portlint.source.hot.kinds import (
    LOCAL,
    MANY,
    MASK,
    ON_DEVICE,
    STATIC,
    TENSOR,
    UNKNOWN,
    annotated,
    item_of,
    root,
)
from portlint.source.hot.library import CHECKPOINTS
from portlint.source.hot.methods import Methods
from portlint.source.hot.state import Called


class Calls(Methods):
    """Reads calls; what their arguments are is asked of the expressions."""

    def call(self, node: ast.Call) -> str:
        """What a call gives; in a loop over a model what the model gives is on the device."""
        kind = self._call(node)
        if kind == UNKNOWN and self.level in ("decode", "eval") and is_model(node):
            return TENSOR
        return kind

    def _call(self, node: ast.Call) -> str:
        """A call: what it gives, what it waits for, which function of this file it runs."""
        func = node.func
        if isinstance(func, ast.Name):
            return self._called(node, func)
        if not isinstance(func, ast.Attribute):
            self.expr(func)
            self.args(node)
            return UNKNOWN
        first = root(func)
        if first not in self.held and (paths := self.names.paths(func)):
            return self._library(node, paths[0])
        if isinstance(func.value, ast.Name) and func.value.id in ("self", "cls"):
            return self._own(node, func.attr)
        return self._method(node, func)

    def _called(self, node: ast.Call, func: ast.Name) -> str:
        name = func.id
        if name not in self.held and (paths := self.names.imports.get(name)):
            return self._library(node, sorted(paths)[0])
        known = self.names.visible(name, self.function)
        if known is not None and self.held.get(name, UNKNOWN) == UNKNOWN:
            return self._reach([known], node)
        if name in ("int", "float", "bool") and len(node.args) == 1:
            kind = self.expr(node.args[0])
            if kind in ON_DEVICE:
                self.mark("value", node, f"{name}(…)")
            return STATIC
        if name == "range" and id(node) in self.counted:
            if any(kind in ON_DEVICE for kind in self.args(node)):
                self.mark("value", node, "range(…)")
            return STATIC
        if name == "range":
            self.sizes(node.args, node, "the length of this range")
            return STATIC
        if name == "print":
            return self._written(node)
        kinds = self.args(node)
        if name in ("len", "isinstance", "hasattr", "type", "id", "str", "repr"):
            return STATIC
        if name in ("enumerate", "zip", "reversed", "sorted", "list", "tuple", "iter"):
            return MANY if set(kinds) & {TENSOR, MASK, MANY} else UNKNOWN
        if name in ("sum", "max", "min", "abs", "next") and kinds:
            return item_of(kinds[0]) if len(kinds) == 1 else UNKNOWN
        return UNKNOWN

    def _own(self, node: ast.Call, name: str) -> str:
        found = self.names.methods(self.owner, name)
        if found:
            return self._reach(found, node)
        kinds = self.args(node)
        if "matcher" in name:
            # Predictions are assigned to targets by scipy: the pairs are on the host.
            return LOCAL
        if name in CHECKPOINTS and node.args:
            self._passed_on(node.args[0])
        if name in self.layers and any(kind in ON_DEVICE for kind in kinds):
            return TENSOR
        return LOCAL if LOCAL in kinds and {*kinds} <= {LOCAL, STATIC} else UNKNOWN

    def _reach(self, found: Sequence[Function], node: ast.Call) -> str:
        plain = [self._given(arg) for arg in node.args]
        named = {k.arg: self._given(k.value) for k in node.keywords if k.arg}
        for item in found:
            args = [a.arg for a in [*item.node.args.posonlyargs, *item.node.args.args]]
            bound = args[1:] if item.owner and args[:1] in (["self"], ["cls"]) else args
            given = dict(zip(bound, plain, strict=False)) | named
            if not self.quiet:
                self.calls.append(Called(item, self.level, given))
        self.reached = node
        kinds = {*plain, *named.values()}
        if LOCAL in kinds and kinds <= {LOCAL, STATIC}:
            return LOCAL
        kind = annotated(found[0].node.returns)
        return UNKNOWN if kind == STATIC and found[0].node.returns is None else kind

    def _given(self, node: ast.expr) -> str:
        """What an argument is; `None` says nothing of what other calls give."""
        kind = self.expr(node)
        empty = isinstance(node, ast.Constant) and node.value is None
        return UNKNOWN if empty else kind
