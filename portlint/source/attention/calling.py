"""Calls -> terms: operators under one name, layers as what they compute, functions inlined."""

from __future__ import annotations

import ast
from collections.abc import Mapping, Sequence
from typing import Any

from portlint.source.attention.fold import called
from portlint.source.attention.program import Context, Object
from portlint.source.attention.reader import Reader
from portlint.source.attention.terms import UNKNOWN, Term, bare, const, known, number, whole

DEPTH = 9
"""Calls of calls that are followed."""
SAME = {
    "bmm": "matmul", "mm": "matmul", "dot": "matmul", "multiply": "mul", "divide": "div",
    "true_divide": "div", "subtract": "sub", "negative": "neg", "logical_and": "and",
    "logical_or": "or", "logical_not": "invert", "bitwise_and": "and", "bitwise_or": "or",
    "bitwise_not": "invert", "greater": "gt", "greater_equal": "ge", "less": "lt",
    "less_equal": "le", "not_equal": "ne", "_softmax": "softmax", "rms_norm": "norm",
    "layer_norm": "norm", "group_norm": "norm", "swapaxes": "transpose", "concat": "cat",
    "concatenate": "cat", "hstack": "cat", "type_as": "to", "dropout1d": "dropout",
    "alpha_dropout": "dropout", "clamp_min": "clamp", "clamp_max": "clamp", "absolute": "abs",
    "conv1d": "conv", "conv2d": "conv", "square": "square", "power": "pow",
    "masked_fill": "masked_fill", "iota": "arange",
}  # fmt: skip
"""Operators that are spelled in other ways too."""
LAYERS = {"Softmax": "softmax", "Tanh": "tanh", "Sigmoid": "sigmoid", "ReLU": "relu",
          "GELU": "gelu", "SiLU": "silu", "Softplus": "softplus", "ELU": "elu"}  # fmt: skip
"""Layers that are one operator."""
FLEX = frozenset(["flex_attention", "create_block_mask", "create_mask"])
NORMS = frozenset(["rms_norm", "layer_norm", "group_norm"])
WHOLE = frozenset(["list", "dict", "tuple"])


