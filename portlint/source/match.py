"""The visitor: at every node, symbols, detectors and environment facts -> hits."""

from collections.abc import Callable, Iterator

from portlint.model import NotAnalysed
from portlint.reading import Way
from portlint.rule import Rule
from portlint.source import cst
from portlint.source.doors import Pair, pairs_of, way
from portlint.source.environment import facts
from portlint.source.exports import Externals
from portlint.source.extent import handed
from portlint.source.found import Found, Hit, Hits
from portlint.source.guards import Code, Guard
from portlint.source.idle import before_error, is_idle
from portlint.source.index import Entry, Index
from portlint.source.names import Ref
from portlint.source.needles import Spelled
from portlint.source.nodes import dotted_text, string_value
from portlint.source.place import Place
from portlint.source.references import Private, References, around
from portlint.source.uses import Uses


class Matcher:
    """Collects hits; a detector that raises becomes a crash with its rule, the rest goes on."""

    def __init__(
        self, index: Index, externals: Externals, text: str, spelled: Spelled, code: Code
    ) -> None:
        self.index = index
        self.able = index.able(spelled)
        self.detectors = index.detecting(self.able)
        self.kinds = frozenset([*OWN, *(kind for kind, able in self.detectors.items() if able)])
        self.externals = externals
        self.ahead: dict[int, list[int]] = {}
        self.hits = Hits(code)
        self.uses = Uses()
        self.references = References(text, index.unbound, code)
        self.code = code
        self.imports: dict[str, cst.CSTNode] = {}
        self.watched: list[tuple[Pair, tuple[Guard, ...], Private | None]] = []
        self.crashes: list[NotAnalysed] = []

    def visit(self, at: Place, node: cst.CSTNode) -> None:
        """Called by the walk for every node of our kinds, and for those that are ahead."""
        hits = len(self.hits)
        if self.ahead:
            self._reached(at, node)
        kind = type(node)
        if own := OWN.get(kind):
            own(self, at, node)
        for rule, detector in self.detectors.get(kind, ()):
            self._run(rule, at, node, detector(node, at))
        if len(self.hits) > hits:
            for hit in self.hits[hits:]:
                self.references.place(at, hit.found.node)

    def _reached(self, at: Place, node: cst.CSTNode) -> None:
        """What was found from outside gets the guards that it stands behind itself."""
        for index in self.ahead.pop(id(node), ()):
            self.hits[index] = self.hits[index]._replace(guards=at.frame.guards, dead=at.frame.dead)
            self.references.place(at, node)

    def finish(self) -> None:
        """Run the detectors that look at all hits of the file."""
        idle = [self.uses.idle(at, hit) for at, hit in enumerate(self.hits)]
        self.hits[:] = [self._guarded(self.uses.named(at, hit)) for at, hit in enumerate(idle)]
        imports = self.uses.imports(self.hits)
        for rule, detector in self.index.finishing(self.able):
            for found, guards in detector(self.hits):
                self.hits.append(Hit(rule, found, guards))
        self.hits[:] = [self.references.guarded(hit) for hit in self.hits]
        left = {id(hit.found.node) for hit in self.hits}
        self.imports = {name: node for name, node in imports.items() if id(node) in left}

    def _guarded(self, hit: Hit) -> Hit:
        """The hit without guards that ask for a library which its own finding is not about."""
        words = f"{hit.found.symbol} {hit.found.value}".lower()
        kept = tuple(
            guard
            for guard in hit.guards
            if guard.kind != "library"
            or guard.library not in self.index.unbound
            or guard.library.lower() in words
        )
        return hit if len(kept) == len(hit.guards) else hit._replace(guards=kept)

    def _run(self, rule: Rule, at: Place, node: cst.CSTNode, found: Iterator[Found]) -> None:
        """A match deeper than the node looked at gets its guards when the walk comes to it."""
        try:
            for item in found:
                if item.node is not node:
                    self.ahead.setdefault(id(item.node), []).append(len(self.hits))
                self.hits.append(Hit(rule, item, at.frame.guards, at.frame.dead))
        except Exception as error:
            self.crashes.append(
                NotAnalysed(path=at.path, reason=f"NEU000 internal error in {rule.code}: {error!r}")
            )

    def _add(self, at: Place, entry: Entry, node: cst.CSTNode, guard: Guard | None) -> None:
        guards = at.frame.guards if guard is None else (guard, *at.frame.guards)
        symbol = entry.symbol.removesuffix(".*")
        whole = handed(at) if entry.rule.effort.lines else ()
        found = Found(node, symbol=symbol, row=entry.row, whole=whole)
        self.hits.append(Hit(entry.rule, found, guards, at.frame.dead))

    def _symbol(self, at: Place, node: cst.Name | cst.Attribute) -> None:
        self.references.note(at, node)
        if type(at.parent) is cst.Attribute:
            return
        refs = at.refs(node)
        if not refs or _uses_nothing(at, node):
            return
        sites = _sites(at, node)
        for ref in _open_first(refs):
            self.externals.note(ref.path, node, "device")
            left, entries = self.index.find(ref.path)
            for entry in entries:
                if (sites if not left else USED) & set(entry.rule.sites):
                    self._add(at, entry, _shorter(node, left), ref.guard)
                else:
                    self.uses.use(entry, node, is_idle(node, at))

    @property
    def ways(self) -> tuple[Way, ...]:
        """The watched imports of the file, with what they or the function around them need."""
        found = []
        for pair, guards, private in self.watched:
            outer = self.references.behind(private)
            both = guards if outer is None else (outer, *guards)
            found.append(way(pair, both, self.index.unbound, self.code))
        return tuple(found)

    def _watch(self, at: Place, node: cst.Import | cst.ImportFrom) -> None:
        """Remember what an import of an audited module stands behind, if somebody asks."""
        for pair in pairs_of(at, node) if self.externals.watched else ():
            if pair in self.externals.watched:
                self.watched.append((pair, at.frame.guards, around(at.frame.parents)))

    def _import(self, at: Place, node: cst.Import) -> None:
        self._watch(at, node)
        for alias in node.names:
            path = dotted_text(alias.name) or ""
            self._imported(at, alias, path, alias.evaluated_alias or path.split(".")[0])

    def _imported(self, at: Place, node: cst.CSTNode, path: str, name: str = "") -> None:
        for ref in _mapped(at, path):
            for entry in self.index.find(ref.path)[1]:
                if "import" in entry.rule.sites:
                    self.uses.bind(entry, name, len(self.hits))
                    self._add(at, entry, node, ref.guard or before_error(at))

    def _from(self, at: Place, node: cst.ImportFrom) -> None:
        self._watch(at, node)
        module = at.names.absolute(node)
        if isinstance(node.names, cst.ImportStar):
            self._imported(at, node, module)
            return
        seen: dict[tuple[str, str], int] = {}
        for alias in node.names:
            path = f"{module}.{dotted_text(alias.name)}"
            for ref in _mapped(at, path):
                left, entries = self.index.find(ref.path)
                for entry in entries if ref.path == path else self._passed_on(path, alias, entries):
                    key = (entry.rule.code, entry.symbol)
                    if "import" not in entry.rule.sites:
                        continue
                    if key not in seen:
                        seen[key] = len(self.hits)
                        guard = ref.guard or before_error(at)
                        self._add(at, entry, alias if not left else node, guard)
                    name = alias.evaluated_alias or alias.evaluated_name
                    self.uses.bind(entry, name, seen[key])

    def _passed_on(
        self, path: str, alias: cst.ImportAlias, entries: list[Entry]
    ) -> Iterator[Entry]:
        """A library's name taken from an audited file is reported where that file imports it."""
        for entry in entries:
            if entry.rule.sites == ("import",):
                self.externals.note(path, alias, "symbol")
            else:
                yield entry

    def _call(self, at: Place, node: cst.Call) -> None:
        """`import_module("apex")` is an import; other calls may speak to the environment."""
        self._facts(at, node)
        if at.calls(node, "importlib.import_module", "__import__") and node.args:
            self._imported(at, node, string_value(node.args[0].value) or "")

    def _facts(self, at: Place, node: cst.Call | cst.Subscript | cst.Comparison) -> None:
        for kind, name, value, where in facts(node, at):
            for fact in self.index.facts:
                if fact.kind == kind and fact.name.fullmatch(name) and fact.value.fullmatch(value):
                    found = Found(where, symbol=name, value=value)
                    self.hits.append(Hit(fact.rule, found, at.frame.guards, at.frame.dead))


