"""Calls on a hot path: what they give, what they wait for, which functions of the file they run."""

from __future__ import annotations

import ast
import re
from collections.abc import Sequence

from portlint.source.hot import torchwords as words
from portlint.source.hot.calls import Function
from portlint.source.hot.decoding import is_model
from portlint.source.hot.kinds import (
    HOSTED,
    LOCAL,
    MANY,
    MASK,
    ON_DEVICE,
    STATIC,
    TENSOR,
    UNKNOWN,
    annotated,
    is_bool,
    is_cpu,
    item_of,
    last,
    root,
    spelled,
)
from portlint.source.hot.state import Called, State

LOGS = frozenset(
    "print write log info debug warning error set_postfix set_description set_postfix_str "
    "add_scalar append".split()
)
CACHE = re.compile(
    r"(^|[._])(past|prev|previous|cached)_?(k|v|key|value|kv)(_states?)?\b"
    r"|(^|[._])(k|v|key|value|kv)s?_cache\b|layer_past|past_key_values?\b|past_kv"
    r"|(cache|past)\[['\"]?(k|v|key|value|prev_key|prev_value)"
)
"""How keys and values of earlier tokens are called."""
CHECKPOINTS = frozenset(
    "checkpoint _gradient_checkpointing_func checkpoint_sequential vmap".split()
)


