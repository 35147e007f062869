"""Programs that ask for CUDA: choices and closed lists that leave Neuron out, demands."""

import re
from collections.abc import Iterator, Sequence

from portlint.source import cst
from portlint.source.found import Found, Hits
from portlint.source.guards import Code, Guard, leaves
from portlint.source.nodes import argument, dotted_text, string_value
from portlint.source.place import Place

DEVICE_WORD = re.compile(
    r"(cuda|cpu|mps|xpu|npu|hpu|mlu|musa|gpu|rocm|hip|meta|tpu|vulkan|ipu|auto|opencl|dml|ane)"
    r"(:\d+)?",
    re.IGNORECASE,
)
TABLE_NAME = re.compile(
    r"(support|valid|allow|known|avail)\w{0,80}_?(device|backend|accelerator)|"
    r"(device|backend|accelerator)\w{0,80}_(support|valid|allow|known|avail)",
    re.IGNORECASE,
)
OPTION = re.compile("device|accelerator|hardware", re.IGNORECASE)
COLLECTIONS = cst.List | cst.Tuple | cst.Set
WRAPPERS = frozenset("set frozenset tuple list".split())


def cuda_required(node: cst.Assert | cst.If, at: Place) -> Iterator[Found]:
    """A program that stops where CUDA is missing: `assert is_available()`, `if not …: raise`."""
    if isinstance(node, cst.If) and (node.orelse or not leaves(node.body, raising=True)):
        return
    if _closed(node.test) is not None:
        return
    wanted = isinstance(node, cst.Assert)
    guard = at.conditions.guard(node.test, wanted, at.frame.scope)
    if guard is not None and guard.kind in ("cuda", "device") and not guard.alternative:
        yield Found(node.test, value=at.code(node.test))


def closed_table(
    node: cst.Assert | cst.If | cst.Assign | cst.AnnAssign | cst.Call, at: Place
) -> Iterator[Found]:
    """A list of the devices a program takes, which refuses "neuron".

    Lists count where they decide: `if d not in (…): raise`, `assert d in (…)`, the choices of a
    command-line option, and constants called SUPPORTED_DEVICES and the like.
    """
    match node:
        case cst.If():
            stops = leaves(node.body, raising=True) and not _of_host(node.test, at)
            listed = _closed(node.test, cst.NotIn) if stops else None
        case cst.Assert():
            listed = _closed(node.test, cst.In)
        case cst.Call():
            listed = argument(node, "choices") if _is_option(node) else None
        case cst.Assign():
            named = any(TABLE_NAME.search(_name(target.target)) for target in node.targets)
            listed = node.value if named else None
        case _:
            listed = node.value if TABLE_NAME.search(_name(node.target)) else None
    table = _table(listed)
    if table is not None and _leaves_neuron_out(table) and not _goes_on(node, at):
        yield Found(table, value=at.code(table))


def _is_option(node: cst.Call) -> bool:
    """Whether a call declares an option for devices, by its flags: `--backend` names no device."""
    given = [arg.value for arg in node.args if arg.keyword is None]
    texts = [string_value(value) or "" for value in (*given, argument(node, "dest"))]
    return any(OPTION.search(text) for text in texts)


def _of_host(test: cst.BaseExpression, at: Place) -> bool:
    """Whether the device is a parameter that is "cpu" by default: the limit of a host's library."""
    function = at.within(cst.FunctionDef)
    if not isinstance(test, cst.Comparison) or not isinstance(function, cst.FunctionDef):
        return False
    every = (*function.params.params, *function.params.kwonly_params)
    names = {p.name.value for p in every if string_value(p.default) == "cpu"}
    return any(_of_device(value, at) in names for value in _kinds(test.left, at))


def _kinds(asked: cst.BaseExpression, at: Place) -> list[cst.BaseExpression]:
    """What a name, or the object whose `.type` is asked, was set to; and it itself."""
    bare = asked
    if isinstance(asked, cst.Attribute) and asked.attr.value == "type":
        bare = asked.value
    return [bare, *at.values(bare)]


def _of_device(node: cst.BaseExpression, at: Place) -> str:
    """The name that an expression is, or of which it makes a device: `torch.device(name)`."""
    if isinstance(node, cst.Call) and at.calls(node, "torch.device") and node.args:
        node = node.args[0].value
    return dotted_text(node) or ""


