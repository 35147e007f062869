"""The pieces of a run -> what each of them leads to: the edges of a call graph by names.

Names are followed as imports bind them. A method is known by its own name only, and is looked for
in the classes that a run has come to. What is chosen by a name put together at run time is missed.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping, Sequence
from typing import NamedTuple

from portlint.scope.code import Code, File
from portlint.scope.pieces import MODULE
from portlint.scope.words import Words
from portlint.scope.workloads import Sign, signs

CALLED = re.compile(r"__\w+__|forward|setup_context|backward|reset_parameters|extra_repr")
"""Methods that Python and torch call of what is made."""
PLAIN = frozenset(
    "append capitalize clear copy count decode encode endswith extend find format get index insert "
    "isdigit items join keys lower lstrip pop popitem read readline remove replace reverse rsplit "
    "rstrip setdefault sort split splitlines startswith strip title upper values write to cuda cpu "
    "float half double bfloat16 type size dim view reshape mean sum".split()
)
"""Methods of Python's own types and of tensors: they say nothing of classes that have such ones."""
LOOKED_UP = frozenset(["getattr", "globals"])
"""With these a string can be a name of the same file, or of an attribute; otherwise it is none."""


class Edges(NamedTuple):
    """Where a piece leads: what runs with it, classes that it may make, classes and modules that it
    names, names of attributes, the functions and classes of tables that it takes one from, and
    what its words tell of a workload.
    """

    runs: frozenset[int]
    makes: frozenset[int]
    opens: frozenset[int]
    names: frozenset[str]
    choices: tuple[frozenset[int], ...]
    signs: frozenset[Sign]


class Graph(Code):
    """The files of a run with the edges of their pieces, worked out file by file."""

    def __init__(self, texts: Iterable[tuple[str, str]], roots: Sequence[str]) -> None:
        super().__init__(texts, roots)
        self._edges: dict[int, Edges] = {}
        self._called: dict[int, dict[str, list[int]]] = {}

    def called(self, made: int) -> Mapping[str, list[int]]:
        """The methods of a class that Python and torch call of what is made, by name."""
        if made not in self._called:
            members = self.members.get(made, {})
            self._called[made] = {n: p for n, p in members.items() if CALLED.fullmatch(n)}
        return self._called[made]

    def edges(self, at: int) -> Edges:
        """Where a piece leads; those of a file are worked out together."""
        found = self._edges.get(at)
        if found is None:
            known = self.words(self.homes[at])
            self._edges |= {piece: self._led(piece, known) for piece in known}
            found = self._edges[at]
        return found

    def _led(self, at: int, known: Mapping[int, Words]) -> Edges:
        file, home, own = self.file(at), self.homes[at], {self.pieces[at].name}
        kind = self.pieces[at].kind
        module = kind == "module"
        spelled = self._at_import(at, known) if module else known[at]
        plain, names = _split(spelled.every, file)
        if kind in ("module", "class"):
            names = {word[1:] for word in spelled.calls if word[0] == "."}
        named = self.targets(home, (plain | spelled.typed) - own)
        opens = {t for t in named if self.pieces[t].kind in ("class", "module")}
        made = self.targets(home, (spelled.made if module else plain) - own)
        makes = {t for t in made if self.pieces[t].kind == "class"}
        runs = {file.first + MODULE, *(named - opens), *makes}
        runs.update(self.file(target).first + MODULE for target in named)
        runs.update(self.imports(home).get(at, ()))
        runs.update(self.kind(home, "loop") if module else ())
        tables = (frozenset(self.targets(home, set(table) - own)) for table in spelled.offered)
        return Edges(
            runs=frozenset(runs),
            makes=frozenset(makes),
            opens=frozenset(opens),
            names=frozenset(n for n in names & self.holders.keys() if n[:2] != "__") - PLAIN,
            choices=tuple(filter(None, tables)),
            signs=signs(spelled.every),
        )

    def _at_import(self, at: int, known: Mapping[int, Words]) -> Words:
        """The words of a module as it is imported: of what its names are set to only calls run."""
        own = known[at]
        sets = [known[piece] for piece in self.kind(self.homes[at], "variable")]
        calls = own.calls.union(*(each.calls for each in sets))
        made = own.made.union(*(each.made for each in sets))
        return own._replace(every=own.every | calls, calls=calls, made=made, offered=[])


def _split(spelled: set[str], file: File) -> tuple[set[str], set[str]]:
    """Names by themselves, and those of attributes."""
    plain = {word for word in spelled if word[0] not in ".\"'"}
    names = {word[1:] for word in spelled if word[0] == "."}
    if LOOKED_UP.isdisjoint(plain):
        return plain, names
    quoted = {word[1:] for word in spelled if word[0] in "\"'"}
    return plain | (quoted & file.defined.keys()), names | quoted