OWN: dict[type[cst.CSTNode], Callable[..., None]] = {
    cst.Name: Matcher._symbol,
    cst.Attribute: Matcher._symbol,
    cst.Import: Matcher._import,
    cst.ImportFrom: Matcher._from,
    cst.Call: Matcher._call,
    cst.Subscript: Matcher._facts,
    cst.Comparison: Matcher._facts,
}


def _mapped(at: Place, path: str) -> list[Ref]:
    """What an imported path stands for, where an audited module passes it on."""
    return _open_first(at.names.mapped([Ref(path)]))


def _shorter(node: cst.CSTNode, left: int) -> cst.CSTNode:
    while left and isinstance(node, cst.Attribute):
        node, left = node.value, left - 1
    return node


def _uses_nothing(at: Place, node: cst.Name | cst.Attribute) -> bool:
    """A name that is bound again, a class that `isinstance` asks about, a list that is counted."""
    parents = at.frame.parents
    if type(node) is cst.Name and parents and type(parents[-1]) is cst.AssignTarget:
        return True
    last = len(parents) - 1
    while last > 0 and type(parents[last]) in (cst.Element, cst.Tuple):
        last -= 1
    if last < 1 or type(parents[last]) is not cst.Arg:
        return False
    call = parents[last - 1]
    return isinstance(call, cst.Call) and dotted_text(call.func) in (
        "isinstance",
        "issubclass",
        "len",
    )


USED = frozenset(["use"])


def _sites(at: Place, node: cst.CSTNode) -> frozenset[str]:
    """How a name is used: called, as a decorator, as a base class, or just named."""
    parent = at.parent
    kind = type(parent)
    if isinstance(parent, cst.Call) and parent.func is node:
        return USED | {"call"}
    if kind is cst.Decorator:
        return USED | {"decorator", "call"}
    if kind is cst.Arg:
        above = at.frame.parents[-2] if len(at.frame.parents) > 1 else None
        return USED | {"base" if type(above) is cst.ClassDef else "argument"}
    return USED


def _open_first(refs: list[Ref]) -> list[Ref]:
    """Without the guarded way to a name that is also reached without a guard."""
    free = {ref.path for ref in refs if ref.guard is None}
    return [ref for ref in refs if ref.guard is None or ref.path not in free]
