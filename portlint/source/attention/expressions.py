"""Expressions of a function -> terms; what calls do is in `calling`."""

from __future__ import annotations

import ast
from collections.abc import Callable, Mapping, Sequence
from typing import Any

from portlint.source.attention.fold import BINARY, COMPARED, folded
from portlint.source.attention.program import Context, Object, Program
from portlint.source.attention.terms import UNKNOWN, Term, const, known

FEW = 8
"""Items of a literal that a comprehension is read for one by one."""
MAYBE_NONE = frozenset(
    "param phi attr unknown index carried call path builtin get getattr pop".split()
)
"""What can be None: also an imported name, as a missing library may leave it."""


class Expressions:
    """Reads expressions with what names hold; `owner` is the object that `self` is."""

    def __init__(
        self, program: Program, context: Context, owner: Object | None, depth: int = 0
    ) -> None:
        self.program = program
        self.context = context
        self.owner = owner
        self.depth = depth
        self.env: dict[str, Term] = {}
        self.returned: list[Term] = []

    def expr(self, node: ast.expr) -> Term:
        """The term of an expression."""
        self.program.left -= 1
        read = EXPRESSIONS.get(type(node))
        if read is None or self.program.left < 0:
            return UNKNOWN
        term: Term = read(self, node)
        return term

    def truth(self, test: Term) -> bool | None:
        """Whether a test holds, where that is known."""
        if test.op == "const":
            return bool(test.value)
        if test.op in ("module", "closure", "made"):
            return True
        return None

    def bind(self, target: ast.expr, value: Term, source: ast.expr | None) -> None:
        """What a target holds from here on."""
        match target:
            case ast.Name(id=name):
                self.env[name] = value
            case ast.Attribute(value=ast.Name("self"), attr=attr):
                self.env[f"self.{attr}"] = value
            case ast.Tuple(elts=targets) | ast.List(elts=targets):
                for index, item in enumerate(targets):
                    self.bind(item, self.part(value, index, len(targets)), None)
            case ast.Starred(value=inner):
                self.bind(inner, Term("unknown"), None)
            case ast.Subscript(value=inner, slice=index):
                old = self.expr(inner)
                new = Term("setitem", (old, value, self.expr(index)), node=target)
                self.program.made.append((new, self.context))
                self.bind(inner, new, None)

    def part(self, value: Term, index: int, of: int) -> Term:
        """One of the values that `a, b = value` takes apart."""
        if value.op in ("tuple", "list") and index < len(value.args):
            return value.args[index]
        if value.op == "phi" and all(arg.op == "tuple" for arg in value.args):
            parts = tuple(self.part(arg, index, of) for arg in value.args)
            return parts[0] if len(set(map(id, parts))) == 1 else Term("phi", parts)
        if value.op == "list" and callable(value.held):
            term: Term = value.held(index, of)
            return term
        if value.op in ("shape", "size"):
            place = -1 if index == of - 1 else index
            return Term("index", (value, const(place)), node=value.node)
        return Term("split", (value, const(index)), node=value.node)

    def element(self, items: Term, node: ast.expr) -> Term:
        """What a loop over a value gives in a round."""
        if items.op == "enumerate":
            return Term(
                "tuple", (Term("item", (Term("range"),)), self.element(items.args[0], node))
            )
        if items.op == "zip":
            return Term("tuple", tuple(self.element(item, node) for item in items.args))
        if items.op in ("list", "tuple") and items.args:
            parts = tuple(dict.fromkeys(items.args))[:4]
            return parts[0] if len(parts) == 1 else Term("phi", parts)
        return Term("item", (items,), node=node)

    def binary(
        self, left: Term, right: Term, name: str, function: Callable[..., Any], node: ast.AST
    ) -> Term:
        """`a + b`, and what `a += b` gives."""
        result = folded(left, right, function)
        if result is None and name == "mul" and "list" in (left.op, right.op):
            return left if left.op == "list" else right
        if result is None and name == "add" and {left.op, right.op} & {"list", "tuple"}:
            parts = left.args if left.op in ("list", "tuple") else (left,)
            more = right.args if right.op in ("list", "tuple") else (right,)
            return Term("tuple" if left.op == "tuple" else "list", (*parts, *more), node=node)
        return result or self.made(name, (left, right), {}, node)

    def made(
        self,
        op: str,
        args: tuple[Term, ...],
        kw: dict[str, Term],
        node: ast.AST,
        value: Any = None,
        path: str = "",
    ) -> Term:
        """A new term, kept in the order of execution."""
        term = Term(op, args, value, node, kw, path)
        term.order = len(self.program.made)
        self.program.made.append((term, self.context))
        return term

    def _constant(self, node: ast.Constant) -> Term:
        value = node.value
        plain = isinstance(value, bool | int | float | str) or value is None
        return const(value, node) if plain else UNKNOWN  # type: ignore[arg-type]

    def _name(self, node: ast.Name) -> Term:
        if node.id in self.env:
            return self.env[node.id]
        return self.file_wide(node.id, node)

    def file_wide(self, name: str, node: ast.AST) -> Term:
        """What a name of the module stands for."""
        program = self.program
        if name in program.functions:
            return Term("function", value=name, node=node)
        if name in program.classes:
            return Term("class", value=name, node=node)
        if path := program.path(name):
            return Term("path", node=node, path=path)
        if name in program.constants and name not in self.env:
            self.env[name] = UNKNOWN
            self.env[name] = self.expr(program.constants[name])
            return self.env[name]
        return Term("builtin", value=name, node=node)

    def _attribute(self, node: ast.Attribute) -> Term:
        if isinstance(node.value, ast.Name) and node.value.id == "self" and self.owner is not None:
            return self.of_self(node.attr, node)
        base = self.expr(node.value)
        return self.attribute(base, node.attr, node)

    def attribute(self, base: Term, name: str, node: ast.AST) -> Term:
        """`base.name`."""
        if base.op == "path":
            return Term("path", node=node, path=f"{base.path}.{name}")
        if base.op == "module" and isinstance(base.held, Object):
            return self.of_object(base.held, name, node)
        if name in ("T", "mT", "H", "mH"):
            return self.made("transpose", (base,), {}, node)
        if name == "shape":
            return Term("shape", (base,), node=node)
        if name in ("data", "real"):
            return base
        if name in ("device", "dtype", "ndim", "is_cuda", "training"):
            return Term("attr", value=name, node=node)
        return Term("attr", (base,), value=name, node=node)

    def of_self(self, name: str, node: ast.AST) -> Term:
        """`self.name`: as this function left it, as the object has it, or a property of it."""
        if (held := self.env.get(f"self.{name}")) is not None:
            return held
        assert self.owner is not None
        return self.of_object(self.owner, name, node)

    def of_object(self, owner: Object, name: str, node: ast.AST) -> Term:
        """An attribute of an object of this file."""
        if name in owner.attrs:
            return owner.attrs[name]
        found = self.program.method(owner.name, name)
        if found is not None:
            if any(
                _names(item) & {"property", "cached_property"} for item in found[0].decorator_list
            ):
                return self.inline(found[0], found[1], owner, (), {}, node)
            return Term("bound", value=name, node=node, path=owner.name)
        value = self._of_class(owner, name)
        owner.attrs[name] = value or Term("attr", value=name, node=node)
        return owner.attrs[name]

    def _of_class(self, owner: Object, name: str) -> Term | None:
        for item in self.program.line(owner.name):
            for node in item.body:
                match node:
                    case ast.Assign(targets=[ast.Name(id=found)], value=value) if found == name:
                        return self.expr(value)
                    case ast.AnnAssign(target=ast.Name(id=found), value=ast.expr() as value):
                        if found == name:
                            return self.expr(value)
        return None

    def _binary(self, node: ast.BinOp) -> Term:
        name, function = BINARY[type(node.op)]
        return self.binary(self.expr(node.left), self.expr(node.right), name, function, node)

    def _unary(self, node: ast.UnaryOp) -> Term:
        inner = self.expr(node.operand)
        value = known(inner)
        if isinstance(node.op, ast.Not):
            truth = self.truth(inner)
            return Term("invert", (inner,), node=node) if truth is None else const(not truth)
        if isinstance(node.op, ast.USub):
            if isinstance(value, int | float):
                return const(-value)
            return Term("neg", (inner,), node=node)
        return Term("invert", (inner,), node=node) if isinstance(node.op, ast.Invert) else inner

    def _compare(self, node: ast.Compare) -> Term:
        terms = [self.expr(node.left), *map(self.expr, node.comparators)]
        found: list[Term] = []
        for index, kind in enumerate(node.ops):
            name, function = COMPARED[type(kind)]
            left, right = terms[index], terms[index + 1]
            found.append(self._compared(left, right, name, function, node))
        return found[0] if len(found) == 1 else Term("and", tuple(found), node=node)

    def _compared(
        self, left: Term, right: Term, name: str, function: Callable[..., Any], node: ast.AST
    ) -> Term:
        if name in ("is", "isnot") and known(right) is None and right.op == "const":
            if left.op == "const":
                return const((left.value is None) == (name == "is"))
            if left.op not in MAYBE_NONE:
                return const(name == "isnot")
        if (
            right.op == "tuple"
            and all(item.op == "const" for item in right.args)
            and left.op == "const"
            and name in ("in", "notin")
        ):
            return const((left.value in [a.value for a in right.args]) == (name == "in"))
        return folded(left, right, function) or Term(name, (left, right), node=node)

    def _boolean(self, node: ast.BoolOp) -> Term:
        wanted = isinstance(node.op, ast.Or)
        left: list[Term] = []
        for value in node.values:
            term = self.expr(value)
            truth = self.truth(term)
            if truth is wanted:
                left.append(term)
                break
            if truth is None or (value is node.values[-1] and not left):
                left.append(term)
        if len(left) == 1:
            return left[0]
        return Term("phi" if wanted else "and", tuple(left), node=node)

    def _ifexp(self, node: ast.IfExp) -> Term:
        test = self.expr(node.test)
        truth = self.truth(test)
        if truth is not None:
            return self.expr(node.body if truth else node.orelse)
        term = Term("phi", (self.expr(node.body), self.expr(node.orelse)), node=node)
        term.held = test
        return term

    def _tuple(self, node: ast.Tuple | ast.List | ast.Set) -> Term:
        parts: list[Term] = []
        for item in node.elts:
            if isinstance(item, ast.Starred):
                inner = self.expr(item.value)
                parts += inner.args if inner.op in ("tuple", "list") else (Term("star", (inner,)),)
            else:
                parts.append(self.expr(item))
        return Term("tuple" if isinstance(node, ast.Tuple) else "list", tuple(parts), node=node)

    def _subscript(self, node: ast.Subscript) -> Term:
        base, index = self.expr(node.value), self.expr(node.slice)
        place = known(index)
        if (
            base.op in ("tuple", "list")
            and isinstance(place, int)
            and -len(base.args) <= place < len(base.args)
        ):
            return base.args[place]
        if base.op == "list" and base.args and base.args[0].op in ("module", "made"):
            return self.element(base, node)
        if base.op == "dict" and isinstance(place, str) and place in base.kw:
            return base.kw[place]
        return self.made("index", (base, index), {}, node)

    def _slice(self, node: ast.Slice) -> Term:
        parts = [self.expr(p) if p is not None else const(None) for p in
                 (node.lower, node.upper, node.step)]  # fmt: skip
        return Term("slice", tuple(parts), node=node)

    def _comprehension(self, node: ast.ListComp | ast.GeneratorExp | ast.SetComp) -> Term:
        """One value for each of the known items; of unknown ones a value that stands for all."""
        held = dict(self.env)
        if len(node.generators) == 1 and not node.generators[0].ifs:
            clause = node.generators[0]
            items = self.expr(clause.iter)
            listed = self.listed(items)
            found = tuple(self._one(node.elt, clause.target, item, held) for item in listed)
            if found:
                return Term("list", found, node=node)
            value = self._one(node.elt, clause.target, self.element(items, clause.iter), held)
            term = Term("list", (value,), node=node)
            env = dict(self.env)
            term.held = lambda at, of: self._one(
                node.elt, clause.target, self.part(items, at, of), env
            )
            return term
        for clause in node.generators:
            items = self.expr(clause.iter)
            self.bind(clause.target, self.element(items, clause.iter), None)
        value = self.expr(node.elt)
        self.env = held
        return Term("list", (value,), node=node)

    def _one(self, elt: ast.expr, target: ast.expr, item: Term, env: dict[str, Term]) -> Term:
        before, self.env = self.env, dict(env)
        self.bind(target, item, None)
        value = self.expr(elt)
        self.env = before
        return value

    def listed(self, items: Term) -> tuple[Term, ...]:
        """The items of a short tuple or list, or of several side by side."""
        if items.op in ("tuple", "list") and items.held is None:
            few = 1 < len(items.args) <= FEW and not any(a.op == "star" for a in items.args)
            return items.args if few else ()
        if items.op == "zip":
            columns = [self.listed(item) for item in items.args]
            if all(columns) and len({len(column) for column in columns}) == 1:
                return tuple(Term("tuple", row) for row in zip(*columns, strict=True))
        return ()

    def _dict(self, node: ast.Dict) -> Term:
        kw = {
            str(key.value): self.expr(value)
            for key, value in zip(node.keys, node.values, strict=True)
            if isinstance(key, ast.Constant)
        }
        return Term("dict", kw=kw, node=node)

    def _named(self, node: ast.NamedExpr) -> Term:
        value = self.expr(node.value)
        self.bind(node.target, value, node.value)
        return value

    def _lambda(self, node: ast.Lambda) -> Term:
        term = Term("closure", node=node)
        term.held = self
        return term

    def _starred(self, node: ast.Starred) -> Term:
        return Term("star", (self.expr(node.value),), node=node)

    def _call(self, node: ast.Call) -> Term:
        raise NotImplementedError

    def inline(
        self,
        function: ast.FunctionDef | ast.AsyncFunctionDef | ast.Lambda,
        owner: str,
        instance: Object | None,
        args: Sequence[Term],
        kw: Mapping[str, Term],
        node: ast.AST,
    ) -> Term:
        """What a function of this file returns for these arguments."""
        raise NotImplementedError