def _goes_on(node: cst.CSTNode, at: Place) -> bool:
    """Whether the named list is added to below: then it is not closed."""
    if not isinstance(node, cst.Assign | cst.AnnAssign):
        return False
    targets = node.targets if isinstance(node, cst.Assign) else [node]
    names = "|".join(re.escape(_name(target.target)) for target in targets)
    around = at.within(cst.FunctionDef)
    text = at.code(around, 100_000) if around is not None else ""
    return (
        re.search(rf"\b({names})(\.(append|extend|insert|add|update)\(| *(\+|\|)=)", text)
        is not None
    )


def _name(target: cst.BaseExpression) -> str:
    return (dotted_text(target) or "").split(".")[-1]


def _closed(test: cst.BaseExpression, *kinds: type[cst.BaseCompOp]) -> cst.BaseExpression | None:
    """The collection of `x in (…)`, whichever way it is asked, or in the way of these operators."""
    if not isinstance(test, cst.Comparison) or len(test.comparisons) != 1:
        return None
    target = test.comparisons[0]
    wanted = kinds or (cst.In, cst.NotIn)
    found = isinstance(target.operator, wanted) and isinstance(target.comparator, COLLECTIONS)
    return target.comparator if found else None


def _table(node: cst.BaseExpression | None) -> cst.List | cst.Tuple | cst.Set | None:
    """The collection an expression is, also inside `frozenset(…)`."""
    if isinstance(node, cst.Call) and len(node.args) == 1 and dotted_text(node.func) in WRAPPERS:
        node = node.args[0].value
    return node if isinstance(node, COLLECTIONS) else None


def _leaves_neuron_out(table: cst.List | cst.Tuple | cst.Set) -> bool:
    words = [string_value(element.value) or "" for element in table.elements]
    if not all(DEVICE_WORD.fullmatch(word) for word in words):
        return False
    return any(word.lower().startswith("cuda") for word in words)


def cuda_or_cpu(hits: Hits) -> Iterator[tuple[Found, tuple[Guard, ...]]]:
    """A choice between CUDA and the host that leaves Neuron out, reported once per choice.

    A "cuda" literal inside a conditional expression is the choice itself, so its own hit goes.
    """
    chosen: dict[int, tuple[Guard, tuple[Guard, ...], list[cst.CSTNode]]] = {}
    folded: set[int] = set()
    for index, hit in enumerate(hits):
        position = next((i for i, g in enumerate(hit.guards) if g.kind == "cuda"), None)
        if not hit.rule.places or position is None:
            continue
        guard, outer = hit.guards[position], hit.guards[:position]
        if guard.alternative or any(g.kind == "neuron" for g in hit.guards) or _probes(guard):
            continue
        chosen.setdefault(id(guard.choice), (guard, outer, []))[2].append(hit.found.node)
        if isinstance(guard.choice, cst.IfExp):
            folded.add(index)
    hits[:] = [hit for index, hit in enumerate(hits) if index not in folded]
    for guard, outer, nodes in chosen.values():
        yield _choice(guard, nodes, hits.code), outer


def _probes(guard: Guard) -> bool:
    """Whether the choice only answers: `if not cuda: return False` moves nothing to the host."""
    choice = guard.choice
    if not isinstance(choice, cst.If):
        return False
    other = choice.orelse
    if other is not None:
        return isinstance(other, cst.Else) and _answers(other.body)
    return _answers(choice.body)


def _answers(body: cst.BaseSuite) -> bool:
    """Whether a block ends by returning nothing or a constant."""
    last: cst.CSTNode | None = body.body[-1] if body.body else None
    if isinstance(last, cst.SimpleStatementLine):
        last = last.body[-1]
    return isinstance(last, cst.Return) and (last.value is None or _is_constant(last.value))


def _is_constant(node: cst.BaseExpression) -> bool:
    match node:
        case cst.Name():
            return node.value in ("None", "True", "False")
        case cst.Integer() | cst.Float() | cst.SimpleString():
            return True
        case cst.List() | cst.Tuple():
            return not node.elements
        case cst.Dict():
            return not node.elements
    return False


def _choice(guard: Guard, nodes: Sequence[cst.CSTNode], code: Code) -> Found:
    if isinstance(guard.choice, cst.IfExp):
        return Found(guard.choice, value=guard.text(code))
    assert guard.node is not None
    related = tuple((node, "stays on the host") for node in nodes[:5])
    return Found(guard.node, value=guard.text(code), related=related, places=0)
