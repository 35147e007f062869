"""A file's syntax tree -> the attentions in it."""

from __future__ import annotations

import ast
from collections.abc import Iterator, Sequence

from portlint.attention.features import Features
from portlint.attention.kinds import most_specific
from portlint.source.attention.attentions import instance, read
from portlint.source.attention.calling import Caller
from portlint.source.attention.found import Instance
from portlint.source.attention.layers import layers
from portlint.source.attention.libraries import library
from portlint.source.attention.mixers import deformed, mixers
from portlint.source.attention.program import Context, Function, Object, Program
from portlint.source.attention.scans import scans
from portlint.source.attention.spread import spread
from portlint.source.attention.terms import Term, const
from portlint.source.reach import Aliases, aliases

ENTRIES = ("forward", "__call__")


def instances(text: str) -> list[Instance]:
    """The attentions of a source text, in the order of its classes and functions."""
    module = ast.parse(text)
    return found(module, aliases(module, text))


def found(module: ast.Module, imports: Aliases, only: set[str] | None = None) -> list[Instance]:
    """The same of a tree; functions that others call are read where they are called.

    `only` are the classes and functions to begin with; others are not read for themselves.
    """
    program = Program(module, imports)
    listed: list[Instance] = []
    for name in _roots(program) if only is None else _only(program, only):
        listed += _read(program, name)
    return list(dict.fromkeys(listed))


def _roots(program: Program) -> Iterator[str]:
    """Classes with a forward that no other makes, then functions that nothing has called."""
    made = {
        item.func.id
        for node in [*program.classes.values(), *program.functions.values()]
        for item in ast.walk(node)
        if isinstance(item, ast.Call) and isinstance(item.func, ast.Name)
    }
    modules = [name for name in program.classes if _entry(program, name)]
    yield from (name for name in modules if name not in made)
    yield from (name for name in modules if name in made and not _was_read(program, name))
    for name, function in program.functions.items():
        if id(function) not in program.read:
            yield name


def _only(program: Program, names: set[str]) -> Iterator[str]:
    """Of these the ones that can be read, in the order of the file."""
    yield from (name for name in program.classes if name in names)
    for name, function in program.functions.items():
        if name in names and id(function) not in program.read:
            yield name


def _entry(program: Program, name: str) -> tuple[Function, str] | None:
    return next((f for e in ENTRIES if (f := program.method(name, e))), None)


def _was_read(program: Program, name: str) -> bool:
    entry = _entry(program, name)
    return entry is not None and entry[1] == name and id(entry[0]) in program.read


def _read(program: Program, name: str) -> list[Instance]:
    """Read a class as its default instance, or a function, with inputs that are not known."""
    program.made = []
    program.loops = []
    program.results = []
    context = Context("", "")
    outer = Caller(program, context, None)
    if name in program.classes:
        _class(program, outer, name)
    else:
        _function(program, outer, name)
    return _instances(program, name)


def _class(program: Program, outer: Caller, name: str) -> None:
    term = _constructed(program, outer, name)
    entry = _entry(program, name)
    if entry is not None and isinstance(term.held, Object):
        _run(program, entry, term.held)


def _constructed(program: Program, outer: Caller, name: str) -> Term:
    """An instance with the defaults of its constructor; what has none is not known."""
    instance = Object(name)
    term = Term("module", value=name)
    term.held = instance
    if init := program.method(name, "__init__"):
        inner = Caller(program, Context(f"{init[1]}.__init__", init[1]), instance, 1)
        inner.take(init[0], None, _given(program, init[0], name), True)
        inner.block(init[0].body)
        instance.attrs |= {k[5:]: v for k, v in inner.env.items() if k.startswith("self.")}
    return term


def _given(program: Program, init: Function, name: str) -> dict[str, Term]:
    """What the file gives a constructor: not known, unless it is a literal, and no default."""
    names = [param.arg for param in [*init.args.posonlyargs, *init.args.args][1:]]
    found: dict[str, Term] = {}
    for call in program.constructions.get(name, ()):
        pairs = [*zip(names, call.args, strict=False)]
        pairs += [(k.arg, k.value) for k in call.keywords if k.arg]
        for param, value in pairs:
            plain = isinstance(value, ast.Constant) and param not in found
            literal = value.value if isinstance(value, ast.Constant) else None
            usable = plain and isinstance(literal, bool | int | float | str)
            found[param] = const(literal) if usable else Term("param", value=param)  # type: ignore[arg-type]
    return found


def _run(program: Program, entry: tuple[Function, str], held: Object | None) -> list[Term]:
    function, owner = entry
    name = f"{owner}.{function.name}" if owner else function.name
    reader = Caller(program, Context(name, owner), held, 1)
    reader.take(function, None, {}, held is not None)
    program.read.add(id(function))
    reader.block(function.body)
    program.results += reader.returned
    return reader.returned


def _function(program: Program, outer: Caller, name: str) -> None:
    """A function; where it makes a module (a factory), that one's forward too."""
    for term in _run(program, (program.functions[name], ""), None):
        held = term.held if term.op == "module" else None
        if isinstance(held, Object) and (entry := _entry(program, held.name)) is not None:
            _run(program, entry, held)


def _instances(program: Program, root: str) -> list[Instance]:
    made: Sequence[tuple[Term, Context]] = program.made
    products = list(read(made))
    given = _given_back(program)
    listed = [instance(item, context, root, given) for item, context in products]
    by_hand = {context.function for item, context in products if item.softmax is not None}
    listed = list(spread(listed, program, by_hand))
    for term, context in made:
        if term.node is None:
            continue
        line = _line(term.node)
        if (one := library(term)) is not None:
            called = Instance(*one, line, context.function, root, term.node, library=True)
            listed.append(called)
        for kind, features in layers(term):
            listed.append(Instance(kind, features, line, context.function, root, term.node))
    return listed + _without_softmax(program, root, by_hand)


def _given_back(program: Program) -> set[int]:
    """The expressions of softmaxes that a program returns beside its result."""
    found: set[int] = set()
    for result in program.results:
        for part in result.args if result.op == "tuple" else ():
            while part.op in ("dropout", "to", "view", "type_as", "mean", "sum") and part.args:
                part = part.args[0]
            if part.op == "softmax":
                found.add(id(part.node))
    return found


def _without_softmax(program: Program, root: str, by_hand: set[str]) -> list[Instance]:
    """Mixers, one for each function: what it is named most specifically."""
    named: dict[str, list[tuple[str, ast.AST, bool]]] = {}
    loops: set[int] = set()
    for kind, node, function, chunks in scans(program.loops):
        if function in by_hand:
            continue
        if not chunks:
            loops.add(id(node))
        named.setdefault(function, []).append((kind, node, True))
    for kind, term, function, causal in mixers(program.made):
        if term.node is not None:
            named.setdefault(function, []).append((kind, term.node, causal))
    listed = []
    for function, found in named.items():
        kind = most_specific(item[0] for item in found)
        node = next(item[1] for item in found if item[0] == kind)
        features = Features(causal=any(item[2] for item in found))
        loop = id(node) in loops
        listed.append(Instance(kind, features, _line(node), function, root, node, (), loop))
    for term, function in deformed(program.made):
        if term.node is not None:
            listed.append(
                Instance("deformable", Features(), _line(term.node), function, root, term.node)
            )
    return listed


def _line(node: ast.AST) -> int:
    return getattr(node, "lineno", 0)
