"""One walk over libcst statements: keeps scopes and guards, and shows every node to a visitor."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from typing import NamedTuple

import libcst as cst

from portlint.source.conditions import Conditions
from portlint.source.guards import (
    ABSENT,
    IMPORT_FAILURES,
    Guard,
    catches,
    code,
    leaves,
    speaks_of_neuron,
)
from portlint.source.names import Ref, Resolver
from portlint.source.nodes import children
from portlint.source.scope import Binding, Scope, lookup


class Frame(NamedTuple):
    """What holds at a node: the scope, the guards around it, and the nodes it stands in."""

    scope: Scope
    guards: tuple[Guard, ...] = ()
    parents: tuple[cst.CSTNode, ...] = ()

    def behind(self, guard: Guard | None) -> Frame:
        """The same place with one more guard around it."""
        return self if guard is None else self._replace(guards=(*self.guards, guard))


class Place(NamedTuple):
    """Where the walk is; what detectors ask their questions of."""

    frame: Frame
    names: Resolver
    conditions: Conditions
    path: str

    @property
    def parent(self) -> cst.CSTNode | None:
        """The node directly around this one."""
        return self.frame.parents[-1] if self.frame.parents else None

    def paths(self, node: cst.BaseExpression) -> list[str]:
        """The qualified names an expression can stand for."""
        return [ref.path for ref in self.refs(node)]

    def refs(self, node: cst.BaseExpression) -> list[Ref]:
        """The same with what guards the imports that brought them."""
        return self.names.refs(node, self.frame.scope)

    def calls(self, node: cst.CSTNode, *paths: str) -> bool:
        """Whether the node is a call of one of these functions, in any spelling."""
        return isinstance(node, cst.Call) and any(p in paths for p in self.paths(node.func))

    def within(self, *kinds: type[cst.CSTNode]) -> cst.CSTNode | None:
        """The nearest enclosing node of one of these kinds."""
        return next((p for p in reversed(self.frame.parents) if isinstance(p, kinds)), None)

    def values(self, node: cst.BaseExpression) -> list[cst.BaseExpression]:
        """The expression itself, or what the plain name that it is was assigned in this file."""
        if not isinstance(node, cst.Name):
            return [node]
        bindings, _ = lookup(self.frame.scope, node.value)
        return [b.node for b in bindings if isinstance(b.node, cst.BaseExpression)] or [node]


class _Rest(NamedTuple):
    """The statements of a block from `at` on: visited one at a time, so guards can be added."""

    statements: Sequence[cst.CSTNode]
    at: int


class Walk:
    """Visits statements in order with an explicit stack, so depth of nesting costs no recursion."""

    def __init__(
        self,
        names: Resolver,
        conditions: Conditions,
        visit: Callable[[Place, cst.CSTNode], None],
        path: str,
    ) -> None:
        self.names = names
        self.conditions = conditions
        self.visit = visit
        self.path = path
        self.stack: list[tuple[Frame, cst.CSTNode | _Rest]] = []

    def run(self, module: Scope, statements: Sequence[cst.CSTNode]) -> None:
        """Walk the module's statements; their bindings must have been collected into `module`."""
        self.stack.append((Frame(module), _Rest(statements, 0)))
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
        if rest.at < len(rest.statements):
            self.stack.append((frame, rest._replace(at=rest.at + 1)))
            self.stack.append((frame, rest.statements[rest.at]))

    def _early(self, frame: Frame, node: cst.CSTNode) -> Guard | None:
        if not isinstance(node, cst.If) or node.orelse or not leaves(node.body, raising=False):
            return None
        guard = self.conditions.guard(node.test, False, frame.scope)
        if guard is not None:
            guard.choice = node
            guard.alternative = _neuron_spoken(node, frame)
        return guard

    def _enter(self, frame: Frame, node: cst.CSTNode) -> None:
        scope = frame.scope
        scope.now = scope.orders.get(id(node), scope.now)
        self.visit(Place(frame, self.names, self.conditions, self.path), node)
        inner = frame._replace(parents=(*frame.parents, node))
        if enter := ENTRIES.get(type(node)):
            enter(self, inner, node)
        else:
            self._push(inner, children(node))

    def _push(self, frame: Frame, nodes: Sequence[cst.CSTNode]) -> None:
        self.stack.extend((frame, node) for node in reversed(nodes))

    def _function(self, frame: Frame, node: cst.FunctionDef | cst.Lambda) -> None:
        scope = Scope("function", frame.scope, node)
        for param in parameters(node.params):
            scope.add(param.name.value, Binding(0))
        self.names.collect(scope, [node.body])
        outer = frame
        if isinstance(node, cst.FunctionDef):
            outer = frame.behind(self.conditions.skips(node, frame.scope))
        self.stack.append((outer._replace(scope=scope), node.body))
        decorators = node.decorators if isinstance(node, cst.FunctionDef) else ()
        self._push(outer, [*decorators, node.params])

    def _class(self, frame: Frame, node: cst.ClassDef) -> None:
        scope = Scope("class", frame.scope, node)
        self.names.collect(scope, [node.body])
        for method in node.body.body:
            if isinstance(method, cst.FunctionDef):
                self._self_attributes(scope, method)
        outer = frame.behind(self.conditions.skips(node, frame.scope))
        self.stack.append((outer._replace(scope=scope), node.body))
        self._push(outer, [*node.decorators, *node.bases, *node.keywords])

    def _self_attributes(self, scope: Scope, method: cst.FunctionDef) -> None:
        """`self.x = …` in any method says what `self.x` is in all of them."""
        inner = Scope("function", None, method)
        self.names.collect(inner, [method.body])
        for name, bindings in inner.attributes.items():
            if name.startswith("self."):
                scope.attributes.setdefault(name, []).extend(bindings)

    def _if(self, frame: Frame, node: cst.If) -> None:
        yes = self.conditions.guard(node.test, True, frame.scope)
        no = self.conditions.guard(node.test, False, frame.scope)
        for guard in (yes, no):
            if guard is not None:
                guard.choice = node
                guard.alternative = _neuron_spoken(node, frame)
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
                guard.alternative = speaks_of_neuron(node) or _outside_neuron(frame)
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

    def _try(self, frame: Frame, node: cst.Try | cst.TryStar) -> None:
        body = frame.behind(_caught(node))
        if node.finalbody is not None:
            self.stack.append((frame, node.finalbody))
        if node.orelse is not None:
            self.stack.append((body, node.orelse))
        self._push(frame, node.handlers)
        self.stack.append((body, node.body))

    def _block(self, frame: Frame, node: cst.IndentedBlock | cst.SimpleStatementSuite) -> None:
        self.stack.append((frame, _Rest(node.body, 0)))

    def _comprehension(self, frame: Frame, node: cst.CSTNode) -> None:
        inner = frame._replace(scope=_comprehension(node, frame.scope))
        self._push(inner, children(node))

    def _import(self, frame: Frame, node: cst.CSTNode) -> None:
        _note_guard(frame)

    def _with(self, frame: Frame, node: cst.With) -> None:
        """`with suppress(ImportError)` is a try that goes on."""
        body = frame
        for item in node.items:
            call = item.item
            if isinstance(call, cst.Call) and any(
                ref.path == "contextlib.suppress" for ref in self.names.refs(call.func, frame.scope)
            ):
                body = frame.behind(Guard("import", node, code(call)))
        self.stack.append((body, node.body))
        self._push(frame, node.items)


