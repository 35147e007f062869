"""Settings of TorchDynamo: assignments to its configuration, and the same by `patch(…)`."""

from collections.abc import Iterator

from portlint.source import cst
from portlint.source.found import Found
from portlint.source.place import Place

CONFIG = "torch._dynamo.config"
DYNAMIC = {"assume_static_by_default": "False", "capture_dynamic_output_shape_ops": "True"}
"""Settings, and the values with which graphs get dimensions of unknown size."""


def dynamic(node: cst.Assign | cst.Call, at: Place) -> Iterator[Found]:
    """Settings that make sizes dynamic for everything that is compiled."""
    for setting, value in DYNAMIC.items():
        yield from _set(node, at, setting, value)


def suppressed(node: cst.Assign | cst.Call, at: Place) -> Iterator[Found]:
    """`suppress_errors = True`: what fails to compile runs eagerly, and nobody is told."""
    yield from _set(node, at, "suppress_errors", "True")


def _set(node: cst.Assign | cst.Call, at: Place, setting: str, value: str) -> Iterator[Found]:
    match node:
        case cst.Assign(value=cst.Name(value=given)) if given == value:
            for target in node.targets:
                if f"{CONFIG}.{setting}" in at.paths(target.target):
                    yield Found(target.target, symbol=setting, value=f"{setting} = {value}")
        case cst.Call() if at.calls(node, f"{CONFIG}.patch"):
            for arg in node.args:
                named = arg.keyword is not None and arg.keyword.value == setting
                if named and isinstance(arg.value, cst.Name) and arg.value.value == value:
                    yield Found(arg, symbol=setting, value=f"{setting}={value}")
