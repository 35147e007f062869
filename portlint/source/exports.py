"""What a module's names mean to other audited files, and what theirs mean here."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping, Sequence
from typing import NamedTuple

from portlint.reading import Export
from portlint.source import cst
from portlint.source.answers import answers
from portlint.source.conditions import Conditions
from portlint.source.doors import Pair, spelled
from portlint.source.found import Hit
from portlint.source.guards import Atom, Guard
from portlint.source.index import Index
from portlint.source.names import Ref, Resolver
from portlint.source.nodes import descend, statements
from portlint.source.probes import kind_by_name
from portlint.source.scope import Binding, Scope
from portlint.source.starts import Starts

Table = Mapping[str, Mapping[str, Export]]
"""Module (dotted, from the root) -> name -> what it is."""


class Externals:
    """The interesting names of the other audited modules, as one file sees them.

    `module` is this file's dotted name from the root; `roots` are the folders (dotted) from which
    absolute imports of audited packages start. Of `watched` imports the guards are noted where they
    are met; of those `asked` for they are looked for.
    """

    def __init__(
        self,
        module: str,
        is_package: bool,
        table: Table,
        roots: Sequence[str] = ("",),
        watched: Collection[Pair] = (),
        asked: Collection[Pair] = (),
    ) -> None:
        parent = module.rpartition(".")[0]
        self.package = module if is_package else parent
        self.table = table
        self.watched = frozenset(watched)
        self.asked = asked
        self.starts = Starts(self.package, roots, table)
        self.used: list[tuple[str, str, cst.CSTNode]] = []

    @property
    def words(self) -> list[str]:
        """Names whose use makes a statement worth parsing."""
        passed_on = {name for names in self.table.values() for name in names}
        return sorted(passed_on.union(spelled(self.asked)))

    @property
    def paths(self) -> list[str]:
        """The outside names that audited modules pass on, as if this file spelled them."""
        return sorted({item.path for names in self.table.values() for item in names.values()})

    def _find(self, path: str) -> Iterator[tuple[str, str, Export, str]]:
        """Module, name, meaning and the rest of a dotted path, for each way to read it."""
        if not self.table:
            return
        starts = (
            [path[1:]]
            if path.startswith(".")
            else [f"{place}.{path}" if place else path for place in self.starts.of(path)]
        )
        for start in starts:
            parts = start.split(".")
            for size in range(len(parts) - 1, 0, -1):
                names = self.table.get(".".join(parts[:size]))
                if names and parts[size] in names:
                    rest = "".join(f".{part}" for part in parts[size + 1 :])
                    yield ".".join(parts[:size]), parts[size], names[parts[size]], rest
                    return

    def refs(self, path: str) -> list[Ref]:
        """The outside API an imported name stands for."""
        return [
            Ref(export.path + rest, _passed_on(module) if export.guarded else None)
            for module, _, export, rest in self._find(path)
            if export.kind == "symbol"
        ]

    def atom(self, path: str) -> Atom | None:
        """What an imported flag or helper says when it is true."""
        for _, name, export, rest in self._find(path):
            if export.kind == "flag" and not rest:
                return Atom(export.flag, export.holds, name, export.library)  # type: ignore[arg-type]
        return None

    def note(self, path: str, node: cst.CSTNode, kind: str) -> None:
        """Remember a use of a device that another file decides, or of a name it passes on."""
        for module, name, export, rest in self._find(path):
            if export.kind == kind and not rest:
                self.used.append((module, name, node))


def _passed_on(module: str) -> Guard:
    return Guard("import", None, f"optional import in {module}")


class Exported(NamedTuple):
    """An export and the node whose line it gets."""

    export: Export
    node: cst.CSTNode | None


def exported(
    module: Scope,
    names: Resolver,
    conditions: Conditions,
    index: Index,
    hits: Sequence[Hit],
    imports: Mapping[str, cst.CSTNode],
) -> dict[str, Exported]:
    """The module-level names that mean something to a file that imports them.

    `imports` are the names that imports with a finding bind, with the node of the finding.
    """
    placing = {id(hit.found.node) for hit in hits if hit.rule.places}
    found: dict[str, Exported] = {}
    for name, bindings in module.names.items():
        live = module.live(name, inner=True)
        meaning = (
            _symbol(name, imports.get(name), names, module, index)
            or _device(live, placing)
            or _flag(name, live, module, conditions)
        )
        if meaning is not None and not name.startswith("__"):
            found[name] = meaning
        del bindings
    return found


def _symbol(
    name: str, node: cst.CSTNode | None, names: Resolver, module: Scope, index: Index
) -> Exported | None:
    for ref in names.refs(cst.Name(name), module):
        root = ref.path.split(".")[0]
        if ref.path == root and root not in index.libraries:
            continue
        if index.find(ref.path)[1] or ref.path in index.ancestors:
            guarded = ref.guard is not None
            return Exported(Export(kind="symbol", line=0, path=ref.path, guarded=guarded), node)
    return None


def _device(live: Sequence[Binding], placing: set[int]) -> Exported | None:
    if not placing:
        return None
    for binding in live:
        node = binding.node
        if isinstance(node, cst.FunctionDef):
            parts: list[cst.CSTNode] = [n for n in statements(node) if isinstance(n, cst.Return)]
        elif node is None or isinstance(node, cst.ClassDef):
            continue
        else:
            parts = [node]
        for part in parts:
            for item in descend(part):
                if id(item) in placing:
                    return Exported(Export(kind="device", line=0), item)
    return None


def _flag(
    name: str, live: Sequence[Binding], module: Scope, conditions: Conditions
) -> Exported | None:
    atoms: tuple[Atom, ...] = ()
    if live and isinstance(live[-1].node, cst.FunctionDef):
        atoms = answers(conditions, live[-1].node, True, module)
    elif any(isinstance(b.node, cst.BaseExpression) for b in live):
        atoms = conditions.implied(cst.Name(name), True, module)
    elif live and live[-1].path:
        passed_on = conditions.external(live[-1].path)
        atoms = () if passed_on is None else (passed_on,)
    for atom in atoms[:1]:
        if atom.holds and kind_by_name(name, conditions.libraries) == (atom.kind, atom.library):
            return None  # its name alone says so to whoever imports it
        flag = Export(kind="flag", line=0, flag=atom.kind, holds=atom.holds, library=atom.library)
        return Exported(flag, None)
    return None
