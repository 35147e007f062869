"""A file's syntax tree -> its hot places, by a call graph from forwards, steps and loops."""

from __future__ import annotations

import ast
import bisect
from collections.abc import Callable, Iterable, Iterator, Sequence
from typing import NamedTuple

from portlint.source.hot import decoding, inputs
from portlint.source.hot import torchwords as words
from portlint.source.hot.calls import (
    BACKWARD,
    Class,
    Function,
    Names,
    forwards,
    is_eager,
    loops,
    names_of,
    trained,
)
from portlint.source.hot.kinds import LOCAL, STATIC, TENSOR
from portlint.source.hot.reader import Reader
from portlint.source.hot.state import Called, Mark
from portlint.source.hot.training import backward, holds, loss
from portlint.source.hot.wording import Wording
from portlint.source.lines import on, spelling
from portlint.source.reach import Aliases

LEVELS = ("forward", "step", "decode", "eval")
"""Hottest first: what a forward calls is told as the forward's, whoever else calls it."""
OPENS = (
    *("def forward(", ".backward(", "optimizer_step(", "def training_step(", "def compute_loss("),
    *("torch.cat(", ".generate(", ".item()", *inputs.PADDED),
)
"""Without one of these nothing in a file is hot."""
DEPTH = 6
"""Calls of calls that are followed."""


class Spot(NamedTuple):
    """Hot places with the same text in one function: words for them, and their lines."""

    words: str
    lines: tuple[int, ...]


class Heat(NamedTuple):
    """Hot places: function (dotted) -> kind of place -> text without blanks -> spot; lines."""

    places: dict[str, dict[str, dict[str, Spot]]]
    lines: tuple[int, ...]
    prepares: bool = False
    """Whether the file makes inputs for models, on the host."""

    def touches(self, node: ast.stmt) -> bool:
        """Whether a hot place lies in a statement."""
        at = bisect.bisect_left(self.lines, node.lineno)
        return at < len(self.lines) and self.lines[at] <= (node.end_lineno or node.lineno)


COLD = Heat({}, ())


def heat(module: ast.Module, imports: Aliases, text: str, spells: Callable[[str], bool]) -> Heat:
    """Everything hot in a file; COLD where no model runs in it.

    `spells` says of each of OPENS whether the text has it.
    """
    if not any(map(spells, OPENS)) or not _is_torch(imports):
        return COLD
    names = names_of(module, imports, text)
    if names.prepares:
        return COLD._replace(prepares=True)
    graph = _Graph(names, text)
    found = graph.run(module)
    return _heat(found, graph.wording) if found else COLD


PACKAGES = frozenset(
    "torch transformers lightning pytorch_lightning accelerate torch_xla diffusers trl".split()
)
"""What a file imports that has to do with torch."""


def _is_torch(imports: Aliases) -> bool:
    return any(path.split(".")[0] in PACKAGES for paths in imports.values() for path in paths)


