"""Calls that decide the shapes a model is given: padding, batches, caches of `generate`."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterable, Iterator, Sequence

from portlint.source.hot.calls import Function, Names
from portlint.source.hot.decoding import inside, is_model
from portlint.source.hot.kinds import last, spelled
from portlint.source.hot.wording import Wording
from portlint.source.lines import children, on, spelling, walk

COLLATORS = frozenset(
    "DataCollatorWithPadding DataCollatorForSeq2Seq DataCollatorForTokenClassification".split()
)
PADDED = (
    "padding=True",
    'padding="longest"',
    "padding='longest'",
    "DataCollator",
    "group_by_length",
)
SPELLED = ("padding", "DataCollator", "group_by_length")
"""One of these stands in a statement with a call that pads."""
TOKENIZER = re.compile(r"token|processor|^tok$", re.I)
GENERATORS = re.compile(r"AutoModel|ForCausalLM|ForConditionalGeneration|LMHeadModel|Seq2SeqLM")
STATIC = ("cache_implementation", "StaticCache", "use_cache=False")


def padded(
    text: str, names: Names, module: ast.Module, wording: Wording
) -> Iterator[tuple[str, ast.Call, str]]:
    """Calls that pad a batch to its longest member, by function."""
    if not any(word in text for word in PADDED):
        return
    lines = spelling(text, *SPELLED)
    handed: set[int] | None = None
    for function, call in _calls(module, lines):
        given = {k.arg: k.value for k in call.keywords if k.arg}
        if "pad_to_multiple_of" in given:
            continue
        if last(call.func) in COLLATORS and "transformers" in text:
            fixed = "padding" in given and spelled(given["padding"]) not in ("True", "'longest'")
            if not fixed:
                yield function, call, f"{last(call.func)}(…)"
        elif "padding" in given and (how := spelled(given["padding"])) in ("True", "'longest'"):
            if not _tokenizes(call):
                continue
            if handed is None:
                handed = _handed_on(names, module, wording)
            if "collat" in function.lower() or id(call) in handed:
                yield function, call, f"padding={how}"
        elif "group_by_length" in given and spelled(given["group_by_length"]) == "True":
            yield function, call, "group_by_length=True"


def _handed_on(names: Names, module: ast.Module, wording: Wording) -> set[int]:
    """The calls whose result a model is given whole: `model(**batch)`, in the same function."""
    found: set[int] = set()
    inner = [f.node for f in names.functions.values() if wording.spells(f.node, [b"**"])]
    for body in [module.body, *(node.body for node in inner)]:
        nodes = list(inside(body))
        given = {
            spelled(k.value)
            for node in nodes
            if isinstance(node, ast.Call) and (is_model(node) or last(node.func) == "generate")
            for k in node.keywords
            if k.arg is None
        }
        for node in nodes if given else ():
            match node:
                case ast.Assign(targets=[ast.Name(name)], value=ast.Call() as call) if (
                    name in given
                ):
                    found.add(id(call))
                    if isinstance(call.func, ast.Attribute) and isinstance(
                        call.func.value, ast.Call
                    ):
                        found.add(id(call.func.value))
    return found


def _tokenizes(call: ast.Call) -> bool:
    """A tokenizer or processor is called; not a class made, nor a method that only names one."""
    name = last(call.func)
    if name in ("pad", "batch_encode_plus"):
        return isinstance(call.func, ast.Attribute) and bool(TOKENIZER.search(spelled(call.func)))
    return bool(TOKENIZER.search(name)) and name[:1].islower()


def generated(
    text: str, names: Names, module: ast.Module, wording: Wording
) -> Iterator[tuple[str, ast.Call, str]]:
    """`model.generate(…)` of a model of transformers, in a file that asks for no static cache."""
    if ".generate(" not in text or "from_pretrained(" not in text:
        return
    if any(word in text for word in STATIC) or not _imports(names, "transformers"):
        return
    whole = _made(module.body, names)
    asked = [f for f in names.functions.values() if wording.spells(f.node, [b".generate("])]
    for where, body in [("", module.body), *((f.name, f.node.body) for f in asked)]:
        if where.rpartition(".")[2].startswith("test"):
            continue
        made = whole | _made(body, names)
        for node in inside(body):
            match node:
                case ast.Call(func=ast.Attribute(value=ast.Name(name), attr="generate")):
                    given = {k.arg for k in node.keywords}
                    if name in made and not {"past_key_values", "cache_implementation"} & given:
                        yield where, node, f"{name}.generate(…)"


def _made(body: Iterable[ast.stmt], names: Names) -> set[str]:
    """The names that `AutoModelForCausalLM.from_pretrained(…)` is assigned to."""
    found: set[str] = set()
    for node in inside(body):
        match node:
            case ast.Assign(
                targets=[ast.Name(name)],
                value=ast.Call(func=ast.Attribute(value=owner, attr="from_pretrained")),
            ):
                paths = names.paths(owner)
                if any(p.startswith("transformers.") and GENERATORS.search(p) for p in paths):
                    found.add(name)
    return found


def _imports(names: Names, package: str) -> bool:
    return any(p.split(".")[0] == package for paths in names.imports.values() for p in paths)


def loaders(
    names: Names, module: ast.Module, fed: Iterable[tuple[Function | None, ast.expr]]
) -> Iterator[tuple[str, ast.Call, str]]:
    """Loaders that the loops of training steps draw from, and that keep an odd last batch."""
    odd = dict(_loaders(names, module))
    calls = list(_calls(module)) if odd else []
    inside = {id(call): where for where, call in calls}
    made = {name: (inside.get(id(call), ""), call) for name, call in odd.items()}
    for function, source in fed if made else ():
        name = _drawn(source)
        for item in {name, *_handed(name, function, calls)} & made.keys():
            where, call = made[item]
            yield where, call, f"{item} = {last(call.func)}(…)"


def _loaders(names: Names, module: ast.Module) -> Iterator[tuple[str, ast.Call]]:
    """Names of loaders that keep an odd last batch, and the calls that make them."""
    for node in walk(module):
        match node:
            case ast.Assign(targets=[ast.Name(name)], value=ast.Call(func=func) as call):
                if "torch.utils.data.DataLoader" in names.paths(func) and _is_uneven(call):
                    yield name, call


def _is_uneven(call: ast.Call) -> bool:
    """Batches of more than one, no sampler of whole batches, and the last one kept."""
    given = {k.arg: spelled(k.value) for k in call.keywords}
    size = given.get("batch_size") or (spelled(call.args[1]) if len(call.args) > 1 else "1")
    kept = given.get("drop_last", "False") == "False"
    return kept and size not in ("1", "None") and not {None, "batch_sampler"} & given.keys()


def _drawn(source: ast.expr) -> str:
    """`loader` of `enumerate(tqdm(loader))`, of `iter(loader)` and of `self.loader`."""
    while isinstance(source, ast.Call) and source.args:
        source = source.args[0]
    return source.id if isinstance(source, ast.Name) else ""


def _handed(
    name: str, function: Function | None, calls: Iterable[tuple[str, ast.Call]]
) -> set[str]:
    """The names that callers in this file give for a parameter."""
    if function is None:
        return set()
    args = function.node.args
    order = [arg.arg for arg in [*args.posonlyargs, *args.args]]
    if name not in order:
        return set()
    place = order.index(name) - bool(function.owner)
    found: set[str] = set()
    for _, call in calls:
        if last(call.func) == function.node.name:
            given = [k.value for k in call.keywords if k.arg == name] or call.args[
                place : place + 1
            ]
            found |= {_drawn(value) for value in given}
    return found - {""}


def _calls(
    module: ast.Module, lines: Sequence[int] | None = None
) -> Iterator[tuple[str, ast.Call]]:
    """Every call with the dotted name of the innermost function or class around it.

    With `lines`, only statements on one of these are read.
    """
    stack: list[tuple[ast.AST, str]] = [(module, "")]
    while stack:
        node, where = stack.pop()
        if lines is not None and isinstance(node, ast.stmt) and not on(lines, node):
            continue
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef | ast.ClassDef):
            if node.name.startswith("test"):
                continue
            where = f"{where}.{node.name}".lstrip(".")
        if isinstance(node, ast.Call):
            yield where, node
        stack += [(child, where) for child in children(node)]
