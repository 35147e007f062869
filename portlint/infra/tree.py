"""YAML text -> nodes with places, built from parser events: nothing is constructed or expanded.

An alias stands for a scalar it names and for nothing else, so a file cannot grow when it is read.
"""

from __future__ import annotations

import itertools
from collections.abc import Iterator
from typing import Any, NamedTuple

import yaml

from portlint.errors import Unreadable
from portlint.model import Span

LOADER: Any = getattr(yaml, "CSafeLoader", yaml.SafeLoader)
LIMIT = 4_000_000
"""Characters beyond which a file is taken for generated data."""
DEEP = 60
"""Levels of nesting below which nothing is looked at; hand-written files have fewer than 20."""


BREAKS = dict.fromkeys(map(ord, "\x85\u2028\u2029"), " ")
"""Characters that end a line for YAML 1.1 alone: lines are counted as everywhere else."""
MANY = 500
"""Keys of a mapping that are searched for a name."""


class Scalar(NamedTuple):
    """A scalar: its text, its place, and how it is written ("", ', ", | or >)."""

    text: str
    span: Span
    style: str


class Sequence(NamedTuple):
    """A list."""

    items: list[Node]


class Mapping(NamedTuple):
    """A mapping, as pairs in the order of the file; keys that are not scalars are left out."""

    pairs: list[tuple[Scalar, Node]]

    def get(self, key: str) -> Node | None:
        """The value of a key, or None; in a very long mapping only the first keys are asked."""
        return next((v for name, v in itertools.islice(self.pairs, MANY) if name.text == key), None)

    def text(self, key: str) -> str:
        """The text of a scalar value, or ""."""
        value = self.get(key)
        return value.text if isinstance(value, Scalar) else ""


Node = Scalar | Sequence | Mapping


def documents(text: str) -> list[Node]:
    """The documents of a YAML file. Raises Unreadable with the line of the first fault."""
    if len(text) > LIMIT:
        size = f"{len(text) / 1e6:.0f} million characters"
        raise Unreadable(f"has {size}: taken for generated data")
    try:
        return list(_build(text))
    except yaml.YAMLError as error:
        mark = getattr(error, "problem_mark", None)
        problem = getattr(error, "problem", None) or str(error).split("\n")[0]
        where = f" at line {mark.line + 1}" if mark is not None else ""
        raise Unreadable(f"is not YAML: {problem}{where}") from error
    except (RecursionError, ValueError) as error:
        raise Unreadable(f"is not YAML: {type(error).__name__}") from error


class _Level:
    """A collection that is being read, and the key that waits for its value."""

    def __init__(self, node: Sequence | Mapping) -> None:
        self.node = node
        self.key: Scalar | None = None
        self.value_next = False

    def add(self, child: Node | None) -> None:
        if isinstance(self.node, Sequence):
            if child is not None:
                self.node.items.append(child)
        elif not self.value_next:
            self.key = child if isinstance(child, Scalar) else None
            self.value_next = True
        else:
            if self.key is not None and child is not None:
                self.node.pairs.append((self.key, child))
            self.value_next = False


def _build(text: str) -> Iterator[Node]:
    levels: list[_Level] = []
    anchors: dict[str, str] = {}
    for event in yaml.parse(text.translate(BREAKS), Loader=LOADER):
        done: Node | None
        match event:
            case yaml.ScalarEvent():
                done = Scalar(event.value, _span(event), event.style or "")
                if event.anchor and len(event.value) < 1000:
                    anchors[event.anchor] = event.value
            case yaml.AliasEvent():
                known = anchors.get(event.anchor or "")
                done = None if known is None else Scalar(known, _span(event), "")
            case yaml.SequenceStartEvent():
                levels.append(_Level(Sequence([])))
                continue
            case yaml.MappingStartEvent():
                levels.append(_Level(Mapping([])))
                continue
            case yaml.SequenceEndEvent() | yaml.MappingEndEvent():
                done = levels.pop().node if len(levels) <= DEEP else _dropped(levels)
            case yaml.DocumentStartEvent():
                anchors = {}
                continue
            case _:
                continue
        if levels:
            levels[-1].add(done)
        elif done is not None:
            yield done


def _dropped(levels: list[_Level]) -> Sequence:
    levels.pop()
    return Sequence([])


def _span(event: Any) -> Span:
    start, end = event.start_mark, event.end_mark
    return Span(start.line + 1, start.column + 1, end.line + 1, end.column + 1)


def walk(node: Node, path: tuple[str, ...] = ()) -> Iterator[tuple[tuple[str, ...], Mapping]]:
    """Every mapping with the keys that lead to it; places in lists are not counted."""
    stack: list[tuple[tuple[str, ...], Node]] = [(path, node)]
    while stack:
        here, current = stack.pop()
        if isinstance(current, Mapping):
            yield here, current
            stack.extend(
                ((*here, key.text), value)
                for key, value in reversed(current.pairs)
                if not isinstance(value, Scalar)
            )
        elif isinstance(current, Sequence):
            stack.extend((here, item) for item in reversed(current.items))


def scalars(node: Node | None) -> list[Scalar]:
    """A scalar, or the scalars directly in a list."""
    if isinstance(node, Scalar):
        return [node]
    return [i for i in node.items if isinstance(i, Scalar)] if isinstance(node, Sequence) else []