class _Graph:
    """The work list of functions to read, and what was found in them."""

    def __init__(self, names: Names, text: str) -> None:
        self.names = names
        self.text = text
        self.wording = Wording(text)
        self.read: set[str] = set()
        self.told: dict[str, set[str]] = {}
        self.waiting: dict[str, list[tuple[Called, int]]] = {level: [] for level in LEVELS}
        self.marks: list[Mark] = []
        self.layers: dict[str, frozenset[str]] = {}
        self.fed: list[tuple[Function | None, ast.expr]] = []

    def run(self, module: ast.Module) -> list[Mark]:
        """Read everything that is reached, hottest first."""
        for function, level in forwards(self.names):
            self.waiting[level].append((Called(function, level, {}), 0))
        for function in trained(self.names):
            self.waiting["step"].append((Called(function, "step", {}), 0))
        self._reach("forward")
        if ".backward(" in self.text or "optimizer_step(" in self.text:
            self._regions(module)
        self._reach("step")
        if any(word in self.text for word in decoding.WORDS):
            self._rounds(module)
        self._reach("decode")
        self._shapes(module)
        return self.marks

    def _rounds(self, module: ast.Module) -> None:
        """Loops that make tokens, and loops that measure; others call no model."""
        for function, body, loop in decoding.outermost(self.names, module):
            name = function.name if function else ""
            if name.rpartition(".")[2].startswith("test"):
                continue
            if self.wording.spells(loop, (b"cat(", b"concat(", b"hstack(")):
                for call, grown in decoding.grown(loop):
                    self.marks.append(Mark(name, "decode:grown", call, grown))
            if name in self.read or not self.wording.spells(loop, decoding.READS):
                continue
            level = "decode" if decoding.decoding(loop) else "eval"
            if level == "decode" or decoding.measuring(loop, function, body):
                reader = Reader(self.names, function, level, self.wording)
                if function is not None:
                    reader.given(function.node, {})
                self._take(reader, [loop], 0 if level == "decode" else DEPTH)

    def _shapes(self, module: ast.Module) -> None:
        """Calls that decide what shapes there are."""
        found = [*inputs.padded(self.text, self.names, module, self.wording)]
        self.marks += (Mark(name, "file:padded", call, words) for name, call, words in found)
        found = [*inputs.generated(self.text, self.names, module, self.wording)]
        self.marks += (Mark(name, "file:generate", call, words) for name, call, words in found)
        found = [*inputs.loaders(self.names, module, self.fed)] if self.fed else []
        self.marks += (Mark(name, "file:loader", call, words) for name, call, words in found)

    def _reach(self, level: str) -> None:
        queue = self.waiting[level]
        while queue:
            called, depth = queue.pop()
            function = called.function
            if is_eager(function.node, self.names) or self._is_known(called):
                continue
            self.read.add(function.name)
            reader = Reader(self.names, function, level, self.wording)
            reader.layers = self._layers(function.owner)
            reader.given(function.node, called.given)
            self._take(reader, function.node.body, depth)

    def _is_known(self, called: Called) -> bool:
        """Whether a function was read, and not with numbers where it is now given tensors."""
        name, given = called.function.name, called.given
        told = self.told.setdefault(name, set()) if name in self.read else None
        numbers = {arg for arg, kind in given.items() if kind in (STATIC, LOCAL)}
        if told is None:
            self.told[name] = numbers
            return False
        new = told - numbers
        self.told[name] = told - new
        return not new

    def _take(self, reader: Reader, body: Sequence[ast.stmt], depth: int) -> None:
        reader.block(body)
        self.marks.extend(reader.marks)
        if depth < DEPTH:
            for item in reader.calls:
                self.waiting[item.level].append((item, depth + 1))

    def _layers(self, owner: str) -> frozenset[str]:
        """Attributes that hold layers of torch, in a class and those it is made from."""
        if owner not in self.names.classes:
            return frozenset()
        if owner not in self.layers:
            classes = [self.names.classes[name] for name in sorted(self.names.above(owner))]
            found = frozenset(name for item in classes for name in _attributes(item, self.names))
            self.layers[owner] = found
        return self.layers[owner]

    def _regions(self, module: ast.Module) -> None:
        """What runs once per step: the innermost loop around `loss.backward()`, or its function."""
        whole: list[tuple[Function | None, Sequence[ast.stmt]]] = [(None, module.body)]
        lines = spelling(self.text, *BACKWARD)
        whole += [(f, f.node.body) for f in self.names.functions.values() if on(lines, f.node)]
        for function, body in whole:
            if function is not None and function.name in self.read:
                continue
            calls = list(backward(body, lines))
            if not calls:
                continue
            around = [loop for loop in loops(body) if holds(loop, calls)]
            self.fed += ((function, loop.iter) for loop in around if isinstance(loop, ast.For))
            region = around[-1].body if around else None
            if region is None and (function is None or function.node.name.startswith("test")):
                continue
            if function is not None and is_eager(function.node, self.names):
                continue
            reader = Reader(self.names, function, "step", self.wording)
            if function is not None:
                self.read.add(function.name)
                reader.given(function.node, {})
            reader.sure = frozenset(loss(call) for call in calls) - {""}
            reader.held |= dict.fromkeys(reader.sure, TENSOR)
            self._take(reader, region or body, 0)


def _attributes(item: Class, names: Names) -> Iterator[str]:
    made = item.methods.get("__init__")
    for node in made.node.body if made else ():
        if not isinstance(node, ast.Assign) or not isinstance(node.value, ast.Call):
            continue
        match node.targets:
            case [ast.Attribute(value=ast.Name("self"), attr=attr)]:
                paths = names.paths(node.value.func)
                if any("torch" in p and p.rpartition(".")[2] in words.LAYERS for p in paths):
                    yield attr


def _heat(marks: Iterable[Mark], wording: Wording) -> Heat:
    places: dict[str, dict[str, dict[str, Spot]]] = {}
    at: set[int] = set()
    for mark in marks:
        text = "".join(wording.of(mark.node).split())
        known = places.setdefault(mark.function, {}).setdefault(mark.kind, {})
        spot = known.get(text, Spot(mark.value, ()))
        known[text] = spot._replace(lines=(*spot.lines, mark.node.lineno))
        at.add(mark.node.lineno)
    return Heat(places, tuple(sorted(at)))