class Caller(Reader):
    """A reader that follows calls."""

    def _call(self, node: ast.Call) -> Term:
        args: list[Term] = []
        for arg in node.args:
            term = self.expr(arg)
            if term.op == "star":
                inner = term.args[0]
                args += inner.args if inner.op in ("tuple", "list") else (term,)
            else:
                args.append(term)
        kw = {item.arg: self.expr(item.value) for item in node.keywords if item.arg}
        for item in node.keywords:
            if item.arg is None and (more := self.expr(item.value)).op == "dict":
                kw = more.kw | kw
        return self._called(node.func, tuple(args), kw, node)

    def _called(
        self, func: ast.expr, args: tuple[Term, ...], kw: dict[str, Term], node: ast.Call
    ) -> Term:
        if isinstance(func, ast.Attribute):
            if isinstance(func.value, ast.Call) and _is_super(func.value):
                return self._super(func.attr, args, kw, node)
            if isinstance(func.value, ast.Name) and func.value.id == "self" and self.owner:
                return self._own(func.attr, args, kw, node)
            base = self.expr(func.value)
            if base.op in ("path", "module"):
                if base.op == "module" and isinstance(base.held, Object):
                    found = self.program.method(base.held.name, func.attr)
                    if found is not None:
                        return self.inline(*found, base.held, args, kw, node)
                return self.apply(self.attribute(base, func.attr, func), args, kw, node)
            if base.op == "class":
                found = self.program.method(str(base.value), func.attr)
                if found is not None:
                    return self.inline(*found, None, args, kw, node)
            if base.op == "made" and func.attr in ("forward", "__call__"):
                return self.apply(base, args, kw, node)
            if base.op == "kernel":
                return self.operator(func.attr, args, kw, node, f"hub.{func.attr}")
            if func.attr == "where" and args:
                return self.operator("where", (args[0], base, *args[1:]), kw, node)
            return self.operator(func.attr, (base, *args), kw, node)
        return self.apply(self.expr(func), args, kw, node)

    def _own(self, name: str, args: tuple[Term, ...], kw: dict[str, Term], node: ast.Call) -> Term:
        """`self.name(…)`: a method, or something that an attribute holds."""
        assert self.owner is not None
        if name in ("register_buffer", "register_parameter") and args:
            kept = args[1] if len(args) > 1 else kw.get("tensor", UNKNOWN)
            held = Term("buffer" if name.endswith("buffer") else "parameter", (kept,), node=node)
            self.env[f"self.{known(args[0])}"] = held if kept.op != "const" else kept
            return held
        held_by = self.env.get(f"self.{name}") or self.owner.attrs.get(name)
        found = None if held_by is not None else self.program.method(self.owner.name, name)
        if found is not None:
            static = any(isinstance(d, ast.Name) and d.id == "staticmethod"
                         for d in found[0].decorator_list)  # fmt: skip
            return self.inline(*found, None if static else self.owner, args, kw, node)
        held_by = held_by or self.of_self(name, node)
        if held_by.op == "attr":
            return self.made("call", args, kw, node, name)
        return self.apply(held_by, args, kw, node)

    def _super(
        self, name: str, args: tuple[Term, ...], kw: dict[str, Term], node: ast.Call
    ) -> Term:
        if self.owner is None:
            return UNKNOWN
        found = self.program.method(self.owner.name, name, self.context.owner)
        return self.inline(*found, self.owner, args, kw, node) if found else UNKNOWN

    def apply(
        self, callee: Term, args: tuple[Term, ...], kw: dict[str, Term], node: ast.AST
    ) -> Term:
        """What a called value gives."""
        program = self.program
        match callee.op:
            case "path":
                return self._path(callee.path, args, kw, node)
            case "function":
                return self.inline(program.functions[str(callee.value)], "", None, args, kw, node)
            case "class":
                return self.construct(str(callee.value), args, kw, node)
            case "made":
                return self._layer(callee, args, kw, node)
            case "module" if isinstance(callee.held, Object):
                for name in ("forward", "__call__"):
                    if found := program.method(callee.held.name, name):
                        return self.inline(*found, callee.held, args, kw, node)
            case "closure" if isinstance(callee.node, ast.Lambda | ast.FunctionDef):
                return self._closure(callee, args, kw, node)
            case "partial":
                return self.apply(callee.args[0], (*callee.args[1:], *args), callee.kw | kw, node)
            case "builtin":
                return self._builtin(str(callee.value), args, kw, node)
            case "phi":
                parts = tuple(self.apply(item, args, kw, node) for item in callee.args[:3])
                return Term("phi", parts, node=node)
            case "bound" if self.owner is not None:
                if found := program.method(callee.path, str(callee.value)):
                    return self.inline(*found, self.owner, args, kw, node)
        if callee.op in ("get", "get_interface") and callee.args:
            chosen = callee.args[-1]
            if chosen.op in ("function", "closure", "module"):
                return self.apply(chosen, args, kw, node)
        return self.made("call", args, kw, node, str(callee.value or ""))

    def _closure(
        self, callee: Term, args: tuple[Term, ...], kw: dict[str, Term], node: ast.AST
    ) -> Term:
        outer = callee.held
        assert isinstance(outer, Reader)
        assert isinstance(callee.node, ast.Lambda | ast.FunctionDef)
        return self.inline(callee.node, self.context.owner, outer.owner, args, kw, node, outer.env)

    def _builtin(
        self, name: str, args: tuple[Term, ...], kw: dict[str, Term], node: ast.AST
    ) -> Term:
        if name in ("list", "tuple") and len(args) == 1:
            return args[0]
        if name == "dict":
            return Term("dict", kw=kw, node=node)
        if name == "getattr" and len(args) > 1 and isinstance(attr := known(args[1]), str):
            return self.attribute(args[0], attr, node)
        if name == "sum" and len(args) == 1 and args[0].op == "list":
            return self.made("sum", args[0].args, kw, node)
        return called(name, args) or self.made(name, args, kw, node)

    def _path(self, path: str, args: tuple[Term, ...], kw: dict[str, Term], node: ast.AST) -> Term:
        name = path.rpartition(".")[2]
        if path in ("functools.partial",) and args:
            return Term("partial", args, node=node, kw=kw)
        if name == "Parameter":
            return Term("parameter", args, node=node, kw=kw)
        if name in ("get_kernel", "load_kernel", "get_local_kernel"):
            return Term("kernel", args, node=node, path=path)
        if name in ("ModuleList", "Sequential", "ModuleDict"):
            items = args[0].args if len(args) == 1 and args[0].op in WHOLE else args
            if len(args) == 1 and args[0].op == "dict":
                return args[0]
            return Term("list" if name == "ModuleList" else "made", items, name, node, path=path)
        if name[:1].isupper() and not path.startswith("torch.cuda"):
            return self.made("made", args, kw, node, name, path)
        return called(name, args) or self.operator(name, args, kw, node, path)

    def _layer(
        self, made: Term, args: tuple[Term, ...], kw: dict[str, Term], node: ast.AST
    ) -> Term:
        """What a layer of torch computes."""
        name = str(made.value)
        if name == "Sequential":
            for item in made.args:
                args = (self.apply(item, args, {}, node),)
            return args[0] if args else UNKNOWN
        if name == "Identity" and args:
            return args[0]
        if name in LAYERS:
            return self.operator(LAYERS[name], (*args, *_dim(made)), kw, node)
        if name.startswith("Dropout"):
            return self.made("dropout", args[:1], {"p": made.given("p", 0) or const(0.5)}, node)
        if "Norm" in name:
            return self.made("norm", (*args, made), kw, node, name)
        if "Linear" in name or name == "Conv1D":
            if args and name.endswith("Linear"):
                bare(args[0]).width = whole(made.given("in_features", 0))
            return self.made("linear", (*args, made), kw, node, name)
        if name.startswith("Conv"):
            return self.made("conv", (*args, made), kw, node, name)
        if name.startswith("Embedding"):
            return self.made("embedding", (*args, made), kw, node, name)
        term = self.made("layer", args, kw, node, name, made.path)
        term.held = made
        return term

    def operator(
        self, name: str, args: tuple[Term, ...], kw: dict[str, Term], node: ast.AST, path: str = ""
    ) -> Term:
        """A function or method of torch under its usual name."""
        if name.endswith("_") and not name.endswith("__"):
            name = name[:-1]
        norm = name if name in NORMS else None
        name = SAME.get(name, name)
        if name == "einsum" and args:
            found = [a for a in args if isinstance(known(a), str)]
            equation = known(found[0]) if found else None
            rest = tuple(a for a in args if not isinstance(known(a), str))
            return self.made("einsum", rest, kw, node, equation)
        if name in ("baddbmm", "addbmm", "addmm") and len(args) > 2:
            return self._added(args, kw, node)
        if name in FLEX:
            kw = self._flex(name, args, kw, node)
        if name == "compile" and args and path.startswith("torch"):
            return args[0]
        if name == "item" and not kw and len(args) == 1:
            name = "item_of"
        if name in ("to", "cuda", "cpu") and args and args[0].op in ("module", "list", "made"):
            return args[0]
        if (
            name in ("eval", "train", "half", "bfloat16", "float")
            and args
            and args[0].op in ("module", "made")
        ):
            return args[0]
        value = known(args[1]) if name == "rearrange" and len(args) > 1 else norm
        return self.made(name, args, kw, node, value, path)

    def _flex(
        self, name: str, args: tuple[Term, ...], kw: dict[str, Term], node: ast.AST
    ) -> dict[str, Term]:
        """What the functions of flex_attention make of scores and of a pair of positions."""
        row, column = _positions()
        heads = (Term("unknown"), Term("unknown"))
        if name == "flex_attention":
            bend = kw.get("score_mod") or (args[3] if len(args) > 3 else None)
            if bend is not None and bend.op != "const" and len(args) > 1:
                product = Term("matmul", args[:2], node=node)
                return kw | {"scored": self.apply(bend, (product, *heads, row, column), {}, node)}
        elif (mask := kw.get("mask_mod") or (args[0] if args else None)) is not None:
            return kw | {"seen": self.apply(mask, (*heads, row, column), {}, node)}
        return kw

    def _added(self, args: tuple[Term, ...], kw: dict[str, Term], node: ast.AST) -> Term:
        product = self.made("matmul", args[1:3], {}, node)
        if "alpha" in kw:
            product = self.made("mul", (product, kw["alpha"]), {}, node)
        if "beta" in kw and number(kw["beta"]) == 0:
            return product
        return self.made("add", (args[0], product), {}, node)

    def construct(
        self, name: str, args: tuple[Term, ...], kw: Mapping[str, Term], node: ast.AST
    ) -> Term:
        """An instance of a class of this file, its `__init__` read."""
        instance = Object(name)
        term = Term("module", value=name, node=node)
        term.held = instance
        found = self.program.method(name, "__init__")
        if found is not None:
            self.inline(found[0], found[1], instance, args, kw, node)
        else:
            fields = [
                item.target.id
                for owner in self.program.line(name)
                for item in owner.body
                if isinstance(item, ast.AnnAssign) and isinstance(item.target, ast.Name)
            ]
            instance.attrs |= dict(zip(fields, args, strict=False)) | dict(kw)
        return term

    def inline(
        self,
        function: ast.FunctionDef | ast.AsyncFunctionDef | ast.Lambda,
        owner: str,
        instance: Object | None,
        args: Sequence[Term],
        kw: Mapping[str, Term],
        node: ast.AST,
        env: Mapping[str, Term] | None = None,
    ) -> Term:
        """What a function of this file returns for these arguments."""
        if self.depth >= DEPTH or self.program.left < 0:
            return self.made("call", tuple(args), dict(kw), node)
        name = getattr(function, "name", self.context.function)
        context = Context(f"{owner}.{name}" if owner else name, owner)
        inner = Caller(self.program, context, instance, self.depth + 1)
        inner.env |= env or {}
        if instance is self.owner and instance is not None:
            inner.env |= {k: v for k, v in self.env.items() if k.startswith("self.")}
        inner.take(function, args, kw, bool(instance) and env is None)
        if isinstance(function, ast.Lambda):
            return inner.expr(function.body)
        self.program.read.add(id(function))
        inner.block(function.body)
        self._left(inner, instance, name)
        parts = tuple(dict.fromkeys(inner.returned))
        if not parts:
            return const(None)
        return parts[0] if len(parts) == 1 else Term("phi", parts, node=node)

    def _left(self, inner: Reader, instance: Object | None, name: str) -> None:
        """What a method left in its object."""
        own = {k: v for k, v in inner.env.items() if k.startswith("self.")}
        if instance is None:
            return
        if name == "__init__" or instance is not self.owner:
            instance.attrs |= {k[5:]: v for k, v in own.items()}
        if instance is self.owner:
            self.env |= own

    def take(
        self,
        function: ast.FunctionDef | ast.AsyncFunctionDef | ast.Lambda,
        args: Sequence[Term] | None,
        kw: Mapping[str, Term],
        method: bool,
    ) -> None:
        """Parameters as they are given; without arguments a caller gives them, unknown."""
        spec = function.args
        params = [*spec.posonlyargs, *spec.args]
        if method and params:
            params = params[1:]
        defaults = dict(zip([p.arg for p in params[::-1]], spec.defaults[::-1], strict=False))
        defaults |= {p.arg: d for p, d in zip(spec.kwonlyargs, spec.kw_defaults, strict=True) if d}
        given: dict[str, Any] = dict(zip([p.arg for p in params], args or (), strict=False))
        for param in [*params, *spec.kwonlyargs]:
            term = given.get(param.arg) or kw.get(param.arg)
            if term is None:
                default = defaults.get(param.arg)
                term = self._left_out(param, default, args is None)
            self.env[param.arg] = term

    def _left_out(self, param: ast.arg, default: ast.expr | None, root: bool) -> Term:
        """A parameter that nobody gives: its default; None may become something for a root."""
        value = self.expr(default) if default is not None else None
        if value is not None and not (root and value.op == "const" and value.value is None):
            return value
        if isinstance(param.annotation, ast.Name) and param.annotation.id in self.program.classes:
            return self._described(param.annotation.id)
        term = Term("param", value=param.arg, node=param)
        term.held = "optional" if default is not None else None
        return term

    def _described(self, name: str) -> Term:
        """A parameter whose class is in this file: its fields hold their defaults."""
        term = Term("module", value=name)
        term.held = instance = Object(name)
        if found := self.program.method(name, "__init__"):
            reader = Caller(self.program, self.context, instance, self.depth + 1)
            reader.take(found[0], None, {}, True)
            if self.depth < DEPTH:
                reader.block(found[0].body)
            instance.attrs |= {k[5:]: v for k, v in reader.env.items() if k.startswith("self.")}
        return term


def _is_super(node: ast.Call) -> bool:
    return isinstance(node.func, ast.Name) and node.func.id == "super"


def _positions() -> tuple[Term, Term]:
    """Positions of queries and keys, as a comparison in a mask has them."""
    every, new = Term("slice", (const(None),) * 3), const(None)
    at = Term("arange")
    row = Term("index", (at, Term("tuple", (every, new))))
    return row, Term("index", (at, Term("tuple", (new, every))))


def _dim(made: Term) -> tuple[Term, ...]:
    found = made.given("dim", 0)
    return (found,) if found is not None else ()
