"""A call of flex_attention -> what its functions do to scores, by calling them."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

import torch
from torch import Tensor, fx

from portlint.record import Pattern
from portlint.trace.visible import HIDDEN, bias, visible

LOUD = 1e6
"""A score so high that a cap shows."""


def flex(
    module: fx.GraphModule, node: fx.Node, value: Callable[[fx.Node], Tensor | None], of: int
) -> Pattern | None:
    """The form of the mask, of the bias, and the cap; None where they cannot be called."""
    query, key = (n.meta.get("val") for n in node.args[:2])  # type: ignore[union-attr]
    if not isinstance(query, Tensor) or not isinstance(key, Tensor):
        return None
    try:
        heads, queries, keys = (int(s) for s in (query.shape[1], query.shape[2], key.shape[2]))
        spread = (
            torch.zeros((), dtype=torch.int64),
            torch.arange(heads)[:, None, None],
            torch.arange(queries)[:, None],
            torch.arange(keys)[None],
        )
        score, mask = _functions(module, node)
        first, second = (_buffers(node, n, value) for n in (-2, -1))
        shape = (heads, queries, keys)
        quiet, loud = (_called(score, level, spread, first, shape) for level in (0.0, LOUD))
        shown = visible(_shown(mask, spread, second, shape) & (quiet > HIDDEN))
    except Exception:
        return None  # a function that wants what only a model has: the call is named all the same
    most = float(loud.max())
    cap = round(most, 6) if most < LOUD / 2 else None
    return Pattern(of=of, shown=shown, bias=bias(quiet, learned=False), cap=cap)


def _functions(module: fx.GraphModule, node: fx.Node) -> tuple[Any, Any]:
    block = node.args[4]
    assert isinstance(block, Sequence)
    names = (node.args[3], block[-1])
    score, mask = (
        getattr(module, str(n.target)) if isinstance(n, fx.Node) else None for n in names
    )
    return score, mask


def _buffers(node: fx.Node, position: int, value: Callable[[fx.Node], Tensor | None]) -> list[Any]:
    """What a function reads beside its indices."""
    given = node.args[position]
    assert isinstance(given, Sequence)
    return [value(item) if isinstance(item, fx.Node) else item for item in given]


def _shown(mask: Any, spread: Any, others: list[Any], shape: tuple[int, ...]) -> Tensor:
    if mask is None:
        return torch.ones(shape, dtype=torch.bool)
    found = mask(*spread, *others)
    found = found[0] if isinstance(found, tuple | list) else found
    return torch.as_tensor(found, dtype=torch.bool).expand(shape)


def _called(score: Any, level: float, spread: Any, others: list[Any], shape: Any) -> Tensor:
    if score is None:
        return torch.full(shape, level)
    found = score(torch.full(shape, level), *spread, *others)
    found = found[0] if isinstance(found, tuple | list) else found
    return torch.as_tensor(found, dtype=torch.float32).expand(shape)
