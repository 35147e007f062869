"""Calls of torch and numpy on a hot path: what they give, and what they wait for."""

from __future__ import annotations

import ast
import re

from portlint.source.hot import torchwords as words
from portlint.source.hot.caches import unused
from portlint.source.hot.calls import Function
from portlint.source.hot.kinds import (
    LOCAL,
    MANY,
    MASK,
    ON_DEVICE,
    STATIC,
    TENSOR,
    UNKNOWN,
    is_bool,
    root,
    spelled,
)
from portlint.source.hot.state import Called, State

CACHE = re.compile(
    r"(^|[._])(past|prev|previous|cached)_?(k|v|key|value|kv)(_states?)?\b"
    r"|(^|[._])(k|v|key|value|kv)s?_cache\b|layer_past|past_key_values?\b|past_kv"
    r"|(cache|past)\[['\"]?(k|v|key|value|prev_key|prev_value)"
)
"""How keys and values of earlier tokens are called."""
CHECKPOINTS = frozenset(
    "checkpoint _gradient_checkpointing_func checkpoint_sequential vmap".split()
)


class Library(State):
    """Reads calls of libraries."""

    def args(self, node: ast.Call) -> list[str]:
        """The kinds of all arguments."""
        kinds = [self.expr(arg) for arg in node.args]
        if node.keywords:
            kinds += [self.expr(keyword.value) for keyword in node.keywords]
        return kinds

    def _passed_on(self, node: ast.expr) -> None:
        """A function that is handed over to be called: `checkpoint(self._inner, x)`."""
        found: list[Function] = []
        if isinstance(node, ast.Attribute) and root(node) == "self":
            found = self.names.methods(self.owner, node.attr)
        elif isinstance(node, ast.Name) and (known := self.names.visible(node.id, self.function)):
            found = [known]
        self.calls.extend(Called(item, self.level, {}) for item in found if not self.quiet)

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
        if node.args and kinds[0] == LOCAL:
            # Tensors of one call are on one device: the first says where.
            return LOCAL
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
        if isinstance(device, ast.Attribute) and self.again(device.value) == LOCAL:
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
        if len(each) != 2 or not CACHE.search(spelled(each[0])) or self.quiet:
            return
        inside = self.names.functions.get(self.function)
        if inside is None or not unused(inside, each[0], self.names):
            self.mark("cache", node, spelled(each[0]))

    def _length(self, node: ast.Call, last: str) -> None:
        """Functions and methods whose result is as long as the data says."""
        if last in words.LENGTHS:
            self.mark("size", node, words.LENGTHS[last])
        elif last == "where" and len(node.args) == 1 and not node.keywords:
            self.mark("size", node, "torch.where with one argument")
        elif last == "repeat_interleave":
            self._repeats(node, node.args[1] if len(node.args) > 1 else None)

    def _repeats(self, node: ast.Call, counts: ast.expr | None) -> None:
        counts = next((k.value for k in node.keywords if k.arg == "repeats"), counts)
        total = any(keyword.arg == "output_size" for keyword in node.keywords)
        if counts is not None and not total and self.again(counts) in ON_DEVICE:
            self.mark("size", node, "torch.repeat_interleave with a tensor of counts")
