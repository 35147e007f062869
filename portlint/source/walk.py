"""One walk over statements: keeps scopes and guards, and shows every node to a visitor."""

from __future__ import annotations

from collections.abc import Callable, Container, Sequence
from typing import NamedTuple, Protocol

from portlint.source import cst
from portlint.source.bindings import class_scope, comprehension_scope, function_scope
from portlint.source.conditions import Conditions
from portlint.source.guards import (
    Guard,
    brief,
    chain_speaks,
    fallback,
    leaves,
    speaks_of_neuron,
    tried,
    under_neuron,
)
from portlint.source.hot.heat import COLD, Heat
from portlint.source.hot.questions import FAKE
from portlint.source.loops import filled, over_gpus
from portlint.source.names import Resolver
from portlint.source.nodes import children, dotted_text
from portlint.source.owners import guard_of
from portlint.source.place import Frame, Place
from portlint.source.scope import Scope


class _Rest(NamedTuple):
    """The statements of a block from `at` on: visited one at a time, so guards can be added."""

    statements: Sequence[cst.CSTNode]
    at: int


class Visitor(Protocol):
    """What is told of the nodes that the walk comes to: those of some kinds, and single ones."""

    @property
    def kinds(self) -> Container[type[cst.CSTNode]]:
        """The kinds of nodes that it is told of."""

    @property
    def ahead(self) -> Container[int]:
        """The ids of other nodes that it has asked for since the walk began."""

    def visit(self, at: Place, node: cst.CSTNode) -> None:
        """The walk is at a node."""


