"""Training steps whose number of rounds is random."""

from __future__ import annotations

from collections.abc import Iterator

from portlint.detectors.words import last
from portlint.source import cst
from portlint.source.found import Found
from portlint.source.nodes import children
from portlint.source.place import Place

STEPS = frozenset(["backward", "optimizer_step"])
RANDOM = frozenset(
    "random.randint random.randrange random.choice numpy.random.randint numpy.random.choice "
    "numpy.random.poisson torch.randint".split()
)


def random_rounds(node: cst.For, at: Place) -> Iterator[Found]:
    """`for _ in range(random.randint(1, 8))` in a function that trains."""
    match node.iter:
        case cst.Call(func=cst.Name("range"), args=args):
            values = [v for arg in args for v in at.values(arg.value)]
            drawn = [v for v in values if any(at.calls(call, *RANDOM) for call in _calls(v))]
            if drawn and _trains(at, node):
                yield Found(node.iter, value=at.code(node.iter))


def _calls(node: cst.CSTNode) -> Iterator[cst.Call]:
    if isinstance(node, cst.Call):
        yield node
    for child in children(node):
        yield from _calls(child)


def _trains(at: Place, node: cst.For) -> bool:
    """Whether the function around the loop has a training step, outside of the loop or in it."""
    around = at.within(cst.FunctionDef) or node
    return any(_is_step(call) for call in _calls(around))


def _is_step(node: cst.CSTNode) -> bool:
    return isinstance(node, cst.Call) and last(node.func) in STEPS
