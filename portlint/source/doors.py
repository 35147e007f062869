"""How one audited module gets another to run: imports behind guards, strings that name it."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator

from portlint.reading import Way
from portlint.source import cst
from portlint.source.guards import KINDS, Code, Guard
from portlint.source.imports import paths_of, prefixes
from portlint.source.nodes import dotted_text
from portlint.source.place import Place

Pair = tuple[str, str]
"""Module and name of an import, as `portlint.source.imports` gives them."""
DOTTED, QUOTED = (
    tuple(re.compile(rf"""{quote}(?=((?:\w+\.){times}\w+)["':])""") for quote in "\"'")
    for times in ("{2,}", "*")
)
"""One pattern for each quote: a search for what begins with one sign is the fastest."""


def named(text: str) -> Iterator[str]:
    """Strings that can name a module: dotted ones, and any word where modules are made of words."""
    patterns = QUOTED if "import_module" in text else DOTTED
    found = sorted((at.start(), at[1]) for pattern in patterns for at in pattern.finditer(text))
    end = 0
    for start, name in found:
        if start >= end:
            yield name
            end = start + len(name) + len("''")


def run_by(pair: Pair, starts: Iterable[str], modules: frozenset[str]) -> Iterator[str]:
    """The audited modules that an import runs: the one it names, and the packages around it."""
    source, name = pair
    for path in paths_of(source, starts):
        if path in modules or f"{path}.{name}" in modules:
            yield from filter(modules.__contains__, prefixes(path))
            if f"{path}.{name}" in modules:
                yield f"{path}.{name}"


def inner_of(placed: Iterable[tuple[Pair, bool]]) -> tuple[Pair, ...]:
    """The imports that stand on indented lines only, each as often as it does."""
    found = list(placed)
    free = {pair for pair, inner in found if not inner}
    return tuple(pair for pair, _ in found if pair not in free)


def is_near(pair: Pair, module: str) -> bool:
    """Whether an import seems to be of the package that a module belongs to."""
    return pair[0].startswith(".") or pair[0].split(".")[0] in module.split(".")


def spelled(pairs: Iterable[Pair]) -> list[str]:
    """A name that a statement with such an import has to spell; of two the longer.

    Of what a relative import counts from, only dots are written.
    """
    return sorted({_spelled(source, name) for source, name in pairs})


def _spelled(source: str, name: str) -> str:
    if source.startswith("."):
        return "import" if name in ("", "*") else name
    return max(source.rpartition(".")[2], name, key=len)


def pairs_of(at: Place, node: cst.Import | cst.ImportFrom) -> list[Pair]:
    """What `imports` says of such a statement."""
    if isinstance(node, cst.Import):
        return [(dotted_text(alias.name) or "", "") for alias in node.names]
    source = at.names.absolute(node)
    if isinstance(node.names, cst.ImportStar):
        return [(source, "*")]
    return [(source, dotted_text(alias.name) or "") for alias in node.names]


def way(pair: Pair, guards: Iterable[Guard], unbound: frozenset[str], code: Code) -> Way:
    """An import with the innermost guard that keeps it from running on a Neuron host."""
    for guard in reversed(list(guards)):
        if guard.kind == "typing" or (guard.kind in KINDS and guard.library not in unbound):
            return Way(source=pair[0], name=pair[1], kind=guard.kind, guard=guard.text(code))
    return Way(source=pair[0], name=pair[1])
