"""Process groups, wrappers and launches that are written for NCCL and CUDA devices."""

import re
from collections.abc import Iterator

from portlint.detectors.devices import device_strings
from portlint.detectors.words import called, choices, given, is_none, last, literals
from portlint.source import cst
from portlint.source.found import Found
from portlint.source.nodes import argument, descend, dotted_text, string_value
from portlint.source.place import Place

NCCL = re.compile(r"(\w+:\w+,)*(\w+:)?nccl(,\w+:\w+)*", re.IGNORECASE)
BACKEND = re.compile(r"(^|_)backend($|_)", re.IGNORECASE)
GROUPS = {
    "init_process_group": 0,
    "new_group": 2,
    "new_subgroups": 3,
    "Backend": 0,
}
"""Functions of torch.distributed that take a backend, and where."""
STARTS = frozenset("init_process_group new_group new_subgroups init_device_mesh".split())
BACKENDS = re.compile(
    r"(\w+:)?(auto|nccl|gloo|mpi|ucc|xla|neuron|hccl|xccl|ccl|rccl|bccl|cncl|mccl|eccl|tccl|fake|dynamic|smddp)"
    r"(,.*)?|",
    re.IGNORECASE,
)
"""Names of process group backends: another one among the choices tells another kind of backend."""
OF_GROUPS = re.compile(r"(ddp|dist|distributed|process_group)_backend")
C10D = ("torch.distributed.", "torch.distributed.distributed_c10d.")
DDP = frozenset(
    "torch.nn.parallel.DistributedDataParallel "
    "torch.nn.parallel.distributed.DistributedDataParallel".split()
)
MESHES = frozenset(
    "torch.distributed.init_device_mesh torch.distributed.device_mesh.init_device_mesh "
    "torch.distributed.DeviceMesh torch.distributed.device_mesh.DeviceMesh "
    "torch.distributed.tensor.DeviceMesh torch.distributed._tensor.DeviceMesh "
    "torch.distributed._tensor.init_device_mesh torch.distributed.tensor.init_device_mesh".split()
)
OBJECTS = {
    "all_gather_object": 2,
    "gather_object": 3,
    "broadcast_object_list": 2,
    "scatter_object_list": 3,
    "send_object_list": 2,
    "recv_object_list": 2,
}
"""Collectives of pickled objects, and where they take a group."""
SPAWN = frozenset(
    "torch.multiprocessing.spawn torch.multiprocessing.spawn.spawn "
    "torch.multiprocessing.start_processes".split()
)


def nccl(
    node: cst.Call | cst.Assign | cst.AnnAssign | cst.DictElement | cst.Param | cst.Return,
    at: Place,
) -> Iterator[Found]:
    """A process group's backend, spelled "nccl", wherever a backend is named."""
    if isinstance(node, cst.Return):
        function = at.within(cst.FunctionDef)
        if isinstance(function, cst.FunctionDef) and BACKEND.search(function.name.value):
            yield from _nccl(node.value, at)
        return
    for name, value in given(node, at):
        if BACKEND.search(name) and not _is_another(node, name, at):
            yield from _nccl(value, at)
    if isinstance(node, cst.Call):
        yield from _by_position(node, at)


def _is_another(node: cst.CSTNode, name: str, at: Place) -> bool:
    """Whether what is named like a backend is one of something else than process groups."""
    if "nccl" in name.lower() or _is_key(node, name, at):
        return True
    return not all(BACKENDS.fullmatch(choice) for choice in _listed(node))


def _listed(node: cst.CSTNode) -> Iterator[str]:
    """The choices that are listed: `backend: Literal["nccl", "ipc"]`, `choices=["nccl", "ipc"]`."""
    match node:
        case cst.AnnAssign(annotation=within) | cst.Param(annotation=cst.Annotation() as within):
            part: cst.CSTNode | None = within.annotation
        case cst.Call():
            part = argument(node, "choices")
        case _:
            part = None
    for found in descend(part) if part is not None else ():
        if isinstance(found, cst.SimpleString):
            yield string_value(found) or ""


