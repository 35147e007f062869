"""Kernels written with NKI, in a form that a later release of the language no longer takes."""

from collections.abc import Iterator

from portlint.detectors.words import called
from portlint.source import cst
from portlint.source.found import Found, Hits
from portlint.source.nodes import argument, descend, dotted_text, string_value
from portlint.source.place import Place

OLD = "neuronxcc.nki"
HARMLESS = frozenset(["nc", "get_nc_version", "nc_version"])
"""Names of the old namespace that programs use outside of kernels."""
KERNEL = "a kernel in the old namespace"
MAKERS = frozenset("ndarray zeros ones full zeros_like empty_like rand".split())
"""Functions of nki.language that make a tensor and take a buffer."""
REMOVED = {
    "nki.isa.dma_copy": ("dst_rmw_op", "unique_indices"),
    "nki.isa.sendrecv": ("use_gpsimd_dma",),
    "nki.isa.register_move": ("imm",),
    "nki.isa.nc_matmul": ("psumAccumulateFlag", "is_moving_zero", "mask"),
    "nki.collectives.collective_permute_implicit_current_processing_rank_id": ("num_channels",),
}
"""Parameters that are gone, by function; `mask` is gone from those of MASKED too."""
MASKED = frozenset(
    f"nki.{name}"
    for name in "language.load language.store isa.activation isa.tensor_copy isa.tensor_reduce "
    "isa.tensor_scalar isa.tensor_tensor isa.dma_copy isa.nc_transpose isa.reciprocal "
    "isa.iota isa.memset isa.bn_stats isa.bn_aggr".split()
)
REQUIRED = {
    "nki.isa.tensor_copy": ("dst", "src"),
    "nki.isa.nc_transpose": ("dst", "data"),
    "nki.isa.reciprocal": ("dst", "data"),
    "nki.isa.activation": ("dst", "op", "data"),
    "nki.isa.tensor_reduce": ("dst", "op", "data", "axis"),
    "nki.isa.tensor_tensor": ("dst", "data1", "data2", "op"),
    "nki.isa.tensor_scalar": ("dst", "data", "op0", "operand0"),
    "nki.isa.nc_matmul": ("dst", "stationary", "moving"),
    "nki.isa.bn_stats": ("dst", "data"),
    "nki.isa.bn_aggr": ("dst", "data"),
    "nki.isa.max8": ("dst", "src"),
}
"""Instructions of nki.isa and the parameters they cannot do without."""
ENUMS = frozenset("dge_mode oob_mode engine reduce_cmd".split())


def old_import(node: cst.Import | cst.ImportFrom, at: Place) -> Iterator[Found]:
    """An import of the compiler package's own NKI."""
    if isinstance(node, cst.ImportFrom):
        module = "" if node.relative else dotted_text(node.module) or ""
        names = [module, *_taken(node, module)]
    else:
        names = [dotted_text(alias.name) or "" for alias in node.names]
    for name in names:
        if f"{name}.".startswith(f"{OLD}."):
            yield Found(node, symbol=OLD, value=name)
            return


def _taken(node: cst.ImportFrom, module: str) -> list[str]:
    if isinstance(node.names, cst.ImportStar):
        return []
    return [f"{module}.{dotted_text(alias.name)}" for alias in node.names]


def old_kernel(node: cst.Call | cst.Decorator, at: Place) -> Iterator[Found]:
    """Something of the old namespace that only a kernel uses; counted, and not reported itself."""
    what = node.func if isinstance(node, cst.Call) else node.decorator
    for path in at.paths(what):
        if path.startswith(f"{OLD}.") and path.split(".")[-1] not in HARMLESS:
            yield Found(node, symbol=path, key=KERNEL)
            return


def old_settled(hits: Hits) -> Iterator[tuple[Found, tuple[()]]]:
    """The import breaks where the file holds a kernel, and else only takes what was compiled."""
    kernels = any(hit.found.key == KERNEL for hit in hits)
    dropped = "old-nki-import" if kernels else "old-nki-namespace"
    hits[:] = [h for h in hits if h.found.key != KERNEL and h.rule.name != dropped]
    yield from ()