def _names(node: ast.AST) -> set[str]:
    return {n.id if isinstance(n, ast.Name) else n.attr for n in ast.walk(node)
            if isinstance(n, ast.Name | ast.Attribute)}  # fmt: skip


EXPRESSIONS: Mapping[type[ast.AST], Callable[..., Term]] = {
    ast.Constant: Expressions._constant,
    ast.Name: Expressions._name,
    ast.Attribute: Expressions._attribute,
    ast.BinOp: Expressions._binary,
    ast.UnaryOp: Expressions._unary,
    ast.Compare: Expressions._compare,
    ast.BoolOp: Expressions._boolean,
    ast.IfExp: Expressions._ifexp,
    ast.Tuple: Expressions._tuple,
    ast.List: Expressions._tuple,
    ast.Set: Expressions._tuple,
    ast.Subscript: Expressions._subscript,
    ast.Slice: Expressions._slice,
    ast.ListComp: Expressions._comprehension,
    ast.GeneratorExp: Expressions._comprehension,
    ast.SetComp: Expressions._comprehension,
    ast.Dict: Expressions._dict,
    ast.NamedExpr: Expressions._named,
    ast.Lambda: Expressions._lambda,
    ast.Starred: Expressions._starred,
    ast.Call: lambda self, node: self._call(node),
}
