"""A file in which no rule can match -> the names that it passes on to others all the same.

Most files of models are opened because a forward may be hot. Where it is not, and nothing else that
a rule asks for is spelled outside of comments, what remains are the imports that others may take
from here. Whatever might set a flag is left to who reads conditions: then the answer is None.
"""

from __future__ import annotations

import ast
import functools
import re
from collections.abc import Callable, Iterator

from portlint.reading import Export
from portlint.source.answering import answering
from portlint.source.hot.kinds import root
from portlint.source.index import Index
from portlint.source.lines import lines_of, on
from portlint.source.lines import walk as below
from portlint.source.needles import Spelled
from portlint.source.probes import ASKED, FOR_HOST, INSTALLED, kind_by_name
from portlint.source.prose import is_comment, prose
from portlint.source.reach import Aliases, Known, imported, reaching
from portlint.source.statements import FUNCTIONS
from portlint.source.tree import Tree
from portlint.source.versions import flag

Exports = dict[str, Export]
TELLING = ("torch", "version", "requirement", "attr", "startswith", "find_spec")
"""In names of what is called: it may say what there is, or on which host."""
ASKING = frozenset("bool any all int len".split())
"""What asks about its argument."""
HELPING = frozenset(["find_spec", "is_available", "ImportError", *ASKED])
"""What opens a statement only for what it says of others."""
GLOBAL = re.compile(r"\bglobal ([^\n;#]*)")
WORD = re.compile(r"\w+")
PLAIN = (
    *(ast.Constant, ast.JoinedStr, ast.List, ast.Tuple, ast.Dict, ast.Set, ast.BinOp, ast.Lambda),
    *(ast.ListComp, ast.SetComp, ast.DictComp, ast.GeneratorExp),
)
"""Values that are no condition, whatever they hold."""


def exports(read: Tree, text: str, index: Index, spelled: Spelled) -> Exports | None:
    """What such a file exports; None where something in it has to be read."""
    module = read.module
    if module is None or read.heat.lines:
        return None
    found = _Names(module, read.imports, index, text).found()
    if found is None or _spells(module, text, index.gates.places(spelled)):
        return None
    symbols = _symbols(index.gates.known)
    if reaching(module, read.imports, symbols, text) or answering(module, text, index.libraries):
        return None
    return found


@functools.lru_cache(maxsize=4)
def _symbols(known: Known) -> Known:
    """Modules that an alias can stand for are passed on; only what is in them is found."""
    return known._replace(ancestors=frozenset())


def _spells(module: ast.Module, text: str, places: list[tuple[str, int]]) -> bool:
    """Whether something that opens a statement stands at one of these places in code.

    In a class what only helps to read conditions opens nothing: a method is no flag.
    """
    if not places:
        return False
    lines = text.split("\n")
    places = sorted(places, key=lambda place: place[1])
    numbers = lines_of(text, [start for _, start in places])
    said = prose(module, lines, numbers)
    for number, word in dict.fromkeys(zip(numbers, [w for w, _ in places], strict=True)):
        if number in said:
            continue
        around = [node for node in module.body if on([number], node)]
        helps = word in HELPING and all(isinstance(node, ast.ClassDef) for node in around)
        if not helps and not is_comment(number, lines, around):
            return True
    return False


