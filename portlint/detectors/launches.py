"""Launches of kernels: found where they stand, then moved to the kernel they belong to."""

from collections.abc import Iterator

from portlint.detectors.nki import library_kernel
from portlint.source import cst
from portlint.source.found import Found, Hit, Hits
from portlint.source.nodes import argument, descend
from portlint.source.place import Place
from portlint.source.scope import lookup

INDICES = frozenset(
    "program_id grid gridsize threadIdx blockIdx thread_idx block_idx Kernel bid tid tile".split()
)
"""What only a kernel asks for; a function without it is a helper of kernels."""
KERNEL = "is the function itself"
LAUNCH = "is launched here"
DEPTH = 4


def by_subscript(node: cst.CSTNode, at: Place) -> Iterator[Found]:
    """`kernel[grid](…)`."""
    match node:
        case cst.Call(func=cst.Subscript(value=kernel)):
            yield from launches(node, kernel, at)


def by_argument(node: cst.CSTNode, at: Place, launcher: str, position: int) -> Iterator[Found]:
    """`launch(kernel, …)`: a function that is given the kernel."""
    if not isinstance(node, cst.Call) or not at.calls(node, launcher):
        return
    kernel = argument(node, "kernel", position)
    if kernel is not None:
        yield from launches(node, kernel, at)


def launches(node: cst.Call, kernel: cst.BaseExpression, at: Place) -> Iterator[Found]:
    """The launch, once for each function of this file that the kernel can be."""
    for function in functions(kernel, at):
        yield Found(node, message=LAUNCH, value=_where(at), related=((function, KERNEL),))


def functions(node: cst.BaseExpression, at: Place, depth: int = DEPTH) -> Iterator[cst.FunctionDef]:
    """The functions of this file an expression can be, through names, choices and wrappers."""
    if isinstance(node, cst.IfExp):
        yield from functions(node.body, at, depth)
        yield from functions(node.orelse, at, depth)
    elif isinstance(node, cst.Call) and node.args and depth:
        yield from functions(node.args[0].value, at, depth - 1)
    elif isinstance(node, cst.Name | cst.Attribute) and depth:
        text = node.value if isinstance(node, cst.Name) else f"self.{node.attr.value}"
        for binding in lookup(at.frame.scope, text)[0]:
            if isinstance(binding.node, cst.FunctionDef):
                yield binding.node
            elif isinstance(binding.node, cst.BaseExpression):
                yield from functions(binding.node, at, depth - 1)


def _where(at: Place) -> str:
    """The function (and class) a launch stands in, in words."""
    function, owner = at.within(cst.FunctionDef), at.within(cst.ClassDef)
    name = function.name.value if isinstance(function, cst.FunctionDef) else ""
    if not isinstance(owner, cst.ClassDef):
        return f"launched in `{name}`" if name else "launched"
    paths = [path for base in owner.bases for path in at.paths(base.value)]
    kind = "autograd function " if any(p.startswith("torch.autograd.") for p in paths) else ""
    return f"launched in {kind}`{owner.name.value}.{name}`".replace(".`", "`")


def joined(hits: Hits) -> Iterator[tuple[Found, tuple[()]]]:
    """Launches move to the kernels they belong to, helpers to the kernel that calls them."""
    kernels: dict[int, list[int]] = {}
    launches: dict[int, dict[int, tuple[cst.CSTNode, str]]] = {}
    for index, hit in enumerate(hits):
        match hit.found.related:
            case ((function, text),) if text == KERNEL and hit.found.message == LAUNCH:
                place = (hit.found.node, hit.found.value)
                launches.setdefault(id(function), {})[id(hit.found.node)] = place
            case ((function, text),) if text == KERNEL:
                kernels.setdefault(id(function), []).append(index)
    roots = _roots(hits, kernels, set(launches))
    for key, indices in kernels.items():
        for index in indices:
            related = tuple(launches.get(key, {}).values())
            hits[index] = _told(hits[index], roots[index], related)
    hits[:] = [hit for hit in hits if hit.found.message != LAUNCH]
    yield from ()


def _told(hit: Hit, root: str | None, related: tuple[tuple[cst.CSTNode, str], ...]) -> Hit:
    compare = library_kernel(hit.found.value)
    value = hit.found.value + (f" (compare `{compare}` of the NKI library)" if compare else "")
    return hit._replace(found=hit.found._replace(key=root, value=value, related=related))


def _roots(hits: Hits, kernels: dict[int, list[int]], launched: set[int]) -> dict[int, str | None]:
    """Which piece of work each hit belongs to: a kernel is its own, a helper its caller's."""
    bodies = {key: hits[indices[0]].found.related[0][0] for key, indices in kernels.items()}
    keys = {key: hits[indices[0]].found.key or "" for key, indices in kernels.items()}
    names = {f.name.value: key for key, f in bodies.items() if isinstance(f, cst.FunctionDef)}
    callers: dict[int, list[int]] = {}
    for key, body in bodies.items() if len(bodies) > 1 else ():
        for called in {names[n] for n in _called(body) if n in names} - {key}:
            callers.setdefault(called, []).append(key)
    roots: dict[int, str | None] = {}
    for key, indices in kernels.items():
        root = key if key in launched else _caller(key, callers, launched)
        text = keys[root]
        if root not in launched and not _is_kernel(bodies[root]):
            text = f"{text.rpartition(':')[0]}:helpers"
        roots.update(dict.fromkeys(indices, text))
    return roots


def _caller(key: int, callers: dict[int, list[int]], launched: set[int]) -> int:
    """The kernel that leads to a helper; the helper itself where no function here calls it."""
    seen = {key}
    while key not in launched:
        above = [c for c in callers.get(key, ()) if c not in seen]
        if not above:
            break
        key = next((c for c in above if c in launched), above[0])
        seen.add(key)
    return key


def _called(function: cst.CSTNode) -> Iterator[str]:
    for node in descend(function):
        if isinstance(node, cst.Call) and isinstance(node.func, cst.Name):
            yield node.func.value


def _is_kernel(function: cst.CSTNode) -> bool:
    return any(
        isinstance(node, cst.Attribute) and node.attr.value in INDICES for node in descend(function)
    )


def alone(hits: Hits) -> Iterator[tuple[Found, tuple[()]]]:
    """An import of a kernel language says nothing new beside the kernels written in it."""
    used = {_root(hit) for hit in hits if not _is_import(hit)}
    hits[:] = [hit for hit in hits if not (_is_import(hit) and _root(hit) in used)]
    yield from ()


def _is_import(hit: Hit) -> bool:
    """Whether the hit is by a rule that asked for `alone`, on an import."""
    imports = isinstance(hit.found.node, cst.ImportAlias | cst.ImportFrom)
    return imports and "launches:alone" in hit.rule.detectors


def _root(hit: Hit) -> str:
    """The package a hit's symbol is from, among the packages of this subject's rules."""
    return (hit.found.symbol or "").split(".")[0] if hit.rule.subject == "custom-kernels" else ""
