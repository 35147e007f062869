"""Options of the compiler in Python: lists of words, strings of options, arguments of exporters."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator

from portlint.detectors.traced import TRACE
from portlint.detectors.words import last, literals
from portlint.source import cst
from portlint.source.found import Found, Hits
from portlint.source.nodes import argument, descend, string_value
from portlint.source.place import Place

Words = cst.List | cst.Tuple | cst.SimpleString | cst.FormattedString
LIMIT = 2000
"""Characters: a longer string is a text that mentions options."""
CASTING = re.compile(r"matmult?|all")
REDUCED = frozenset(["hidden-bfloat16", "auto-cast"])
"""Rules whose findings in a file say that float32 is computed with fewer bits."""
FLOAT32 = frozenset(["torch.float32", "torch.float"])
PENDING = "of float32, whatever it is computed with"


def _asking(flag: str, values: str = "") -> Callable[[Words, Place], Iterator[Found]]:
    """The detector of an option with one of these values; none given: the option itself."""
    written = re.compile(rf"(?:^|(?<=[\s'\"=])){flag}" + (rf"[=\s]+({values})" if values else "()"))
    whole = re.compile(written.pattern + r"(?![\w-])")
    name, value = re.compile(flag), re.compile(values)

    def detect(node: Words, at: Place) -> Iterator[Found]:
        if isinstance(node, cst.SimpleString | cst.FormattedString):
            text = string_value(node) or ""
            match = whole.search(text) if len(text) < LIMIT else None
            if match and not _is_said_elsewhere(at):
                yield Found(node, symbol=flag, value=" ".join(match[0].split()))
            return
        items = [string_value(element.value) or "" for element in node.elements]
        for first, second, element in zip(items, items[1:], node.elements, strict=False):
            if values and name.fullmatch(first) and value.fullmatch(second):
                yield Found(element.value, symbol=flag, value=f"{first} {second}")

    return detect


def _is_said_elsewhere(at: Place) -> bool:
    """A text for people; the value of a variable of the environment, which is a fact of its own."""
    match at.parent:
        case cst.Expr():
            return True
        case cst.Assign(targets=[cst.AssignTarget(target=cst.Subscript())]):
            return True
        case cst.Arg():
            call = at.within(cst.Call)
            asked = ("setdefault", "getenv", "putenv", "get")
            return isinstance(call, cst.Call) and last(call.func) in asked
    return False


auto_cast = _asking("--auto-cast", "matmult?|all")
fp8_reinterpreted = _asking("--experimental-unsafe-fp8e4m3fn-as-fp8e4m3")
downcast_allowed = _asking("--implicit-integer-downcast", r"(?!none\b|default\b)[\w,]+")
native_int64_off = _asking("--native-int64", "disabled")
native_int64_on = _asking("--native-int64", "enabled")
first_generation = _asking("--target", "inf2|trn1n?")
later_generation = _asking("--target", "trn[23]")
accumulation_off = _asking("--disable-mixed-precision-accumulation")


def exported_cast(node: cst.Call, at: Place) -> Iterator[Found]:
    """`NeuronModelForX.from_pretrained(…, export=True, auto_cast="matmul")`."""
    if not any(path.startswith("optimum.neuron") for path in at.paths(node.func)):
        return
    for literal, text in literals(argument(node, "auto_cast")):
        if CASTING.fullmatch(text):
            yield Found(literal, symbol="--auto-cast", value=f"auto_cast={at.code(literal)}")


def unsaid_cast(node: cst.Call, at: Place) -> Iterator[Found]:
    """`torch_neuronx.trace` without a word on casts, where all that it is given is written out."""
    if not at.calls(node, TRACE) or any(arg.star for arg in node.args):
        return
    given = argument(node, "compiler_args")
    values = at.values(given) if given is not None else []
    parts = [part for value in values for part in descend(value)]
    plain = cst.List | cst.Tuple | cst.Element | cst.SimpleString | cst.ConcatenatedString
    words = " ".join(string_value(p) or "" for p in parts if isinstance(p, cst.SimpleString))
    if all(isinstance(part, plain) for part in parts) and "--auto-cast" not in words:
        yield Found(node, symbol=TRACE, value="torch_neuronx.trace")


def smallest_float32(node: cst.Attribute, at: Place) -> Iterator[Found]:
    """`torch.finfo(torch.float32).min` or `.max`."""
    match node:
        case cst.Attribute(value=cst.Call() as call, attr=cst.Name("min" | "max")):
            if at.calls(call, "torch.finfo"):
                given = argument(call, "type", 0)
                if given is None or FLOAT32.intersection(at.paths(given)):
                    yield Found(node, symbol="torch.finfo", value=at.code(node), message=PENDING)


def smallest_settled(hits: Hits) -> Iterator[tuple[Found, tuple[()]]]:
    """The end of float32's range matters where the file itself has float32 computed otherwise."""
    reduced = any(
        hit.rule.name in REDUCED and "matmul" not in (hit.found.value or "") for hit in hits
    )
    hits[:] = [
        hit._replace(found=hit.found._replace(message=None))
        if hit.found.message == PENDING
        else hit
        for hit in hits
        if reduced or hit.found.message != PENDING
    ]
    yield from ()
