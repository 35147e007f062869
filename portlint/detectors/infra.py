"""Infrastructure named in Python: instance types, GPU resources of pods, flags for cores."""

import re
from collections.abc import Iterator

from portlint.infra.instances import instance
from portlint.source import cst
from portlint.source.found import Found
from portlint.source.nodes import dotted_text, string_value
from portlint.source.place import Place

LNC_TWO = re.compile(r"(.*\s)?--(lnc|logical-nc-config)(=|\s+)2(\s.*)?", re.DOTALL)
LNC_FLAGS = ("--lnc", "--logical-nc-config")
INSTANCE_NAME = re.compile("instance|node_?type|machine", re.IGNORECASE)
GPU_RESOURCE = re.compile(r"nvidia\.com/(gpu|mig-[\w.]+)(\.shared)?")


def gpu_instance(node: cst.SimpleString, at: Place) -> Iterator[Found]:
    """`instance_type="ml.p4d.24xlarge"`: a string given to something that is called an instance."""
    name = _instance(node, at)
    if name and "inf1" not in name:
        yield Found(node, symbol=name, value=name)


def inf1_instance(node: cst.SimpleString, at: Place) -> Iterator[Found]:
    """The same for the first Inferentia generation."""
    name = _instance(node, at)
    if name and "inf1" in name:
        yield Found(node, symbol=name, value=name)


def gpu_resource(node: cst.SimpleString, at: Place) -> Iterator[Found]:
    """`{"nvidia.com/gpu": 1}` and `limits["nvidia.com/gpu"] = 1` in a pod that a program builds."""
    match at.parent:
        case cst.DictElement(key=key) if key is node:
            pass
        case cst.Index() if _is_set(at):
            pass
        case _:
            return
    name = string_value(node) or ""
    if GPU_RESOURCE.fullmatch(name):
        yield Found(node, symbol=name, value=name)


def _is_set(at: Place) -> bool:
    """Whether the subscript around this place is assigned to."""
    return any(isinstance(parent, cst.AssignTarget) for parent in at.frame.parents[-4:])


def _instance(node: cst.SimpleString, at: Place) -> str:
    """The instance type that a string names, where it is the value of an instance's name."""
    if len(node.value) > 40 or not INSTANCE_NAME.search(_given_to(at)):
        return ""
    return instance(string_value(node) or "") or ""


def _given_to(at: Place) -> str:
    """The name of the argument, variable, parameter or key that takes the value at this place."""
    parents = [p for p in at.frame.parents if not isinstance(p, cst.Element)]
    listed = bool(parents) and isinstance(parents[-1], cst.List | cst.Tuple)
    match parents[-2] if listed and len(parents) > 1 else at.parent:
        case cst.Arg(keyword=cst.Name(value=name)):
            return name
        case cst.DictElement(key=cst.SimpleString() as key):
            return string_value(key) or ""
        case cst.Assign(targets=[cst.AssignTarget(target=target)]) if not listed:
            return (dotted_text(target) or "").rpartition(".")[2]
        case cst.AnnAssign(target=target) if not listed:
            return dotted_text(target) or ""
        case cst.Param(name=cst.Name(value=name)):
            return name
    return ""


def two_cores(node: cst.List | cst.Tuple | cst.SimpleString, at: Place) -> Iterator[Found]:
    """`--lnc 2` among compiler arguments: in a list of words, or in one string of flags."""
    if isinstance(node, cst.SimpleString):
        in_list = isinstance(at.parent, cst.Element)
        text = "" if isinstance(at.parent, cst.Expr) else string_value(node) or ""
        if not (in_list and text in LNC_FLAGS) and LNC_TWO.fullmatch(text) and len(text) < 2000:
            yield Found(node, symbol="--lnc", value=text)
        return
    items = [string_value(element.value) for element in node.elements]
    for flag, value, element in zip(items, items[1:], node.elements, strict=False):
        if flag in LNC_FLAGS and value == "2":
            yield Found(element.value, symbol="--lnc", value=f"{flag} 2")