ENTRIES: dict[type[cst.CSTNode], Callable[..., None]] = {
    cst.FunctionDef: Walk._function,
    cst.Lambda: Walk._function,
    cst.ClassDef: Walk._class,
    cst.If: Walk._if,
    cst.IfExp: Walk._ifexp,
    cst.BooleanOperation: Walk._boolean,
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
}
"""By exact type, which is many times faster than asking abstract classes."""


def parameters(params: cst.Parameters) -> Iterator[cst.Param]:
    """Every parameter of a function, starred ones included."""
    yield from params.posonly_params
    yield from params.params
    yield from params.kwonly_params
    for star in (params.star_arg, params.star_kwarg):
        if isinstance(star, cst.Param):
            yield star


PROBE = 3
"""Statements: a longer body under a broad `except` is the program itself, not a probe."""


def _caught(node: cst.Try | cst.TryStar) -> Guard | None:
    """The guard of a try that survives a missing library or device."""
    if not catches(node, ABSENT):
        return None
    statements = [s for line in node.body.body for s in _parts(line)]
    imports = any(isinstance(s, cst.Import | cst.ImportFrom) for s in statements)
    narrow = catches(node, IMPORT_FAILURES - {"Exception", "BaseException"})
    if not (imports or narrow or len(statements) <= PROBE):
        return None
    caught = next((code(h.type) for h in node.handlers if h.type), "")
    return Guard("import" if imports or narrow else "option", node, f"except {caught}".strip())


def _parts(line: cst.CSTNode) -> Sequence[cst.CSTNode]:
    return line.body if isinstance(line, cst.SimpleStatementLine) else [line]


def _comprehension(node: cst.CSTNode, outer: Scope) -> Scope:
    scope = Scope("comprehension", outer, node)
    clause = getattr(node, "for_in", None)
    while clause is not None:
        for name in _target_names(clause.target):
            scope.add(name, Binding(0))
        clause = clause.inner_for_in
    return scope


def _target_names(target: cst.CSTNode) -> Iterator[str]:
    if isinstance(target, cst.Name):
        yield target.value
    elif not isinstance(target, cst.Attribute | cst.Subscript):
        for child in children(target):
            yield from _target_names(child)


def _note_guard(frame: Frame) -> None:
    """Tell the bindings an import just made what that import stands behind."""
    if not frame.guards:
        return
    scope = frame.scope
    for bindings in scope.names.values():
        for binding in bindings:
            if binding.order == scope.now and binding.path is not None:
                binding.guard = frame.guards[-1]


def _neuron_spoken(node: cst.If, frame: Frame) -> bool:
    """Whether some branch of an if-chain, or what stands around it, deals with Neuron."""
    current: cst.If | cst.Else | None = node
    while isinstance(current, cst.If):
        if speaks_of_neuron(current.test):
            return True
        current = current.orelse
    return _outside_neuron(frame) or (current is not None and speaks_of_neuron(current.body))


def _outside_neuron(frame: Frame) -> bool:
    return any(guard.kind == "neuron" for guard in frame.guards)
