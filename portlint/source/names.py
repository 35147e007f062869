"""What a dotted name refers to: scopes, bindings and imports, resolved without running anything."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from typing import TYPE_CHECKING, NamedTuple

import libcst as cst

from portlint.source.nodes import children, dotted_text

if TYPE_CHECKING:
    from portlint.source.guards import Guard

CLOSED = (cst.FunctionDef, cst.ClassDef, cst.Lambda, cst.Import, cst.ImportFrom)
"""Nodes whose inner names are bound elsewhere, or were taken as a whole."""
DEPTH = 8
"""Aliases of aliases are followed this far; more is a cycle or a puzzle."""


class Ref(NamedTuple):
    """A fully qualified name; `guard` is what the import that brought it stands behind."""

    path: str
    guard: Guard | None = None


class Binding:
    """One place that gives a name its value: an import (`path`), an expression, or neither."""

    __slots__ = ("conditional", "guard", "in_try", "node", "order", "path")

    def __init__(
        self,
        order: int,
        conditional: bool = False,
        path: str | None = None,
        node: cst.CSTNode | None = None,
        in_try: cst.Try | None = None,
    ) -> None:
        self.order = order
        self.conditional = conditional
        self.path = path
        self.node = node
        self.in_try = in_try
        self.guard: Guard | None = None


class Scope:
    """The names of one module, class, function or comprehension, and where to look next."""

    def __init__(self, kind: str, outer: Scope | None, node: cst.CSTNode | None = None) -> None:
        self.kind = kind
        self.outer = outer
        self.node = node
        self.names: dict[str, list[Binding]] = {}
        self.attributes: dict[str, list[Binding]] = {}
        self.elsewhere: set[str] = set()
        self.stars: list[str] = []
        self.order = 0
        self.now = 0
        self.orders: dict[int, int] = {}

    def add(self, name: str, binding: Binding) -> None:
        """Record a binding in textual order; `a.b` goes to the attributes."""
        table = self.attributes if "." in name else self.names
        table.setdefault(name, []).append(binding)

    def live(self, name: str, inner: bool) -> list[Binding]:
        """The bindings that can hold: from the last unconditional one on, before the use."""
        table = self.attributes if "." in name else self.names
        found = table.get(name, [])
        if not inner and self.now:
            found = [b for b in found if b.order <= self.now] or found
        for index in range(len(found) - 1, -1, -1):
            if not found[index].conditional:
                return found[index:]
        return found


def lookup(scope: Scope, name: str) -> tuple[list[Binding], Scope | None]:
    """The live bindings of a name and the scope that has them; class scopes hide from functions."""
    current: Scope | None = scope
    inner = False
    while current is not None:
        if name in current.elsewhere:
            current = _module(current)
        hidden = current.kind == "class" and inner and "." not in name
        table = current.attributes if "." in name else current.names
        if name in table and not hidden:
            return current.live(name, inner), current
        inner = inner or current.kind in ("function", "lambda")
        current = current.outer
    return [], None


def _module(scope: Scope) -> Scope:
    while scope.outer is not None:
        scope = scope.outer
    return scope


class Resolver:
    """Resolves expressions to qualified names; `external` maps names of audited modules on."""

    def __init__(self, package: str, external: Callable[[str], list[Ref]] | None = None) -> None:
        self.package = package
        self.external = external

    def absolute(self, node: cst.ImportFrom) -> str:
        """The module an import names; one relative to this file starts with a dot."""
        name = dotted_text(node.module) if node.module else ""
        if not node.relative:
            return name or ""
        parts = self.package.split(".") if self.package else []
        keep = parts[: max(0, len(parts) - len(node.relative) + 1)]
        return "." + ".".join([*keep, *([name] if name else [])])

    def refs(self, node: cst.BaseExpression, scope: Scope, depth: int = DEPTH) -> list[Ref]:
        """Every qualified name this expression can be; empty for anything local."""
        tail: list[str] = []
        base: cst.BaseExpression = node
        while isinstance(base, cst.Attribute):
            tail.append(base.attr.value)
            base = base.value
        found = self._base(base, scope, depth)
        if not found and tail and isinstance(base, cst.Name):
            return self._attribute(node, scope, depth)
        suffix = "".join(f".{part}" for part in reversed(tail))
        return self.mapped([ref._replace(path=ref.path + suffix) for ref in found])

    def _base(self, base: cst.BaseExpression, scope: Scope, depth: int) -> list[Ref]:
        if isinstance(base, cst.Name):
            return self._name(base.value, scope, depth)
        if isinstance(base, cst.Call) and depth > 0:
            return self._call(base, scope, depth)
        return []

    def _call(self, call: cst.Call, scope: Scope, depth: int) -> list[Ref]:
        """`import_module("x")` is the module x; `partial(f, …)` stands for f."""
        if not isinstance(call.func, cst.Name | cst.Attribute) or not call.args:
            return []
        first = call.args[0].value
        for ref in self.refs(call.func, scope, depth - 1):
            if ref.path in ("importlib.import_module", "__import__"):
                name = first.evaluated_value if isinstance(first, cst.SimpleString) else None
                return [Ref(name)] if isinstance(name, str) else []
            if ref.path == "functools.partial":
                return self.refs(first, scope, depth - 1)
        return []

    def _name(self, name: str, scope: Scope, depth: int) -> list[Ref]:
        bindings, where = lookup(scope, name)
        if where is None:
            builtin = [Ref(name)] if name == "__import__" else []
            return builtin or [Ref(f"{star}.{name}") for star in _module(scope).stars]
        return self._values(bindings, where, depth)

    def _attribute(self, node: cst.BaseExpression, scope: Scope, depth: int) -> list[Ref]:
        """`self.F` and the like, where an assignment in this file says what they hold."""
        text = dotted_text(node)
        if text is None or depth <= 0:
            return []
        bindings, where = lookup(scope, text)
        return self._values(bindings, where, depth) if where else []

    def _values(self, bindings: Sequence[Binding], where: Scope, depth: int) -> list[Ref]:
        found: list[Ref] = []
        for binding in bindings:
            if binding.path is not None:
                found.extend(self.mapped([Ref(binding.path, binding.guard)]))
            elif isinstance(binding.node, cst.Name | cst.Attribute | cst.Call) and depth > 0:
                found.extend(
                    ref._replace(guard=ref.guard or binding.guard)
                    for ref in self.refs(binding.node, where, depth - 1)
                )
        return list(dict.fromkeys(found))

    def mapped(self, refs: list[Ref]) -> list[Ref]:
        """The same names, or what an audited module that passes them on got them from."""
        if self.external is None:
            return refs
        out: list[Ref] = []
        for ref in refs:
            mapped = self.external(ref.path)
            out.extend(m._replace(guard=ref.guard or m.guard) for m in mapped)
            if not mapped:
                out.append(ref)
        return out

    def collect(self, scope: Scope, body: Sequence[cst.CSTNode]) -> None:
        """Record every binding of these statements, without entering inner functions."""
        stack: list[tuple[cst.CSTNode, bool, cst.Try | None]] = [
            (n, False, None) for n in reversed(body)
        ]
        while stack:
            node, conditional, in_try = stack.pop()
            if isinstance(node, cst.SimpleStatementLine | cst.BaseCompoundStatement):
                scope.order += 1
                scope.orders[id(node)] = scope.order
            for name, binding in self._bound(node, scope, conditional, in_try):
                scope.add(name, binding)
            if isinstance(node, CLOSED):
                continue
            inner = conditional or isinstance(
                node, cst.If | cst.For | cst.While | cst.Try | cst.Match
            )
            tried = node if isinstance(node, cst.Try) else in_try
            stack.extend((c, inner, tried) for c in reversed(children(node)))

    def _bound(
        self, node: cst.CSTNode, scope: Scope, conditional: bool, in_try: cst.Try | None
    ) -> Iterator[tuple[str, Binding]]:
        def make(path: str | None = None, value: cst.CSTNode | None = None) -> Binding:
            return Binding(scope.order, conditional, path, value, in_try)

        match node:
            case cst.Import():
                for alias in node.names:
                    path = dotted_text(alias.name) or ""
                    if alias.asname and isinstance(alias.asname.name, cst.Name):
                        yield alias.asname.name.value, make(path)
                    else:
                        root = path.split(".")[0]
                        yield root, make(root)
            case cst.ImportFrom():
                yield from self._imported(node, scope, make)
            case cst.Assign():
                for target in node.targets:
                    yield from _assigned(target.target, node.value, make)
            case cst.AnnAssign() if node.value is not None:
                yield from _assigned(node.target, node.value, make)
            case cst.NamedExpr():
                yield from _assigned(node.target, node.value, make)
            case cst.AugAssign():
                yield from _assigned(node.target, None, make)
            case cst.For():
                yield from _assigned(node.target, None, make)
            case cst.AsName():
                yield from _assigned(node.name, None, make)
            case cst.FunctionDef() | cst.ClassDef():
                yield node.name.value, make(value=node)
            case cst.MatchAs() | cst.MatchStar() if node.name is not None:
                yield node.name.value, make()
            case cst.Global() | cst.Nonlocal():
                scope.elsewhere.update(item.name.value for item in node.names)

    def _imported(
        self, node: cst.ImportFrom, scope: Scope, make: Callable[..., Binding]
    ) -> Iterator[tuple[str, Binding]]:
        module = self.absolute(node)
        if isinstance(node.names, cst.ImportStar):
            scope.stars.append(module)
            return
        for alias in node.names:
            name = alias.name.value if isinstance(alias.name, cst.Name) else ""
            as_name = alias.asname.name if alias.asname else None
            local = as_name.value if isinstance(as_name, cst.Name) else name
            yield local, make(f"{module}.{name}" if module else name)


def _assigned(
    target: cst.BaseExpression, value: cst.BaseExpression | None, make: Callable[..., Binding]
) -> Iterator[tuple[str, Binding]]:
    match target:
        case cst.Name():
            yield target.value, make(value=value)
        case cst.Attribute():
            if text := dotted_text(target):
                yield text, make(value=value)
        case cst.Tuple() | cst.List():
            values: Sequence[cst.BaseElement | None] = [None] * len(target.elements)
            if isinstance(value, cst.Tuple | cst.List) and len(value.elements) == len(values):
                values = value.elements
            for element, part in zip(target.elements, values, strict=True):
                yield from _assigned(element.value, part.value if part else None, make)
        case cst.StarredElement():
            yield from _assigned(target.value, None, make)
