"""Methods on a hot path: what a tensor's give, and what they wait for."""

from __future__ import annotations

import ast

from portlint.source.hot import torchwords as words
from portlint.source.hot.kinds import (
    LOCAL,
    MANY,
    MASK,
    ON_DEVICE,
    STATIC,
    TENSOR,
    UNKNOWN,
    is_cpu,
    last,
    spelled,
)
from portlint.source.hot.library import Library

LOGS = frozenset(
    "print write log info debug warning error set_postfix set_description set_postfix_str "
    "add_scalar append".split()
)


class Methods(Library):
    """Reads calls of methods."""

    def _written(self, node: ast.Call) -> str:
        """`print(…)`, `logger.info(f"{x}")`."""
        before = len(self.marks)
        kinds = self.args(node)
        shown = any(kind in ON_DEVICE for kind in kinds)
        read = any(mark.kind.endswith(":value") for mark in self.marks[before:])
        if isinstance(node.func, ast.Name) and node.func.id == "print":
            self.mark("print", node, spelled(node))
        if shown and not read:
            shows = "shown" if self.level == "forward" else "value"
            self.mark(shows, node, f"{last(node.func)}(…)")
        return STATIC

    def _method(self, node: ast.Call, func: ast.Attribute) -> str:
        name = func.attr
        if name in ("to", "cuda", "type_as") and not is_cpu(node):
            self.carried = func.value
        base = self.expr(func.value)
        if name in words.HOST and not node.args:
            self.args(node)
            if base in ON_DEVICE or (base == UNKNOWN and self._is_local(func.value)):
                self.mark("value", node, f".{name}()")
            return STATIC if name == "item" else UNKNOWN
        if name in ("get", "pop") and self.keyed(node.args):
            self.args(node)
            return LOCAL
        if name in LOGS and base not in ON_DEVICE and base != LOCAL:
            if name == "append":
                self._appended(func.value, self.args(node))
                return STATIC
            return self._written(node)
        kinds = self.args(node)
        if name == "apply" and isinstance(func.value, ast.Name):
            return UNKNOWN
        if base == UNKNOWN and name in words.ASKS:
            return MASK
        if base == UNKNOWN and name in words.ONLY:
            self.known(func.value, True)
            base = TENSOR
        elif base == UNKNOWN and name == "size":
            self.known(func.value, True)
            return STATIC
        if base == LOCAL or (name in words.MOVES and base == UNKNOWN):
            return STATIC if name in words.STATIC else LOCAL
        if base == MANY or base not in ON_DEVICE:
            return UNKNOWN if base != STATIC else STATIC
        return self._tensor(node, name, base, kinds)

    def _appended(self, target: ast.expr, kinds: list[str]) -> None:
        """A list that began empty holds what is put into it."""
        if isinstance(target, ast.Name) and self.held.get(target.id) == STATIC and kinds:
            if kinds[0] == LOCAL:
                self.held[target.id] = LOCAL
            elif kinds[0] != STATIC:
                self.held[target.id] = UNKNOWN

    def _tensor(self, node: ast.Call, name: str, base: str, kinds: list[str]) -> str:
        """A method of a tensor."""
        if name in words.MOVES or (name == "to" and is_cpu(node)):
            self.mark("value", node, f".{name}()" if name != "to" else '.to("cpu")')
            return LOCAL
        if name in words.STATIC:
            return STATIC
        if name.startswith(("get_", "set_", "is_", "has_", "update")):
            return UNKNOWN
        if name in words.TRUTHS:
            self.mark("value", node, f".{name}(…)")
            return STATIC
        if name in words.LENGTHS:
            self.mark("size", node, words.LENGTHS[name])
            return TENSOR
        if name == "repeat_interleave":
            self._repeats(node, node.args[0] if node.args else None)
            return base
        if name in words.MASKS or (name == "to" and self._to_bool(node)):
            return MASK
        if name in words.MANY:
            return MANY
        if base == MASK:
            return MASK if name in words.KEEPS or (name == "to" and len(node.args) != 1) else TENSOR
        return TENSOR

    def _to_bool(self, node: ast.Call) -> bool:
        return "bool" in self.text(node) and "torch.bool" in spelled(node)

    def _is_local(self, node: ast.expr) -> bool:
        """Whether a value comes from a name of this function: no attribute, no library."""
        match node:
            case ast.Name(name):
                known = name in self.held and name not in self.opaque
                return known and not self.names.is_hosted(name) and name != "self"
            case ast.Attribute(value=value, attr=attr):
                return not self.names.is_hosted(attr) and self._is_local(value)
            case ast.Subscript(value=value):
                return self._is_local(value)
            case ast.Call(func=ast.Attribute() as func, args=args):
                if self.names.paths(func):
                    return bool(args) and self._is_local(args[0])
                return self._is_local(func.value)
            case ast.BinOp(left=left, right=right):
                return self._is_local(left) or self._is_local(right)
            case ast.Compare(left=left):
                return self._is_local(left)
        return False
