"""Functions and classes -> the guard of what they are: skipped tests, methods for one device,
kernels that say themselves where they run."""

from __future__ import annotations

import re
from collections.abc import Sequence

from portlint.source import cst
from portlint.source.answers import answers
from portlint.source.conditions import Conditions
from portlint.source.guards import Guard
from portlint.source.nodes import dotted_text
from portlint.source.probes import CUDA_MARKS, SUPPORT
from portlint.source.recast import make
from portlint.source.scope import Scope, lookup

Definition = cst.FunctionDef | cst.ClassDef
CONDITION = frozenset("supported enabled available condition enable_if when".split())
"""Keywords of decorators that register an implementation where something holds."""
QUESTION = frozenset("supports_args supports predicate".split())
"""Keywords that are given a function which answers that for the arguments of a call."""
DEPTH = 4
"""Classes of classes that are asked."""
STEM = r"_?(?:forward|apply|run|compute|kernel|impl)(?:_\w+?)?"
GPU = "cuda|gpu|rocm|hip|triton"
HOST = "native|cpu|torch|pytorch|eager|oot|xla|tpu|xpu|hpu|npu|mps|reference|ref"
FOR_DEVICE = re.compile(rf"(?P<stem>{STEM})_(?P<device>{GPU}|cpu|xla|tpu|xpu|hpu|npu|mps)")


def guard_of(
    conditions: Conditions, node: Definition, parents: Sequence[cst.CSTNode], scope: Scope
) -> Guard | None:
    """What keeps a function or class from being used on a Neuron host, or None."""
    found = _decorated(conditions, node, scope)
    if found is None and isinstance(node, cst.ClassDef):
        return _asked(conditions, node, scope)
    if found is None and len(parents) > 1 and isinstance(parents[-2], cst.ClassDef):
        return _for_device(node, parents[-2])
    return found


def _decorated(conditions: Conditions, node: Definition, scope: Scope) -> Guard | None:
    """A decorator that leaves a test or an implementation out where CUDA is missing."""
    for decorator in node.decorators:
        made = decorator.decorator
        call = made if isinstance(made, cst.Call) else None
        last = (dotted_text(call.func if call else made) or "").split(".")[-1]
        if CUDA_MARKS.search(last):
            return Guard("skip", made, made)
        if call and call.args and last in ("skipif", "skipIf", "skipUnless"):
            truth = last == "skipUnless"
            if found := conditions.guard(call.args[0].value, truth, scope):
                return Guard("skip", made, made, found.library)
        for arg in call.args if call else ():
            asked = _condition(arg)
            if asked is not None and (found := conditions.guard(asked, True, scope)):
                return found
    return None


def _condition(arg: cst.Arg) -> cst.BaseExpression | None:
    """The condition that an argument of a registering decorator is, or that it answers."""
    word = arg.keyword.value if arg.keyword is not None else ""
    match arg.value:
        case cst.Lambda(body=body) if word in QUESTION:
            return body
        case cst.Name() as name if word in QUESTION:
            called: cst.Call = make.Call(name, [])
            return called
    return arg.value if word in CONDITION else None


def _asked(
    conditions: Conditions, node: cst.ClassDef, scope: Scope, depth: int = DEPTH
) -> Guard | None:
    """A class whose `is_supported()` says no on a host without CUDA, or without the library."""
    own = [m for m in node.body.body if isinstance(m, cst.FunctionDef)]
    methods = [method for method in own if SUPPORT.fullmatch(method.name.value)]
    if not methods and node.bases:
        return _inherited(conditions, node, scope, depth - 1) if depth else None
    for method in methods:
        for atom in answers(conditions, method, True, scope):
            if atom.holds == (atom.kind != "neuron") and atom.kind not in ("host", "typing"):
                words = f"{node.name.value}.{method.name.value}()"
                return Guard(atom.kind, method, words, atom.library)
    return None


def _inherited(
    conditions: Conditions, node: cst.ClassDef, scope: Scope, depth: int
) -> Guard | None:
    """What a class of this file says that this one is made of."""
    for base in node.bases:
        name = base.value.value if isinstance(base.value, cst.Name) else ""
        bindings, where = lookup(scope, name)
        for binding in bindings:
            if isinstance(binding.node, cst.ClassDef) and binding.node is not node and where:
                return _asked(conditions, binding.node, where, depth)
    return None


def _for_device(node: Definition, owner: cst.ClassDef) -> Guard | None:
    """`forward_cuda` of a class that has a `forward_native` too: what decides is the caller."""
    name = FOR_DEVICE.fullmatch(node.name.value)
    if name is None:
        return None
    other = re.compile(rf"{name['stem']}_({HOST})")
    siblings = (s.name.value for s in owner.body.body if isinstance(s, cst.FunctionDef))
    found = (s for s in siblings if s != node.name.value and other.fullmatch(s))
    sibling = next(found, None)
    return None if sibling is None else Guard("method", node, sibling)