class Walk:
    """Visits statements in order with an explicit stack, so depth of nesting costs no recursion."""

    def __init__(
        self,
        names: Resolver,
        conditions: Conditions,
        visitor: Visitor,
        path: str,
        heat: Heat = COLD,
    ) -> None:
        self.names = names
        self.conditions = conditions
        self.visitor = visitor
        self.path = path
        self.heat = heat
        self.stack: list[tuple[Frame, cst.CSTNode | _Rest]] = []

    def run(self, module: Scope, statements: Sequence[cst.CSTNode]) -> None:
        """Walk the module's statements; their bindings must have been collected into `module`."""
        hot = self.heat.places.get("", {})
        self.stack.append((Frame(module, hot=hot), _Rest(statements, 0)))
        while self.stack:
            frame, node = self.stack.pop()
            if isinstance(node, _Rest):
                self._rest(frame, node)
            else:
                self._enter(frame, node)

    def _rest(self, frame: Frame, rest: _Rest) -> None:
        """One statement of a block; after `if not cuda: return` the rest stands behind a guard."""
        if rest.at:
            before = rest.statements[rest.at - 1]
            frame = frame.behind(self._early(frame, before))
            if self.conditions.hollow or type(before) is cst.For:
                self.conditions.hollow = self._hollow(frame, before)
        if rest.at < len(rest.statements):
            self.stack.append((frame, _Rest(rest.statements, rest.at + 1)))
            self.stack.append((frame, rest.statements[rest.at]))

    def _early(self, frame: Frame, node: cst.CSTNode) -> Guard | None:
        if type(node) is cst.SimpleStatementLine and frame.scope.kind == "function":
            return self.conditions.refusal(node, frame.scope)
        if not isinstance(node, cst.If) or node.orelse or not leaves(node.body, raising=False):
            return None
        guard = self.conditions.guard(node.test, False, frame.scope)
        if guard is not None:
            guard.choice = node
            guard.alternative = chain_speaks(node, frame.guards)
        return guard

    def _hollow(self, frame: Frame, before: cst.CSTNode) -> frozenset[str]:
        """The lists that the loop just before has left empty."""
        if not isinstance(before, cst.For):
            return frozenset()
        return filled(self.names, before, frame.scope)

    def _enter(self, frame: Frame, node: cst.CSTNode) -> None:
        scope = frame.scope
        if order := scope.orders.get(id(node)):
            scope.now = order
            self.names.forget()
        kind, visitor = type(node), self.visitor
        if kind in visitor.kinds or id(node) in visitor.ahead:
            visitor.visit(Place(frame, self.names, self.conditions, self.path, self.heat), node)
        if enter := ENTRIES.get(kind):
            enter(self, frame.inside(node, self.heat), node)
        elif below := children(node):
            self._push(frame.inside(node, self.heat), below)

    def _push(self, frame: Frame, nodes: Sequence[cst.CSTNode]) -> None:
        self.stack += [(frame, node) for node in reversed(nodes)]

    def _function(self, frame: Frame, node: cst.FunctionDef | cst.Lambda) -> None:
        scope = function_scope(node, frame.scope, self.names.absolute, self.names.walrus)
        outer = frame
        if isinstance(node, cst.FunctionDef):
            outer = frame.behind(guard_of(self.conditions, node, frame.parents[:-1], frame.scope))
        self.stack.append((outer._replace(scope=scope), node.body))
        decorators = node.decorators if isinstance(node, cst.FunctionDef) else ()
        self._push(outer, [*decorators, node.params])

    def _class(self, frame: Frame, node: cst.ClassDef) -> None:
        scope = class_scope(node, frame.scope, self.names.absolute, self.names.walrus)
        outer = frame.behind(guard_of(self.conditions, node, frame.parents[:-1], frame.scope))
        self.stack.append((outer._replace(scope=scope), node.body))
        self._push(outer, [*node.decorators, *node.bases, *node.keywords])

    def _if(self, frame: Frame, node: cst.If) -> None:
        yes = self.conditions.guard(node.test, True, frame.scope)
        no = self.conditions.guard(node.test, False, frame.scope) if node.orelse else None
        for guard in (yes, no):
            if guard is not None:
                guard.choice = node
                guard.alternative = chain_speaks(node, frame.guards)
        if node.orelse is not None:
            self.stack.append((frame.behind(no), node.orelse))
        self.stack.append((frame.behind(yes), node.body))
        self.stack.append((frame, node.test))

    def _ifexp(self, frame: Frame, node: cst.IfExp) -> None:
        yes = self.conditions.guard(node.test, True, frame.scope)
        no = self.conditions.guard(node.test, False, frame.scope)
        for guard in (yes, no):
            if guard is not None:
                guard.choice = node
                guard.alternative = speaks_of_neuron(node) or under_neuron(frame.guards)
        self.stack.append((frame.behind(no), node.orelse))
        self.stack.append((frame.behind(yes), node.body))
        self.stack.append((frame, node.test))

    def _boolean(self, frame: Frame, node: cst.BooleanOperation) -> None:
        truth = isinstance(node.operator, cst.And)
        guard = self.conditions.guard(node.left, truth, frame.scope)
        if guard is not None:
            guard.choice = node
        self.stack.append((frame.behind(guard), node.right))
        self.stack.append((frame, node.left))

    def _for(self, frame: Frame, node: cst.For) -> None:
        rounds = frame.behind(over_gpus(self.names, node, frame.scope))
        if node.orelse is not None:
            self.stack.append((frame, node.orelse))
        self.stack.append((rounds, node.body))
        self._push(frame, [node.target, node.iter])

    def _try(self, frame: Frame, node: cst.Try | cst.TryStar) -> None:
        body = frame.behind(tried(node, self.conditions.code))
        if node.finalbody is not None:
            self.stack.append((frame, node.finalbody))
        if node.orelse is not None:
            self.stack.append((body, node.orelse))
        for handler in reversed(node.handlers):
            self.stack.append(
                (frame.behind(fallback(node, handler, self.conditions.code)), handler)
            )
        self.stack.append((body, node.body))

    def _block(self, frame: Frame, node: cst.IndentedBlock | cst.SimpleStatementSuite) -> None:
        self.stack.append((frame, _Rest(node.body, 0)))

    def _comprehension(self, frame: Frame, node: cst.CSTNode) -> None:
        inner = frame.behind(over_gpus(self.names, node, frame.scope))
        self._push(inner._replace(scope=comprehension_scope(node, frame.scope)), children(node))

    def _import(self, frame: Frame, node: cst.CSTNode) -> None:
        note_guard(frame)

    def _assign(self, frame: Frame, node: cst.Assign) -> None:
        note_guard(frame)
        self._push(frame, children(node))

    def _written(self, node: cst.CSTNode) -> str:
        return brief(self.conditions.code(node))

    def _with(self, frame: Frame, node: cst.With) -> None:
        """`with suppress(ImportError)` is a try that goes on; fake tensors are on no device."""
        body = frame
        for item in node.items:
            call = item.item
            if FAKE.search(dotted_text(call.func if isinstance(call, cst.Call) else call) or ""):
                body = frame.behind(Guard("unreal", node, self._written(call)))
            if isinstance(call, cst.Call) and any(
                ref.path == "contextlib.suppress" for ref in self.names.refs(call.func, frame.scope)
            ):
                body = frame.behind(Guard("import", node, self._written(call)))
        self.stack.append((body, node.body))
        self._push(frame, node.items)


ENTRIES: dict[type[cst.CSTNode], Callable[..., None]] = {
    cst.FunctionDef: Walk._function,
    cst.Lambda: Walk._function,
    cst.ClassDef: Walk._class,
    cst.If: Walk._if,
    cst.IfExp: Walk._ifexp,
    cst.BooleanOperation: Walk._boolean,
    cst.For: Walk._for,
    cst.Try: Walk._try,
    cst.TryStar: Walk._try,
    cst.With: Walk._with,
    cst.IndentedBlock: Walk._block,
    cst.SimpleStatementSuite: Walk._block,
    cst.ListComp: Walk._comprehension,
    cst.SetComp: Walk._comprehension,
    cst.GeneratorExp: Walk._comprehension,
    cst.DictComp: Walk._comprehension,
    cst.Import: Walk._import,
    cst.ImportFrom: Walk._import,
    cst.Assign: Walk._assign,
}
"""By exact type, which is many times faster than asking abstract classes."""


def note_guard(frame: Frame) -> None:
    """Tell the bindings a statement just made what that statement stands behind."""
    if not frame.guards:
        return
    scope = frame.scope
    for bindings in scope.names.values():
        for binding in bindings:
            if binding.order == scope.now:
                binding.guard = frame.guards[-1]
