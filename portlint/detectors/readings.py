"""What CUDA answers and records: version numbers, profiler activities, random states, libraries."""

from collections.abc import Iterator

from portlint.source import cst
from portlint.source.found import Found
from portlint.source.nodes import argument, dotted_text, is_true, string_value
from portlint.source.place import Place

VERSION = "torch.version.cuda"
CUDNN_VERSION = "torch.backends.cudnn.version"
NUMBERS = frozenset("float int tuple list Version parse LooseVersion StrictVersion".split())
"""Calls that take a version apart and raise on None."""
ORDERING = cst.LessThan | cst.LessThanEqual | cst.GreaterThan | cst.GreaterThanEqual
ACTIVITIES = frozenset(
    "torch.profiler.ProfilerActivity.CUDA torch.autograd.ProfilerActivity.CUDA "
    "torch.autograd.profiler.ProfilerActivity.CUDA torch._C._profiler.ProfilerActivity.CUDA".split()
)
ACTIVITY = "torch.profiler.ProfilerActivity.CUDA"
AMONG_OTHERS = "torch.profiler.profile(activities=[…])"
ALONE = "torch.profiler.profile(activities=[ProfilerActivity.CUDA])"
OLD_PROFILER = "torch.autograd.profiler.profile"
FORK = "torch.random.fork_rng"
PREFERRED = tuple(f"torch.backends.cuda.preferred_{kind}_library" for kind in ("linalg", "blas"))
PRESENT = frozenset(["default", "cublas", "hipblaslt", "ck"])
"""Libraries that torch accepts the name of on every build."""


def version_read(node: cst.Attribute | cst.Call, at: Place) -> Iterator[Found]:
    """`torch.version.cuda` or cuDNN's version taken as text or number, which are None here."""
    if isinstance(node, cst.Attribute):
        name, known = VERSION, node.attr.value == "cuda" and VERSION in at.paths(node)
    else:
        name, known = CUDNN_VERSION, at.calls(node, CUDNN_VERSION)
    if known and _taken_apart(node, at):
        yield Found(node, symbol=name, value=name)


def _taken_apart(node: cst.CSTNode, at: Place) -> bool:
    match at.parent:
        case cst.Attribute():
            return True
        case cst.Subscript(value=value):
            return value is node
        case cst.Comparison(comparisons=[cst.ComparisonTarget(operator=operator)]):
            return isinstance(operator, ORDERING)
        case cst.ComparisonTarget(operator=operator):
            return isinstance(operator, ORDERING)
        case cst.Arg():
            call = at.within(cst.Call)
            name = dotted_text(call.func) if isinstance(call, cst.Call) else None
            return (name or "").split(".")[-1] in NUMBERS
    return False


def cuda_activity(node: cst.Attribute | cst.Call, at: Place) -> Iterator[Found]:
    """`ProfilerActivity.CUDA`, or the older profiler's `use_cuda=True`."""
    if isinstance(node, cst.Attribute):
        if node.attr.value == "CUDA" and ACTIVITIES.intersection(at.paths(node)):
            row = ALONE if _only(at) else AMONG_OTHERS
            yield Found(node, symbol=ACTIVITY, row=row)
    elif at.calls(node, OLD_PROFILER):
        flag = argument(node, "use_cuda")
        if flag is not None and is_true(flag):
            yield Found(flag, symbol=OLD_PROFILER, row=f"{OLD_PROFILER}(use_cuda)")


def _only(at: Place) -> bool:
    """Whether the activity stands alone in the list handed to a profiler."""
    match at.frame.parents[-3:]:
        case (
            cst.Arg(keyword=cst.Name("activities")),
            cst.List() | cst.Tuple() | cst.Set() as b,
            _,
        ):
            return len(b.elements) == 1
    return False


def forked(node: cst.Call, at: Place) -> Iterator[Found]:
    """`fork_rng()` that saves and restores no generator of the accelerator."""
    if not at.calls(node, FORK):
        return
    enabled = argument(node, "enabled", 1)
    if argument(node, "devices", 0) is not None or (enabled and dotted_text(enabled) == "False"):
        return
    kind = argument(node, "device_type")
    if kind is None:
        yield Found(node.func, symbol=FORK, row=f"{FORK}()")
    elif string_value(kind) == "cuda":
        yield Found(node.func, symbol=FORK, row=f"{FORK}(device_type=cuda)")


def preferred_library(node: cst.Call, at: Place) -> Iterator[Found]:
    """A choice among CUDA's math libraries; the names of those left out of a build raise."""
    for path in at.paths(node.func):
        if path in PREFERRED:
            chosen = argument(node, "backend", 0)
            text = string_value(chosen)
            absent = text is not None and text.lower() not in PRESENT
            kind = "cusolver" if absent else ""
            yield Found(node.func, symbol=path, row=f"{PREFERRED[0]}({kind})")
