"""Conditions -> what they imply: whether CUDA, a CUDA-bound library or Neuron is there."""

from __future__ import annotations

from collections.abc import Callable, Iterator

from portlint.source import cst
from portlint.source.answers import answers, shared
from portlint.source.guards import (
    NEURON_WORDS,
    Atom,
    Code,
    Guard,
    Kind,
    imported_library,
    speaks_of_neuron,
)
from portlint.source.held import Held
from portlint.source.names import DEPTH, Resolver
from portlint.source.nodes import dotted_text, string_value
from portlint.source.probes import (
    CUDA_PROBES,
    FOR_HOST,
    INSTALLED,
    OTHER_PROBES,
    asks,
    built_with_cuda,
    constant,
    device_literal,
    is_none,
    is_zero,
    kind_by_name,
)
from portlint.source.scope import Binding, Scope, lookup
from portlint.source.supposed import compared_words
from portlint.source.versions import compared, flag, helper


class Conditions:
    """Reads conditions in a scope; `libraries` are the names of CUDA-bound packages."""

    def __init__(
        self,
        names: Resolver,
        libraries: frozenset[str],
        external: Callable[[str], Atom | None],
        code: Code,
        bare: Code,
    ) -> None:
        self.names = names
        self.libraries = libraries
        self.external = external
        self.code = code
        self.bare = bare
        self.hollow: frozenset[str] = frozenset()
        self.held: Held | None = None
        self.inside: dict[int, Scope] = {}
        self.answered: dict[tuple[int, bool, int], tuple[Atom, ...]] = {}
        self.kept: list[object] = []
        self._reading: set[int] = set()

    def forget(self) -> None:
        """The file is done with: what knows each other would wait for the collector, with trees."""
        if self.held is not None:
            self.held.forget()
        self.held = None
        self.inside.clear()

    def implied(
        self, test: cst.BaseExpression, truth: bool, scope: Scope, depth: int = DEPTH
    ) -> tuple[Atom, ...]:
        """What must hold where `test` came out as `truth`."""
        if depth <= 0:
            return ()
        match test:
            case cst.UnaryOperation(operator=cst.Not()):
                return self.implied(test.expression, not truth, scope, depth - 1)
            case cst.BooleanOperation():
                return self._both(test, truth, scope, depth)
            case cst.Comparison():
                return self._comparison(test, truth, scope, depth)
            case cst.NamedExpr():
                return self.implied(test.value, truth, scope, depth - 1)
            case cst.Call():
                return self._call(test, truth, scope, depth)
            case cst.Name() | cst.Attribute():
                return self._name(test, truth, scope, depth)
            case cst.Subscript(slice=[cst.SubscriptElement(cst.Index(cst.Integer("0")))]):
                # `is_there("flash_attn")[0]`: the answer, and what else is known of it.
                return self.implied(test.value, truth, scope, depth - 1)
        return ()

    def _both(
        self, test: cst.BooleanOperation, truth: bool, scope: Scope, depth: int
    ) -> tuple[Atom, ...]:
        chained = isinstance(test.left, cst.BooleanOperation)  # `a and b and c` is one step
        left = self.implied(test.left, truth, scope, depth if chained else depth - 1)
        right = self.implied(test.right, truth, scope, depth - 1)
        if isinstance(test.operator, cst.And) == truth:
            return left + right
        return shared((left, right))

    def _comparison(
        self, test: cst.Comparison, truth: bool, scope: Scope, depth: int
    ) -> tuple[Atom, ...]:
        if len(test.comparisons) != 1:
            return ()
        if (held := compared(test, lambda node: self._meant(node, scope))) is not None:
            return (_version(held, truth, test),)
        target = test.comparisons[0]
        other, operator = target.comparator, target.operator
        negative = isinstance(operator, cst.NotEqual | cst.IsNot | cst.NotIn)
        text = device_literal(test.left, operator, other)
        if text is not None:
            kind: Kind = "neuron" if NEURON_WORDS.search(text) else "device"
            return (Atom(kind, truth != negative, test),)
        if is_none(other) or is_zero(other) or isinstance(operator, cst.GreaterThan):
            absent = isinstance(operator, cst.Is | cst.Equal | cst.LessThan)
            present = isinstance(operator, cst.IsNot | cst.NotEqual | cst.GreaterThan)
            if absent or present:
                return self._presence(test, truth == present, scope, depth)
        if isinstance(operator, cst.GreaterThanEqual):
            return self._presence(test, truth, scope, depth) if truth else ()
        return self._word(test, scope) if truth != negative else ()

    def _word(self, test: cst.Comparison, scope: Scope) -> tuple[Atom, ...]:
        """A name that is one of several words, which some hosts never choose."""
        name = dotted_text(test.left)
        words = compared_words(test.comparisons[0])
        if name is None or not words or self.held is None:
            return ()
        found = [self.held.is_word(name, word, scope) for word in words]
        atoms = shared([(atom._replace(words=test),) if atom else () for atom in found])
        return atoms[:1]

    def _meant(self, node: cst.BaseExpression, scope: Scope) -> Iterator[cst.CSTNode]:
        """The expression, and what the name that it is was set to."""
        yield node
        bindings = lookup(scope, node.value)[0] if isinstance(node, cst.Name) else ()
        yield from (b.node for b in bindings if isinstance(b.node, cst.BaseExpression))

    def _presence(
        self, test: cst.Comparison, present: bool, scope: Scope, depth: int
    ) -> tuple[Atom, ...]:
        """`x is not None`, `count() > 0`: the same as asking whether x is there."""
        if optional := self._optional(test.left, scope):
            return (Atom("library", present, test, optional),)
        return self.implied(test.left, present, scope, depth - 1)

    def _optional(self, node: cst.BaseExpression, scope: Scope) -> str:
        """The CUDA-bound library a name was imported from, where that import may be missing."""
        for ref in self.names.refs(node, scope):
            root = ref.path.split(".")[0]
            if root in self.libraries:
                return root
        return ""

    def _call(self, test: cst.Call, truth: bool, scope: Scope, depth: int) -> tuple[Atom, ...]:
        name = dotted_text(test.func) or ""
        if name in ("bool", "any", "all", "int", "len") and test.args:
            return self.implied(test.args[0].value, truth, scope, depth - 1)
        refs = self.names.refs(test.func, scope)
        for ref in refs:
            if atom := self._reference(ref.path, truth, test):
                return (atom,)
            if ref.path.endswith("util.find_spec") and test.args:
                return self._spec(test, truth)
        if (held := helper(_last(test.func), test)) is not None:
            return (_version(held, truth, test),)
        named = test.args and INSTALLED.fullmatch(_last(test.func))
        if named and (atoms := self._spec(test, truth)):
            return atoms
        if _last(test.func) == "startswith" and test.args:
            word = string_value(test.args[0].value) or ""
            return (Atom("device", truth, test),) if word.startswith("cuda") else ()
        if name in ("hasattr", "getattr") and len(test.args) > 1:
            return self._attribute(test, truth, scope)
        answered = self._function(test.func, truth, scope, depth, test)
        by_name = self._by_name(_last(test.func), truth, test) if asks(_last(test.func)) else ()
        # A platform that is asked whether it is the host's is one of several; a tensor may be.
        asked = (a._replace(kind="other") if a.kind == "host" else a for a in by_name)
        return answered + tuple(asked)

    def _spec(self, test: cst.Call, truth: bool) -> tuple[Atom, ...]:
        library = (string_value(test.args[0].value) or "").split(".")[0]
        if library in self.libraries:
            return (Atom("library", truth, test, library),)
        if NEURON_WORDS.search(library):
            return (Atom("neuron", truth, test),)
        return ()

    def _attribute(self, test: cst.Call, truth: bool, scope: Scope) -> tuple[Atom, ...]:
        """`hasattr(torch._C, "_cuda_x")`: what only a module built with CUDA has.

        `hasattr(torch.ops.lib, "op")` asks for an operator that a library brought.
        """
        word = string_value(test.args[1].value) or ""
        if NEURON_WORDS.search(word):
            return (Atom("neuron", truth, test),)
        modules = [ref.path for ref in self.names.refs(test.args[0].value, scope)]
        if any(built_with_cuda(m, word) or m.startswith("torch.ops.") for m in modules):
            return (Atom("device", truth, test),)
        return ()

    def _reference(self, path: str, truth: bool, test: cst.CSTNode) -> Atom | None:
        if path in CUDA_PROBES:
            return Atom("cuda", truth, test)
        if path in OTHER_PROBES:
            return Atom("other", truth, test)
        if path in ("typing.TYPE_CHECKING", "typing_extensions.TYPE_CHECKING"):
            return Atom("typing", truth, test)
        if path.startswith(("torch.accelerator.", "torch_neuronx", "torch_xla", "torch.neuron")):
            return Atom("neuron", truth, test)
        if found := self.external(path):
            return Atom(found.kind, found.holds == truth, test, found.library)
        return None

    def _function(
        self, func: cst.BaseExpression, truth: bool, scope: Scope, depth: int, test: cst.CSTNode
    ) -> tuple[Atom, ...]:
        """A local helper, or a method, that says whether CUDA or a library is there."""
        if not isinstance(func, cst.Name):
            return self._method(func, truth, scope, depth, test)
        bindings, where = lookup(scope, func.value)
        for binding in bindings:
            node = self._whole(binding, func.value, where)
            if node is not None and where is not None:
                atoms = answers(self, node, truth, where, depth - 1)
                return tuple(a._replace(words=test) for a in atoms)
        return ()

    def _method(
        self, func: cst.BaseExpression, truth: bool, scope: Scope, depth: int, test: cst.CSTNode
    ) -> tuple[Atom, ...]:
        owner, _, name = (dotted_text(func) or "").rpartition(".")
        if self.held is None or owner not in ("self", "cls"):
            return ()
        node = self.held.definition(name, scope)
        atoms = answers(self, node, truth, _class_of(scope), depth - 1) if node else ()
        return tuple(a._replace(words=test) for a in atoms)

    def _whole(self, binding: Binding, name: str, where: Scope | None) -> cst.FunctionDef | None:
        """A function; one of the module of which only the name was read is read now."""
        node = binding.node
        if isinstance(node, cst.FunctionDef) and not _is_stub(node):
            return node
        left = binding.path is None and (node is None or isinstance(node, cst.FunctionDef))
        if not left or where is None or where.kind != "module" or self.held is None:
            return None
        return self.held.definition(name, where)

    def _name(
        self, test: cst.Name | cst.Attribute, truth: bool, scope: Scope, depth: int
    ) -> tuple[Atom, ...]:
        if (held := flag(_last(test))) is not None:
            return (_version(held, truth, test),)
        for ref in self.names.refs(test, scope):
            if atom := self._reference(ref.path, truth, test):
                return (atom,)
            if ref.path.split(".")[0] in self.libraries and ref.guard is not None:
                return (Atom("library", truth, test, ref.path.split(".")[0]),)
        dotted = dotted_text(test)
        if dotted in self.hollow:
            return (Atom("device", truth, test),)
        if dotted is None:
            return self._by_name(_last(test), truth, test)
        return (
            self._flag(dotted, truth, scope, depth, test)
            or self._held(dotted, truth, scope, test)
            or self._by_name(dotted, truth, test)
        )

    def _held(
        self, name: str, truth: bool, scope: Scope, test: cst.BaseExpression
    ) -> tuple[Atom, ...]:
        """A global or field that only code for CUDA fills, and that is neither None nor False."""
        atom = self.held.says(name, scope) if truth and self.held is not None else None
        return () if atom is None else (atom._replace(words=test),)

    def _flag(
        self, name: str, truth: bool, scope: Scope, depth: int, test: cst.CSTNode
    ) -> tuple[Atom, ...]:
        """A flag set from a probe, or to True and False around a tried import.

        A binding that is being read already says nothing new: `ok = ok and more`, in ten branches,
        would be followed in every order.
        """
        bindings, where = lookup(scope, name)
        for binding in bindings if where is not None else ():
            if id(binding) in self._reading:
                continue
            self._reading.add(id(binding))
            atoms = self._bound(binding, truth, where or scope, depth)
            self._reading.discard(id(binding))
            if atoms:
                return tuple(a._replace(words=test) for a in atoms)
        return ()

    def _bound(self, binding: Binding, truth: bool, where: Scope, depth: int) -> tuple[Atom, ...]:
        if binding.in_try is not None and constant(binding.node) in ("True", "False"):
            library = imported_library(binding.in_try.body, self.libraries)
            return (Atom("library", truth, "", library),) if library else ()
        match binding.node:
            case cst.IfExp(test=asked, orelse=cst.Name("None" | "False")) if truth:
                return self.implied(asked, True, where, depth - 1)
            case cst.BaseExpression():
                return self.implied(binding.node, truth, where, depth - 1)
        return ()

    def _by_name(self, name: str, truth: bool, test: cst.CSTNode) -> tuple[Atom, ...]:
        if FOR_HOST.fullmatch(name.rpartition(".")[2]):
            return (Atom("device", not truth, test),)
        named = kind_by_name(name, self.libraries)
        return (Atom(named[0], truth, test, named[1]),) if named else ()

    def refusal(self, node: cst.SimpleStatementLine, scope: Scope) -> Guard | None:
        """The guard of what follows a call that raises without CUDA, where all are ready for it."""
        call = getattr(node.body[0], "value", None) if node.body else None
        if self.held is None or not isinstance(call, cst.Call):
            return None
        name = call.func.value if isinstance(call.func, cst.Name) else ""
        error = self.held.refused(name, scope) if name else ""
        return Guard("option", node, f"except {error}") if error else None

    def guard(self, test: cst.BaseExpression, truth: bool, scope: Scope) -> Guard | None:
        """The guard that code behind `test == truth` stands under, or None."""
        atoms = self.implied(test, truth, scope)
        speaks = bool(atoms) and speaks_of_neuron(test)
        for atom in atoms:
            if atom.holds == (atom.kind != "neuron") and atom.kind != "host":
                return Guard(atom.kind, test, atom.words, atom.library, alternative=speaks)
        return None


def _version(held: bool | str, truth: bool, test: cst.CSTNode) -> Atom:
    """What a condition on the release of torch says of the branch it leads to.

    Where the stacks come with different ones, the branch is dead on those of one family.
    """
    if isinstance(held, bool):
        return Atom("fallback", truth != held, test)
    other = "native" if held == "xla" else "xla"
    return Atom("release", True, test, other if truth else held)


def _class_of(scope: Scope) -> Scope:
    """The scope of the class around a place; that of the module without one."""
    while scope.outer is not None and scope.kind != "class":
        scope = scope.outer
    return scope


def _is_stub(node: cst.FunctionDef) -> bool:
    """Whether nothing of a function was read but its name."""
    body = node.body
    return isinstance(body, cst.SimpleStatementSuite) and isinstance(body.body[0], cst.Pass)


def _last(node: cst.BaseExpression) -> str:
    """The last name of `a.b`, `f(x).b` or `b`; empty for any other expression."""
    if isinstance(node, cst.Attribute):
        return node.attr.value
    return node.value if isinstance(node, cst.Name) else ""
