"""Training steps: where gradients are asked for, and of which loss."""

from __future__ import annotations

import ast
from collections.abc import Iterable, Iterator, Sequence

from portlint.source.hot.calls import BACKWARD, Definition
from portlint.source.lines import children, on


def backward(body: Iterable[ast.stmt], lines: Sequence[int]) -> Iterator[ast.Call]:
    """Calls of `backward` and `optimizer_step` in a body, not in its inner functions.

    `lines` are those that spell one of these.
    """
    stack: list[ast.AST] = list(body)
    while stack:
        node = stack.pop()
        if isinstance(node, ast.ClassDef | Definition | ast.Lambda):
            continue
        if isinstance(node, ast.stmt) and not on(lines, node):
            continue
        if isinstance(node, ast.Call) and getattr(node.func, "attr", "") in BACKWARD:
            yield node
        stack.extend(children(node))


def loss(call: ast.Call) -> str:
    """`loss` of `loss.backward()` and of `accelerator.backward(loss)`."""
    func = call.func
    if isinstance(func, ast.Attribute) and func.attr == "backward":
        if call.args and isinstance(call.args[0], ast.Name):
            return call.args[0].id
        if isinstance(func.value, ast.Name) and not call.args:
            return func.value.id
    return ""


def holds(loop: ast.For | ast.While, calls: Sequence[ast.Call]) -> bool:
    """Whether one of these calls stands in a loop."""
    return any(loop.lineno <= call.lineno <= (loop.end_lineno or 0) for call in calls)