class Calls(State):
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

    def args(self, node: ast.Call) -> list[str]:
        """The kinds of all arguments."""
        return [
            *(self.expr(arg) for arg in node.args),
            *(self.expr(keyword.value) for keyword in node.keywords),
        ]

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

    def _own(self, node: ast.Call, name: str) -> str:
        found = self.names.methods(self.owner, name)
        if found:
            return self._reach(found, node)
        kinds = self.args(node)
        if name in CHECKPOINTS and node.args:
            self._passed_on(node.args[0])
        if name in self.layers and any(kind in ON_DEVICE for kind in kinds):
            return TENSOR
        return UNKNOWN

    def _passed_on(self, node: ast.expr) -> None:
        """A function that is handed over to be called: `checkpoint(self._inner, x)`."""
        found: list[Function] = []
        if isinstance(node, ast.Attribute) and root(node) == "self":
            found = self.names.methods(self.owner, node.attr)
        elif isinstance(node, ast.Name) and (known := self.names.visible(node.id, self.function)):
            found = [known]
        self.calls.extend(Called(item, self.level, {}) for item in found if not self.quiet)

    def _reach(self, found: Sequence[Function], node: ast.Call) -> str:
        plain = [self.expr(arg) for arg in node.args]
        named = {k.arg: self.expr(k.value) for k in node.keywords if k.arg}
        for item in found:
            args = [a.arg for a in [*item.node.args.posonlyargs, *item.node.args.args]]
            bound = args[1:] if item.owner and args[:1] in (["self"], ["cls"]) else args
            given = dict(zip(bound, plain, strict=False)) | named
            if not self.quiet:
                self.calls.append(Called(item, self.level, given))
        self.reached = node
        kind = annotated(found[0].node.returns)
        return UNKNOWN if kind == STATIC and found[0].node.returns is None else kind

    def _library(self, node: ast.Call, path: str) -> str:
        last = path.rpartition(".")[2]
        if path in words.SUPPRESSION:
            self.args(node)
            self.mark("size", node, path)
            return TENSOR
        if path.startswith(("numpy.", "math.")):
            return self._foreign(node, path)
        if not path.startswith("torch."):
            if last in CHECKPOINTS and node.args:
                self._passed_on(node.args[0])
            if last in ("rearrange", "repeat", "reduce", "einsum"):
                return TENSOR if set(self.args(node)) & {TENSOR, MANY} else UNKNOWN
            self.args(node)
            return UNKNOWN
        return self._torch(node, path, last)

    def _foreign(self, node: ast.Call, path: str) -> str:
        """numpy and math take the values of the tensors they are given."""
        kinds = self.args(node)
        if any(kind in ON_DEVICE for kind in kinds):
            self.mark("value", node, f"{path.rpartition('.')[2]}(…)")
        return LOCAL if path.startswith("n") else STATIC

    def _torch(self, node: ast.Call, path: str, last: str) -> str:
        first = path.split(".")[1]
        functional = path.startswith("torch.nn.functional.") or first in (
            "special",
            "fft",
            "linalg",
        )
        if (first in words.OTHER or first == "nn") and not functional:
            if last in CHECKPOINTS and node.args:
                self._passed_on(node.args[0])
            self.args(node)
            return UNKNOWN
        if last in words.SIZED and path.count(".") == 1 and self._is_hosted(node):
            kinds = self.args(node)
            if any(kind in ON_DEVICE for kind in kinds):
                self.mark("value", node, f"torch.{last}(…)")
        elif last in words.SIZED and path.count(".") == 1:
            self.sizes(node.args, node, "the size of the tensor made here")
            kinds = [self.expr(keyword.value) for keyword in node.keywords]
        else:
            kinds = self.args(node)
        if last in words.MAKERS:
            return self._made(node)
        on_device = any(kind in (TENSOR, MASK, MANY) for kind in kinds)
        if not on_device and (LOCAL in kinds or UNKNOWN not in kinds):
            return LOCAL if LOCAL in kinds or kinds else UNKNOWN
        self._length(node, last)
        if last in ("cat", "concat") and node.args:
            self._cached(node, node.args[0])
        if last in words.TRUTHS:
            if on_device:
                self.mark("value", node, f"torch.{last}(…)")
            return STATIC
        if last in words.MASKS or is_bool(node):
            return MASK
        if last in words.KEEPS and kinds[0] == MASK:
            return MANY if last in words.MANY else MASK
        if last in words.MANY or (last == "where" and len(node.args) == 1):
            return MANY
        return TENSOR if on_device else UNKNOWN

    def _made(self, node: ast.Call) -> str:
        """A tensor made of nothing is on the host, unless a device says otherwise."""
        device = next((k.value for k in node.keywords if k.arg == "device"), None)
        if device is None or "cpu" in spelled(device):
            return LOCAL
        return MASK if is_bool(node) else TENSOR

    def _is_hosted(self, node: ast.Call) -> bool:
        """Whether a tensor is made on the host and stays there: its size compiles nothing."""
        device = next((k.value for k in node.keywords if k.arg == "device"), None)
        open_ended = any(keyword.arg is None for keyword in node.keywords)
        if device is None:
            return not open_ended and self.carried is not node
        return "cpu" in spelled(device)

    def _cached(self, node: ast.Call, parts: ast.expr) -> None:
        """`torch.cat([past_key, key])`: a cache that grows with every token."""
        each = parts.elts if isinstance(parts, ast.List | ast.Tuple) else []
        if len(each) == 2 and CACHE.search(spelled(each[0])):
            self.mark("cache", node, spelled(each[0]))

    def _length(self, node: ast.Call, last: str) -> None:
        """Functions and methods whose result is as long as the data says."""
        if last in words.LENGTHS:
            self.mark("size", node, words.LENGTHS[last])
        elif last == "where" and len(node.args) == 1 and not node.keywords:
            self.mark("size", node, "torch.where with one argument")
        elif last == "repeat_interleave":
            self._repeats(node, node.args[1] if len(node.args) > 1 else None)

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
        if name in LOGS and base not in ON_DEVICE and base != LOCAL:
            if name == "append":
                self.args(node)
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
        if name in words.MASKS or (name == "to" and "torch.bool" in spelled(node)):
            return MASK
        if name in words.MANY:
            return MANY
        if base == MASK:
            return MASK if name in words.KEEPS or (name == "to" and len(node.args) != 1) else TENSOR
        return TENSOR

    def _repeats(self, node: ast.Call, counts: ast.expr | None) -> None:
        counts = next((k.value for k in node.keywords if k.arg == "repeats"), counts)
        total = any(keyword.arg == "output_size" for keyword in node.keywords)
        if counts is not None and not total and self.again(counts) in ON_DEVICE:
            self.mark("size", node, "torch.repeat_interleave with a tensor of counts")

    def _is_local(self, node: ast.expr) -> bool:
        """Whether a value comes from a name of this function: no attribute, no library."""
        match node:
            case ast.Name(name):
                return name in self.held and not HOSTED.search(name) and name != "self"
            case ast.Attribute(value=value, attr=attr):
                return not HOSTED.search(attr) and self._is_local(value)
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
