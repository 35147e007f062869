"""What a dotted name refers to: scopes, bindings and imports, resolved without running anything."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING, Any, NamedTuple

from portlint.source import cst
from portlint.source.bindings import collect
from portlint.source.nodes import dotted_text
from portlint.source.scope import Binding, Scope, lookup, module_of

if TYPE_CHECKING:
    from portlint.source.guards import Guard

NAMING = frozenset((cst.Name, cst.Attribute, cst.Call))
"""Expressions that can stand for what has a name elsewhere."""
GIVING = frozenset(("import_module", "__import__", "partial"))
"""Functions whose result stands for what they are given."""
DEPTH = 8
"""Aliases of aliases are followed this far; more is a cycle or a puzzle."""


class Ref(NamedTuple):
    """A fully qualified name; `guard` is what the import that brought it stands behind."""

    path: str
    guard: Guard | None = None


class Resolver:
    """Resolves expressions to qualified names; `external` maps names of audited modules on.

    Where the file has no `:=`, its expressions bind nothing and are not looked through.
    """

    def __init__(
        self,
        package: str,
        external: Callable[[str], list[Ref]] | None = None,
        walrus: bool = True,
    ) -> None:
        self.package = package
        self.walrus = walrus
        self.external = external
        # Both hold for one statement. What a binding stands for is remembered, and nothing while
        # it is being found: `x = f(x)` in ten branches would be followed in every order.
        self._asked: dict[tuple[int, int], list[Ref]] = {}
        self._held: dict[int, list[Ref]] = {}
        self._kept: list[object] = []  # what has gone must not give its number to another

    def forget(self) -> None:
        """Another statement begins: names may stand for something else from here on."""
        self._asked.clear()
        self._held.clear()
        self._kept.clear()

    def here(self, node: cst.BaseExpression, scope: Scope) -> list[Ref]:
        """`refs`, remembered within a statement: many detectors ask for the same name."""
        key = (id(node), id(scope))
        found = self._asked.get(key)
        if found is None:
            found = self._asked[key] = self.refs(node, scope)
            self._kept.append((node, scope))
        return found

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
        base: Any = node
        while type(base) is cst.Attribute:
            tail.append(base.attr.value)
            base = base.value
        found = self._base(base, scope, depth)
        if not found and tail and type(base) is cst.Name:
            return self._attribute(node, scope, depth)
        if not found or not tail:
            return self.mapped(found)
        suffix = "".join(f".{part}" for part in reversed(tail))
        return self.mapped([Ref(ref.path + suffix, ref.guard) for ref in found])

    def _base(self, base: cst.BaseExpression, scope: Scope, depth: int) -> list[Ref]:
        if type(base) is cst.Name:
            return self._name(base.value, scope, depth)
        if type(base) is cst.Call and depth > 0:
            return self._call(base, scope, depth)
        return []

    def _call(self, call: cst.Call, scope: Scope, depth: int) -> list[Ref]:
        """`import_module("x")` is the module x; `partial(f, …)` stands for f."""
        func = call.func
        if not call.args or not (
            type(func) is cst.Name or (type(func) is cst.Attribute and func.attr.value in GIVING)
        ):
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
            return builtin or [Ref(f"{star}.{name}") for star in module_of(scope).stars]
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
            if id(binding) not in self._held:
                self._held[id(binding)] = []
                self._kept.append(binding)
                self._held[id(binding)] = self._value(binding, where, depth)
            found.extend(self._held[id(binding)])
        return list(dict.fromkeys(found))

    def _value(self, binding: Binding, where: Scope, depth: int) -> list[Ref]:
        if binding.path is not None:
            return self.mapped([Ref(binding.path, binding.guard)])
        node: Any = binding.node
        if depth <= 0 or type(node) not in NAMING:
            return []
        found = self.refs(node, where, depth - 1)
        return [Ref(ref.path, ref.guard or binding.guard) for ref in found]

    def mapped(self, refs: list[Ref]) -> list[Ref]:
        """The same names, or what an audited module that passes them on got them from."""
        if self.external is None:
            return refs
        out: list[Ref] = []
        for ref in refs:
            mapped = self.external(ref.path)
            out.extend(Ref(m.path, ref.guard or m.guard) for m in mapped)
            if not mapped:
                out.append(ref)
        return out

    def collect(self, scope: Scope, body: Sequence[cst.CSTNode]) -> None:
        """Record every binding of these statements, without entering inner functions."""
        collect(scope, body, self.absolute, self.walrus)
