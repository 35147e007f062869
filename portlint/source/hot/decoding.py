"""Loops that call a model again and again: which make tokens, which measure, what grows in them."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterable, Iterator, Sequence

from portlint.source.hot.calls import Function, Names, loops
from portlint.source.hot.kinds import last, spelled
from portlint.source.lines import children

MODELS = frozenset(
    "model net network decoder transformer gpt lm llm language_model causal_lm _model forward "
    "decode_one_token decode_step".split()
)
"""How what is called in such a loop is named."""
CHOICES = re.compile(r"argmax|multinomial|_?sample_(next|token|top|logit)\w*")
"""Calls that choose a token of scores."""
JOINS = frozenset("cat concat concatenate hstack".split())
INNER = frozenset([ast.ClassDef, ast.FunctionDef, ast.AsyncFunctionDef, ast.Lambda])
"""What runs at another time than the statements that it stands in."""
GRADLESS = ("no_grad", "inference_mode")
WORDS = ("argmax(", "multinomial(", "sample_", "torch.cat(", "no_grad", "inference_mode", ".eval()")
"""Without one of these no loop of a file is of interest."""
READS = (
    b"item(",
    b"tolist(",
    b".cpu(",
    b".numpy(",
    b"int(",
    b"float(",
    b"bool(",
    b".all(",
    b".any(",
)
"""Without one of these nothing is read in a loop."""


def decoding(loop: ast.For | ast.While) -> bool:
    """Whether a loop calls a model and chooses tokens of what it gives."""
    if isinstance(loop, ast.For) and "range" not in spelled(loop.iter):
        return False
    calls = list(_calls(loop.body))
    chosen = any(CHOICES.fullmatch(last(call.func)) for call in calls)
    return chosen and any(is_model(call) for call in calls)


def measuring(
    loop: ast.For | ast.While, function: Function | None, body: Sequence[ast.stmt]
) -> bool:
    """Whether a loop runs a model on batches without gradients: an evaluation."""
    if not any(is_model(call) for call in _calls(loop.body)):
        return False
    decorators = function.node.decorator_list if function else []
    if any(word in spelled(item) for item in decorators for word in GRADLESS):
        return True
    around = (part for node in body for part in ast.walk(node))
    return any(
        last(part.func) in (*GRADLESS, "eval") for part in around if isinstance(part, ast.Call)
    )


def is_model(call: ast.Call) -> bool:
    """Whether a call runs a model: `model(…)`, `self.model(…)`, `self(…)`."""
    return last(call.func) in MODELS or (isinstance(call.func, ast.Name) and call.func.id == "self")


def grown(loop: ast.For | ast.While) -> Iterator[tuple[ast.Call, str]]:
    """`ids = torch.cat([ids, token])` where the next round gives `ids` to the model, whole."""
    longer = list(_longer(loop.body))
    fed = _fed(loop.body) - _set(loop) if longer else set()
    yield from ((call, name) for call, name in longer if name in fed)


def _longer(body: Iterable[ast.stmt]) -> Iterator[tuple[ast.Call, str]]:
    """The calls that put something behind what a name holds."""
    for node in inside(body):
        if not isinstance(node, ast.Assign):
            continue
        match node.targets, node.value:
            case [ast.Name(name)], ast.Call(func=func, args=[parts, *_]) as call:
                each = parts.elts if isinstance(parts, ast.List | ast.Tuple) else []
                same = any(isinstance(part, ast.Name) and part.id == name for part in each)
                if last(func) in JOINS and same and len(each) > 1:
                    yield call, name


def _set(loop: ast.For | ast.While) -> set[str]:
    """The names that a loop gives new values, other than by making them longer."""
    found = (
        {part.id for part in ast.walk(loop.target) if isinstance(part, ast.Name)}
        if isinstance(loop, ast.For)
        else set[str]()
    )
    for node in inside(loop.body):
        if isinstance(node, ast.Assign):
            names = {
                part.id for t in node.targets for part in ast.walk(t) if isinstance(part, ast.Name)
            }
            longer = isinstance(node.value, ast.Call) and last(node.value.func) in JOINS
            kept = (
                {p.id for p in ast.walk(node.value) if isinstance(p, ast.Name)} if longer else set()
            )
            found |= names - kept
    return found


def _fed(body: Iterable[ast.stmt]) -> set[str]:
    """The names that a model is given, and those that these are made of without a cut."""
    body = list(body)
    fed = {
        arg.id
        for call in _calls(body)
        if is_model(call)
        for arg in [*call.args, *(keyword.value for keyword in call.keywords)]
        if isinstance(arg, ast.Name)
    }
    for node in inside(body):
        match node:
            case ast.Assign(targets=[ast.Name(name)], value=ast.IfExp() as choice) if name in fed:
                fed |= {p.id for p in (choice.body, choice.orelse) if isinstance(p, ast.Name)}
    return fed


def _calls(body: Iterable[ast.stmt]) -> Iterator[ast.Call]:
    return (node for node in inside(body) if isinstance(node, ast.Call))


def inside(body: Iterable[ast.stmt]) -> Iterator[ast.AST]:
    """Everything below statements, without inner functions."""
    stack: list[ast.AST] = list(body)
    while stack:
        node = stack.pop()
        if type(node) not in INNER:
            yield node
            stack += children(node)


def outermost(
    names: Names, module: ast.Module
) -> Iterator[tuple[Function | None, Sequence[ast.stmt], ast.For | ast.While]]:
    """Every loop that is in no other, with its function and that function's body."""
    whole: list[tuple[Function | None, Sequence[ast.stmt]]] = [(None, module.body)]
    whole += [(item, item.node.body) for item in names.functions.values()]
    for function, body in whole:
        ends = 0
        for loop in loops(body):
            if loop.lineno > ends:
                ends = loop.end_lineno or loop.lineno
                yield function, body, loop
