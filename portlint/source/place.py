"""Where the walk is: scope, guards and enclosing nodes, and the questions detectors ask there."""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType
from typing import NamedTuple

from portlint.source import cst
from portlint.source.conditions import Conditions
from portlint.source.guards import Guard, brief
from portlint.source.hot.heat import COLD, Heat, Spot
from portlint.source.names import Ref, Resolver
from portlint.source.scope import Scope, lookup

NAMED = (cst.FunctionDef, cst.ClassDef)


class Frame(NamedTuple):
    """What holds at a node: the scope, the guards around it, and the nodes it stands in.

    `dead` is the family of stacks ("native", "xla") whose torch never comes here, `hot` the hot
    places of the function around: kind -> text without blanks -> spot.
    """

    scope: Scope
    guards: tuple[Guard, ...] = ()
    parents: tuple[cst.CSTNode, ...] = ()
    dead: str = ""
    hot: Mapping[str, Mapping[str, Spot]] = MappingProxyType({})

    def behind(self, guard: Guard | None) -> Frame:
        """The same place with one more guard around it."""
        if guard is not None and guard.kind == "release" and self.dead in ("", guard.library):
            return self._replace(dead=guard.library)
        return self if guard is None else self._replace(guards=(*self.guards, guard))

    def inside(self, node: cst.CSTNode, heat: Heat) -> Frame:
        """What holds in a node that stands here."""
        parents = (*self.parents, node)
        if not heat.places or type(node) not in NAMED:
            return Frame(self.scope, self.guards, parents, self.dead, self.hot)
        name = ".".join(p.name.value for p in parents if isinstance(p, NAMED))
        return Frame(self.scope, self.guards, parents, self.dead, heat.places.get(name, {}))


class Place(NamedTuple):
    """Where the walk is; what detectors ask their questions of."""

    frame: Frame
    names: Resolver
    conditions: Conditions
    path: str
    heat: Heat = COLD

    @property
    def parent(self) -> cst.CSTNode | None:
        """The node directly around this one."""
        return self.frame.parents[-1] if self.frame.parents else None

    def paths(self, node: cst.BaseExpression) -> list[str]:
        """The qualified names an expression can stand for."""
        return [ref.path for ref in self.refs(node)]

    def refs(self, node: cst.BaseExpression) -> list[Ref]:
        """The same with what guards the imports that brought them."""
        return self.names.here(node, self.frame.scope)

    def calls(self, node: cst.CSTNode, *paths: str) -> bool:
        """Whether the node is a call of one of these functions, in any spelling."""
        return isinstance(node, cst.Call) and any(p in paths for p in self.paths(node.func))

    def code(self, node: cst.CSTNode, limit: int = 60) -> str:
        """How a node is written, on one line, shortened for a message."""
        return brief(self.conditions.code(node), limit)

    def within(self, *kinds: type[cst.CSTNode]) -> cst.CSTNode | None:
        """The nearest enclosing node of one of these kinds."""
        return next((p for p in reversed(self.frame.parents) if isinstance(p, kinds)), None)

    def values(self, node: cst.BaseExpression) -> list[cst.BaseExpression]:
        """The expression itself, or what the plain name that it is was assigned in this file."""
        if not isinstance(node, cst.Name):
            return [node]
        bindings, _ = lookup(self.frame.scope, node.value)
        return [b.node for b in bindings if isinstance(b.node, cst.BaseExpression)] or [node]