class _Names:
    """The names that the statements of a module bind, and which of them mean something outside."""

    def __init__(self, module: ast.Module, imports: Aliases, index: Index, text: str) -> None:
        self.module = module
        self.imports = imports
        self.index = index
        self.functions = {node.name for node in module.body if isinstance(node, FUNCTIONS)}
        self.classes = {node.name for node in module.body if isinstance(node, ast.ClassDef)}
        declared = GLOBAL.findall(text) if "global " in text else ()
        self.set_inside = {name for names in declared for name in WORD.findall(names)}
        self.exports: Exports = {}

    def found(self) -> Exports | None:
        """The imports that others may take; None where a statement may do more than import."""
        for node in self.module.body:
            fits = STATEMENTS.get(type(node))
            if fits is None or not fits(self, node):
                return None
        return {name: item for name, item in self.exports.items() if name[:2] != "__"}

    def _import(self, node: ast.Import | ast.ImportFrom) -> bool:
        """An import at the top; a name with two meanings is not judged here."""
        for name, path in _brought(node):
            if not name or not self._is_free(name):
                return False
            if self._is_told(path):
                self.exports[name] = Export(kind="symbol", line=0, path=path)
        return True

    def _is_told(self, path: str) -> bool:
        """Whether others may ask what this path is, as `portlint.source.exports` has it."""
        root = path.split(".")[0]
        if path == root and root not in self.index.libraries:
            return False
        return bool(self.index.find(path)[1]) or path in self.index.ancestors

    def _is_free(self, name: str) -> bool:
        """Whether a name can be bound without a change to what is passed on."""
        return name not in self.exports and name not in self.set_inside

    def _define(self, node: ast.FunctionDef | ast.AsyncFunctionDef | ast.ClassDef) -> bool:
        return self._is_free(node.name)

    def _if(self, node: ast.If) -> bool:
        """A block of imports, none of which means anything outside."""
        inner = [*node.body, *node.orelse]
        return self._is_quiet(node.test) and all(
            isinstance(part, ast.Pass)
            or (
                isinstance(part, ast.Import | ast.ImportFrom)
                and all(n and self._is_free(n) and not self._is_told(p) for n, p in _brought(part))
            )
            for part in inner
        )

    def _value(self, node: ast.Expr) -> bool:
        return isinstance(node.value, ast.Constant | ast.Call) and self._is_quiet(node.value)

    def _assign(self, node: ast.Assign) -> bool:
        return all(self._set(target, node.value) for target in node.targets)

    def _annotated(self, node: ast.AnnAssign) -> bool:
        return self._set(node.target, node.value)

    def _changed(self, node: ast.AugAssign) -> bool:
        return isinstance(node.target, ast.Name) and node.target.id == "__all__"

    def _set(self, target: ast.expr, value: ast.expr | None) -> bool:
        """Whether a value that a name gets is no flag, by its form and by the name."""
        if not isinstance(target, ast.Name) or not self._is_free(target.id):
            return False
        if target.id.startswith("__"):  # nobody imports it
            return value is None or self._is_quiet(value)
        if self._speaks(target.id) or (value is not None and not self._is_quiet(value)):
            return False
        return value is None or isinstance(value, PLAIN) or self._is_made(value)

    def _is_made(self, value: ast.expr) -> bool:
        """`-1`, `list[int]`, a class by another name, `logging.get_logger(__name__)`.

        What is called must not be something that answers a question.
        """
        match value:
            case ast.UnaryOp(op=op):
                return not isinstance(op, ast.Not)
            case ast.Subscript(value=ast.Name(), slice=item):
                return not isinstance(item, ast.Constant)
            case ast.Name(name):
                return name in self.classes and not self._speaks(name)
            case ast.Call(func=ast.Name(name) | ast.Attribute(attr=name) as func):
                first = root(func)
                paths = ("torch",) if first is None else self.imports.get(first, ())
                low = f"{name} {' '.join(paths)}".lower()
                return not (
                    name in ASKING
                    or any(word in low for word in TELLING)
                    or INSTALLED.fullmatch(name)
                    or self._speaks(name)
                )
        return False

    def _speaks(self, name: str) -> bool:
        """Whether a name alone says what a flag or a helper stands for."""
        return bool(
            flag(name) is not None
            or FOR_HOST.fullmatch(name)
            or kind_by_name(name, self.index.libraries)
        )

    def _is_quiet(self, value: ast.expr) -> bool:
        """Whether no function of the file has a part in a value: it would be read for that."""
        return not any(
            isinstance(part, ast.NamedExpr)
            or (isinstance(part, ast.Name) and part.id in self.functions)
            for part in below(value)
        )


STATEMENTS: dict[type[ast.AST], Callable[..., bool]] = {
    ast.Import: _Names._import,
    ast.ImportFrom: _Names._import,
    ast.FunctionDef: _Names._define,
    ast.AsyncFunctionDef: _Names._define,
    ast.ClassDef: _Names._define,
    ast.If: _Names._if,
    ast.Expr: _Names._value,
    ast.Assign: _Names._assign,
    ast.AnnAssign: _Names._annotated,
    ast.AugAssign: _Names._changed,
}


def _brought(node: ast.Import | ast.ImportFrom) -> Iterator[tuple[str, str]]:
    """Names and paths of an import; of one that is relative the paths mean nothing outside."""
    if isinstance(node, ast.ImportFrom) and node.level:
        yield from (("" if a.name == "*" else a.asname or a.name, "") for a in node.names)
    else:
        yield from imported(node)
