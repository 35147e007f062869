"""Scopes: which bindings a name has in a module, class, function or comprehension."""

from __future__ import annotations

from typing import TYPE_CHECKING

from portlint.source import cst

if TYPE_CHECKING:
    from portlint.source.guards import Guard


class Binding:
    """One place that gives a name its value: an import (`path`), an expression, or neither."""

    __slots__ = ("conditional", "guard", "in_try", "node", "order", "path")

    def __init__(
        self,
        order: int,
        conditional: bool = False,
        path: str | None = None,
        node: cst.CSTNode | None = None,
        in_try: cst.Try | cst.TryStar | None = None,
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
            current = module_of(current)
        hidden = current.kind == "class" and inner and "." not in name
        table = current.attributes if "." in name else current.names
        if name in table and not hidden:
            return current.live(name, inner), current
        inner = inner or current.kind in ("function", "lambda")
        current = current.outer
    return [], None


def module_of(scope: Scope) -> Scope:
    """The scope of the module that a scope is in."""
    while scope.outer is not None:
        scope = scope.outer
    return scope
