"""Conditions on the version of torch -> whether they hold on a Neuron host."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from typing import Literal

from packaging.specifiers import InvalidSpecifier, SpecifierSet

from portlint.source import cst
from portlint.source.nodes import descend, dotted_text, string_value

Family = Literal["native", "xla"]
Held = bool | Family | None
"""Whether a condition holds: on every stack or none, on those of a family only, or not known."""
SHIPPED: dict[Family, tuple[str, ...]] = {"xla": ("2.9",), "native": ("2.13", "2.14")}
"""The releases of torch that the stacks come with, by the device they put tensors on.

A file is read before a target is chosen, so what they do not agree on is told by family.
"""
WORDS = (
    ("<=", r"less_(than_)?or_equal|less_equal|equal_or_(older|less|lower)|le"),
    (">=", r"greater_(than_)?or_equal(_than)?|greater_equal|equal_or_(newer|greater)|at_least|ge"),
    ("<", r"less(_than)?|older(_than)?|lt"),
    (">", r"greater(_than)?|newer(_than)?|gt"),
    ("==", r"equal|eq"),
)
"""What the name of a flag or a helper says about the version, the longer words first."""
SIGNS: dict[type[cst.BaseCompOp], str] = {
    cst.LessThan: "<",
    cst.LessThanEqual: "<=",
    cst.GreaterThan: ">",
    cst.GreaterThanEqual: ">=",
    cst.Equal: "==",
    cst.NotEqual: "!=",
}
OPERATORS = {"ge": ">=", "gt": ">", "le": "<=", "lt": "<", "eq": "==", "ne": "!="}
NUMBER = r"(\d+(?:[._]\d+)+)"
VERSION = re.compile(r"\d+(\.\d+)++((\.|a|b|rc|dev|post)\d*)*")


def flag(name: str) -> Held:
    """`_TORCH_GREATER_EQUAL_2_4`, `is_torch_greater_or_equal_than_2_4`."""
    for sign, words in WORDS if "torch" in name.lower() else ():
        if found := re.fullmatch(rf"_*(is_|has_)?torch_({words})_{NUMBER}", name, re.IGNORECASE):
            return _holds(sign, found[found.re.groups].replace("_", "."))
    return None


def helper(name: str, call: cst.Call) -> Held:
    """`is_torch_equal("2.9.0")`, `compare_version("torch", ge, "2.4")`, `is_torch_version(…)`."""
    texts = [string_value(arg.value) or dotted_text(arg.value) or "" for arg in call.args[:3]]
    last = name.lower().lstrip("_")
    match [last, *(text for text in texts if text != "torch.__version__")]:
        case ["requirementcache", text] if found := re.fullmatch(r"torch\s*([<>=!~].*)", text):
            return _holds("", found[1])
        case ["compare_version", "torch", operator, version, *_]:
            return _holds(OPERATORS.get(operator.split(".")[-1], "?"), version)
        case ["is_torch_version", sign, version]:
            return _holds(sign, version)
        case [_, version, *_]:
            for sign, words in WORDS if "torch" in last else ():
                if re.fullmatch(rf"(is_)?torch_({words})", last):
                    return _holds(sign, version)
    return None


def compared(
    test: cst.Comparison, meant: Callable[[cst.BaseExpression], Iterator[cst.CSTNode]]
) -> Held:
    """`version.parse(torch.__version__) >= version.parse("2.4")`; `meant` follows names."""
    target = test.comparisons[0]
    sign = SIGNS.get(type(target.operator))
    version = _written(target.comparator)
    if sign is None or version is None:
        return None
    named = any(dotted_text(n) == "torch.__version__" for p in meant(test.left) for n in descend(p))
    return _holds(sign, version) if named and not _part(test.left) else None


def _part(node: cst.BaseExpression) -> bool:
    """Whether only a part of the version is asked for: `.major`, `[0]`."""
    if isinstance(node, cst.Attribute):
        return node.attr.value in ("major", "minor", "micro", "local")
    return isinstance(node, cst.Subscript | cst.BinaryOperation)


def _written(node: cst.BaseExpression) -> str | None:
    """The version of `"2.4"`, `Version("2.4")` or `(2, 4)`."""
    if isinstance(node, cst.Call) and len(node.args) == 1:
        node = node.args[0].value
    if isinstance(node, cst.Tuple):
        numbers = [e.value.value for e in node.elements if isinstance(e.value, cst.Integer)]
        return ".".join(numbers) if len(numbers) == len(node.elements) > 1 else None
    return string_value(node)


def _holds(sign: str, version: str) -> Held:
    """Which shipped releases of torch pass; unknown for patches and for no versions."""
    every = [release for releases in SHIPPED.values() for release in releases]
    patch = any(version.startswith(f"{release}.") for release in every)
    if sign and (not VERSION.fullmatch(version) or patch):
        return None
    try:
        wanted = SpecifierSet(sign + version)
    except InvalidSpecifier:
        return None
    passes = {
        family: {wanted.contains(f"{release}.0", prereleases=True) for release in releases}
        for family, releases in SHIPPED.items()
    }
    if any(len(answers) > 1 for answers in passes.values()):
        return None
    holding = [family for family, answers in passes.items() if answers == {True}]
    return holding[0] if len(holding) == 1 else bool(holding)