def _is_key(node: cst.CSTNode, name: str, at: Place) -> bool:
    """Whether a class only says what it is for: `backend: ClassVar = "nccl"`, a registry's key."""
    owner = at.within(cst.ClassDef, cst.FunctionDef)
    if not isinstance(owner, cst.ClassDef):
        return False
    match node:
        case cst.AnnAssign(annotation=annotation):
            return "ClassVar" in at.code(annotation.annotation)
        case cst.Assign() if not OF_GROUPS.search(name):
            calls = (n for n in descend(owner.body) if isinstance(n, cst.Call))
            return not any(last(call.func) in STARTS for call in calls)
    return False


def _by_position(node: cst.Call, at: Place) -> Iterator[Found]:
    for path in at.paths(node.func):
        start = next((s for s in reversed(C10D) if path.startswith(s)), None)
        position = GROUPS.get(path.removeprefix(start)) if start else None
        if position is not None and position < len(node.args):
            if node.args[position].keyword is None:
                yield from _nccl(argument(node, "", position), at)
            return


def _nccl(value: cst.BaseExpression | None, at: Place) -> Iterator[Found]:
    for literal, text in literals(value):
        if NCCL.fullmatch(text):
            yield Found(literal, value=at.code(literal))


def ddp_devices(node: cst.Call, at: Place) -> Iterator[Found]:
    """`DistributedDataParallel(model, device_ids=[rank])`: one finding for both arguments."""
    if not any(path in DDP for path in at.paths(node.func)):
        return
    for name, position in (("device_ids", 1), ("output_device", 2)):
        value = argument(node, name, position)
        found = [c for c in choices(value) if _named(c, at)] if value is not None else []
        if found:
            yield Found(found[0], value=f"{name}={at.code(found[0])}")
            return


def _named(node: cst.BaseExpression, at: Place) -> bool:
    """Whether these are devices for certain: a parameter can hold None."""
    if isinstance(node, cst.Name | cst.Attribute):
        return any(isinstance(value, cst.List | cst.Tuple) for value in at.values(node))
    return not is_none(node)


def device_mesh(node: cst.Call, at: Place) -> Iterator[Found]:
    """`init_device_mesh("cuda", …)`."""
    if not any(path in MESHES for path in called(node, at)):
        return
    value = argument(node, "device_type", 0)
    for literal in device_strings(value) if value is not None else ():
        yield Found(literal, value=at.code(literal))


def bound_device(node: cst.Call, at: Place) -> Iterator[Found]:
    """`init_process_group(…, device_id=…)`."""
    value = argument(node, "device_id")
    if value is None or is_none(value):
        return
    if any(f"{start}init_process_group" in at.paths(node.func) for start in C10D):
        yield Found(value, value=f"device_id={at.code(value)}")


def object_collective(node: cst.Call, at: Place) -> Iterator[Found]:
    """`all_gather_object` and its kin on the default group; another group may be the host's."""
    for path in at.paths(node.func):
        start = next((s for s in reversed(C10D) if path.startswith(s)), None)
        name = path.removeprefix(start) if start else ""
        if name in OBJECTS and argument(node, "group", OBJECTS[name]) is None:
            yield Found(node, symbol=name)
            return


def spawned(node: cst.Call, at: Place) -> Iterator[Found]:
    """`spawn(…, nprocs=torch.cuda.device_count())`: none of them is started."""
    if not any(path in SPAWN for path in at.paths(node.func)):
        return
    value = argument(node, "nprocs", 2)
    if value is not None and any(_counts(v, at) for v in at.values(value)):
        yield Found(value, value=at.code(value))


def _counts(node: cst.BaseExpression, at: Place) -> bool:
    """Whether CUDA devices are counted, and nothing else can be the number."""
    calls = [n for n in descend(node) if isinstance(n, cst.Call)]
    counted = any(at.calls(call, "torch.cuda.device_count") for call in calls)
    return counted and not isinstance(node, cst.IfExp | cst.BooleanOperation) and not _max(calls)


def _max(calls: list[cst.Call]) -> bool:
    return any(dotted_text(call.func) == "max" for call in calls)
