"""Training steps: values read back in each of them, loops of a random length."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence

import libcst as cst

from portlint.detectors.words import last
from portlint.source.found import Found
from portlint.source.guards import code
from portlint.source.nodes import children
from portlint.source.place import Place

STEPS = frozenset(["backward", "optimizer_step"])
RANDOM = frozenset(
    "random.randint random.randrange random.choice numpy.random.randint numpy.random.choice "
    "numpy.random.poisson torch.randint".split()
)
TRUTHS = frozenset(["any", "all"])
CLOSED = (cst.FunctionDef, cst.ClassDef, cst.Lambda, cst.ExceptHandler)
"""What runs at another time, if at all: closures, handlers."""


def host_read(node: cst.Call, at: Place) -> Iterator[Found]:
    """A value read back beside `loss.backward()` or `xm.optimizer_step(…)`: once in every step."""
    if not _is_step(node):
        return
    names = {code(node.func.value)} if isinstance(node.func, cst.Attribute) else set()
    for statement in _round(at):
        yield from _reads(statement, names - {"xm"}, at)


def _is_step(node: cst.CSTNode) -> bool:
    return isinstance(node, cst.Call) and last(node.func) in STEPS


def _round(at: Place) -> Sequence[cst.CSTNode]:
    """What runs once per step: the body of the innermost loop, or of the function."""
    for parent in reversed(at.frame.parents):
        if isinstance(parent, cst.For | cst.While | cst.FunctionDef):
            return parent.body.body
    return ()


def _reads(node: cst.CSTNode, losses: set[str], at: Place) -> Iterator[Found]:
    """The outermost reads below a node; what runs in some steps only is left alone."""
    stack: list[cst.CSTNode] = [node]
    while stack:
        current = stack.pop()
        if isinstance(current, CLOSED) or _is_seldom(current):
            continue
        if isinstance(current, cst.If | cst.While):
            yield from (Found(n, value=code(n)) for n in _truths(current.test, at))
        if isinstance(current, cst.Call) and (text := _read(current, losses)):
            yield Found(current, value=text)
            continue
        stack.extend(reversed(children(current)))


def _is_seldom(node: cst.CSTNode) -> bool:
    """`if step % 100 == 0`: the vendor's own advice for what is logged."""
    return isinstance(node, cst.If) and any(
        isinstance(part, cst.Modulo) for part in _operators(node.test)
    )


def _operators(node: cst.CSTNode) -> Iterator[cst.CSTNode]:
    if isinstance(node, cst.BinaryOperation):
        yield node.operator
    for child in children(node):
        yield from _operators(child)


def _truths(test: cst.BaseExpression, at: Place) -> Iterator[cst.Call]:
    """`x.any()` and `torch.isnan(x).all()` as, or in, a condition."""
    match test:
        case cst.BooleanOperation():
            yield from _truths(test.left, at)
            yield from _truths(test.right, at)
        case cst.UnaryOperation():
            yield from _truths(test.expression, at)
        case cst.Call(func=cst.Name("bool"), args=[cst.Arg(value=value)]):
            yield from _truths(value, at)
        case cst.Call(func=cst.Attribute(attr=cst.Name(name))) if name in TRUTHS:
            if not any(path.startswith("numpy.") for path in at.paths(test.func)):
                yield test


def _read(node: cst.Call, losses: set[str]) -> str:
    match node.func:
        case cst.Attribute(value=value, attr=cst.Name(name)) if not node.args:
            if name in ("item", "numpy") or (name == "cpu" and code(value) in losses):
                return f".{name}()"
            return f".{name}()" if name == "tolist" and ".cpu()" in code(value) else ""
        case cst.Name("float" | "int" | "print" as name):
            return f"{name}(…)" if _names(node.args) & losses else ""
    return ""


def _names(args: Iterable[cst.Arg]) -> set[str]:
    """The arguments as text, and what formatted strings among them show."""
    found: set[str] = set()
    for arg in args:
        if isinstance(arg.value, cst.FormattedString):
            parts = [p for p in arg.value.parts if isinstance(p, cst.FormattedStringExpression)]
            found.update(code(part.expression) for part in parts)
        else:
            found.add(code(arg.value))
    return found


def random_rounds(node: cst.For, at: Place) -> Iterator[Found]:
    """`for _ in range(random.randint(1, 8))` in a function that trains."""
    match node.iter:
        case cst.Call(func=cst.Name("range"), args=args):
            values = [v for arg in args for v in at.values(arg.value)]
            drawn = [v for v in values if any(at.calls(call, *RANDOM) for call in _calls(v))]
            if drawn and _trains(at, node):
                yield Found(node.iter, value=code(node.iter))


def _calls(node: cst.CSTNode) -> Iterator[cst.Call]:
    if isinstance(node, cst.Call):
        yield node
    for child in children(node):
        yield from _calls(child)


def _trains(at: Place, node: cst.For) -> bool:
    """Whether the function around the loop has a training step, outside of the loop or in it."""
    around = at.within(cst.FunctionDef) or node
    return any(_is_step(call) for call in _calls(around))