def jit_target(node: cst.Call, at: Place) -> Iterator[Found]:
    """`nki.jit(platform_target="trn2")`."""
    yield from _jit_option(node, at, "platform_target")


def jit_mode(node: cst.Call, at: Place) -> Iterator[Found]:
    """`nki.jit(mode="trace")`."""
    yield from _jit_option(node, at, "mode")


def _jit_option(node: cst.Call, at: Place, name: str) -> Iterator[Found]:
    value = argument(node, name)
    if value is not None and "nki.jit" in called(node, at):
        yield Found(value, value=f"{name}={at.code(value)}")


def buffer_name(node: cst.Call, at: Place) -> Iterator[Found]:
    """`nl.ndarray(…, buffer="sbuf")`."""
    value = argument(node, "buffer")
    if string_value(value) and any(p in _named("language", MAKERS) for p in at.paths(node.func)):
        yield Found(value or node, value=at.code(value or node))


def _named(module: str, names: frozenset[str]) -> frozenset[str]:
    return frozenset(f"nki.{module}.{name}" for name in names)


def removed_argument(node: cst.Call, at: Place) -> Iterator[Found]:
    """A parameter that the function no longer has."""
    for path in at.paths(node.func):
        gone = (*REMOVED.get(path, ()), *(("mask",) if path in MASKED else ()))
        for name in gone:
            value = argument(node, name)
            if value is not None:
                yield Found(value, symbol=path, value=f"{name}={at.code(value)}")
                return


def no_destination(node: cst.Call, at: Place) -> Iterator[Found]:
    """`y = nisa.activation(op, x)`: instructions write to a tensor they are given."""
    for path in at.paths(node.func):
        needed = REQUIRED.get(path)
        if needed is None or any(arg.star for arg in node.args):
            continue
        given = sum(arg.keyword is None or arg.keyword.value in needed for arg in node.args)
        if given < len(needed) and argument(node, "dst") is None:
            yield Found(node, symbol=path)
            return


def enum_number(node: cst.Call, at: Place) -> Iterator[Found]:
    """`nisa.dma_copy(…, dge_mode=2)`."""
    for arg in node.args:
        name = arg.keyword.value if arg.keyword is not None else ""
        if name not in ENUMS or not isinstance(arg.value, cst.Integer):
            continue
        if any(path.startswith("nki.isa.") for path in at.paths(node.func)):
            yield Found(arg.value, value=f"{name}={at.code(arg.value)}")


def _is_kernel(node: cst.FunctionDef, at: Place) -> bool:
    """Whether a function is decorated with `nki.jit`, with or without options."""
    marks = [d.decorator for d in node.decorators]
    return any("nki.jit" in at.paths(m.func if isinstance(m, cst.Call) else m) for m in marks)


def hbm_output(node: cst.FunctionDef, at: Place) -> Iterator[Found]:
    """A kernel that returns a tensor it made in `nl.hbm`."""
    if not _is_kernel(node, at):
        return
    items = list(descend(node.body))
    made = {
        item.targets[0].target.value: item.value
        for item in items
        if isinstance(item, cst.Assign)
        and isinstance(item.targets[0].target, cst.Name)
        and isinstance(item.value, cst.Call)
        and (dotted_text(argument(item.value, "buffer")) or "").endswith(".hbm")
    }
    for item in items:
        names = _returned(item.value) if isinstance(item, cst.Return) else []
        for name in names:
            if name in made:
                yield Found(made.pop(name), value=f"`{name}`")


def _returned(node: cst.BaseExpression | None) -> list[str]:
    elements = [e.value for e in node.elements] if isinstance(node, cst.Tuple) else [node]
    return [e.value for e in elements if isinstance(e, cst.Name)]


def python_subset(node: cst.FunctionDef, at: Place) -> Iterator[Found]:
    """Parts of Python that the compiler of NKI 0.3 to 0.6 does not take in a kernel."""
    if not _is_kernel(node, at):
        return
    if isinstance(node.params.star_arg, cst.ParamStar):
        yield Found(node.params.star_arg, value="parameters behind `*`")
    for param in (*node.params.params, *node.params.kwonly_params):
        if isinstance(param.default, cst.List):
            yield Found(param.default, value=f"a list as the default of `{param.name.value}`")
