"""Private functions, methods and classes that this file uses behind guards only are guarded.

So is what nothing happens to before it is used: `fast = torch.compile(f)`, called on CUDA only.
"""

from __future__ import annotations

import re
from typing import NamedTuple

from portlint.source import cst
from portlint.source.found import Hit
from portlint.source.guards import KINDS, Code, Guard
from portlint.source.nodes import dotted_text
from portlint.source.place import Place
from portlint.source.thin import is_private

HARMLESS = frozenset(
    "staticmethod classmethod jit cache lru_cache contextmanager no_grad inference_mode "
    "dataclass final".split()
)
"""Decorators that hand the function to nobody else."""


LAZY = frozenset("compile optimize partial".split())
"""Functions whose result does nothing before it is called."""


class Private(NamedTuple):
    """A private name of the module, a private method of the class, or a local name of the function
    with this identity."""

    owner: int
    name: str


class Reference(NamedTuple):
    """A use of a private name: its guards, and the private function it stands in."""

    guards: tuple[Guard, ...]
    inside: Private | None


class References:
    """Gathers uses while the walk goes on, and says at its end which functions are guarded."""

    def __init__(self, text: str, unbound: frozenset[str], code: Code) -> None:
        self.text = text
        self.code = code
        self.unbound = unbound
        self.seen: dict[Private, list[Reference]] = {}
        self.places: dict[int, list[Private]] = {}
        self.locals: dict[str, dict[int, cst.FunctionDef]] = {}

    def place(self, at: Place, node: cst.CSTNode) -> None:
        """Remember in which private function a match stands, and to which name it is bound."""
        parents = at.frame.parents
        found = [private for private in (self._bound(parents, node), around(parents)) if private]
        if found:
            self.places[id(node)] = found
        else:
            self.places.pop(id(node), None)

    def _bound(self, parents: tuple[cst.CSTNode, ...], node: cst.CSTNode) -> Private | None:
        """The only name that the result of a lazy call around a match is bound to."""
        name, index = _lazy(parents, node)
        around = [p for p in parents[:index] if type(p) in (cst.FunctionDef, cst.ClassDef)]
        if not name or not around:
            return Private(0, name) if name and is_private(name) else None
        if not isinstance(around[-1], cst.FunctionDef):
            return None
        self.locals.setdefault(name, {})[id(around[-1])] = around[-1]
        return Private(id(around[-1]), name)

    def note(self, at: Place, node: cst.Name | cst.Attribute) -> None:
        """A name is used; what binds it again is not noted, so that the count will not match."""
        field = node if type(node) is cst.Attribute else None
        name: str = field.attr.value if field is not None else node.value  # type: ignore[assignment]
        if field is None and name in self.locals:
            self._local(at, name)
        if not is_private(name):
            return
        owner = 0
        if field is not None:
            owner = _owner(at.frame.parents, _first(at.frame.parents))
            if not owner or dotted_text(field.value) not in ("self", "cls"):
                return
        elif type(at.parent) is cst.AssignTarget:
            return
        parents = at.frame.parents
        found = Reference(at.frame.guards, around(parents))
        self.seen.setdefault(Private(owner, name), []).append(found)

    def _local(self, at: Place, name: str) -> None:
        """A local name is used in its function."""
        parents = at.frame.parents
        inside = [id(p) for p in parents if id(p) in self.locals[name]]
        if inside and not isinstance(at.parent, cst.AssignTarget):
            found = Reference(at.frame.guards, None)
            self.seen.setdefault(Private(inside[-1], name), []).append(found)

    def guarded(self, hit: Hit) -> Hit:
        """The hit behind the guard of the function it stands in, if nothing else guards it."""
        places = [] if hit.guards else self.places.get(id(hit.found.node), [])
        found = next((f for private in places if (f := self.behind(private))), None)
        return hit if found is None else hit._replace(guards=(found,))

    def behind(self, private: Private | None) -> Guard | None:
        """The guard that all uses of a private function stand behind."""
        return self._guard(private, ()) if private else None

    def _guard(self, private: Private, asked: tuple[Private, ...]) -> Guard | None:
        """What all uses stand behind: the guard of the first."""
        uses = self.seen.get(private, [])
        first = None
        for use in uses:
            if use.inside == private:
                continue
            found = self._own(use)
            if found is None and use.inside and use.inside not in asked:
                found = self._guard(use.inside, (*asked, private))
            if found is None:
                return None
            first = first or found
        # To count in the text is dear, so it is left to the end.
        return first if first is not None and self._is_all(private, len(uses)) else None

    def _is_all(self, private: Private, uses: int) -> bool:
        """Whether a name is spelled where it is bound and in so many uses, and nowhere else."""
        function = self.locals.get(private.name, {}).get(private.owner)
        text = self.text if function is None else self.code(function)
        return len(re.findall(rf"\b{private.name}\b", text)) == uses + 1

    def _own(self, use: Reference) -> Guard | None:
        for guard in reversed(use.guards):
            if guard.kind in KINDS and guard.library not in self.unbound:
                return guard
        return None


def _lazy(parents: tuple[cst.CSTNode, ...], node: cst.CSTNode) -> tuple[str, int]:
    """The name that `name = torch.compile(…)` around a match sets, and where that stands."""
    for index in range(len(parents) - 1, -1, -1):
        match parents[index]:
            case (
                cst.Assign(targets=[cst.AssignTarget(cst.Name(name))], value=cst.Call() as value)
                | cst.AnnAssign(target=cst.Name(name), value=cst.Call() as value)
            ):
                inner = parents[index + 1] if index + 1 < len(parents) else node
                called = (dotted_text(value.func) or "").rpartition(".")[2]
                return (name, index) if inner is value and called in LAZY else ("", 0)
            case cst.BaseStatement():
                break
    return "", 0


def _first(parents: tuple[cst.CSTNode, ...]) -> int:
    """Where the outermost function is among the parents; their number without one."""
    for index, parent in enumerate(parents):
        if type(parent) is cst.FunctionDef:
            return index
    return len(parents)


def _owner(parents: tuple[cst.CSTNode, ...], end: int) -> int:
    """The identity of the innermost class before this place; 0 without one."""
    return next((id(p) for p in reversed(parents[:end]) if type(p) is cst.ClassDef), 0)


def around(parents: tuple[cst.CSTNode, ...]) -> Private | None:
    """The private function, or else class, in whose body something with these parents stands."""
    index = _first(parents)
    if index + 1 < len(parents) and _is_private(parents[index], parents[index + 1]):
        return Private(_owner(parents, index), _name(parents[index]))
    for at, parent in enumerate(parents[:index]):
        if type(parent) is cst.ClassDef:
            after = parents[at + 1] if at + 1 < len(parents) else None
            return Private(0, _name(parent)) if _is_private(parent, after) else None
    return None


def _is_private(node: cst.CSTNode, part: cst.CSTNode | None) -> bool:
    """Whether a private definition holds this part in its body, and no decorator passes it on."""
    if not isinstance(node, cst.FunctionDef | cst.ClassDef) or part is not node.body:
        return False
    return is_private(node.name.value) and all(map(_harmless, node.decorators))


def _name(node: cst.CSTNode) -> str:
    return node.name.value if isinstance(node, cst.FunctionDef | cst.ClassDef) else ""


def _harmless(decorator: cst.Decorator) -> bool:
    node = decorator.decorator
    name = dotted_text(node.func if isinstance(node, cst.Call) else node) or ""
    return name.split(".")[-1] in HARMLESS
