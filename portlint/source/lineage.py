"""Texts -> the functions and classes they define, and which classes can be each other's."""

from __future__ import annotations

import re
from collections.abc import Collection, Iterator, Mapping
from typing import NamedTuple

DEFINED = re.compile(r"^[ \t]*(?:async[ \t]+)?(?:def|class)[ \t]+(\w+)", re.MULTILINE)
FUNCTIONS = re.compile(r"def[ \t]+(\w+)")
CLASSES = re.compile(r"class[ \t]+(\w+)")
"""What may be such a definition: several times faster than a pattern that looks at every line."""
CLASS = re.compile(
    r"^[ \t]*class[ \t]+(\w+)[ \t]*(?:\[[^\]]*\])?(?:\(([^()]*(?:\([^()]*\)[^()]*)*)\))?",
    re.MULTILINE,
)
BASE = re.compile(r"(?:^|,)\s*(?:\w+\.)*(\w+)(?=\s*(?:$|,|\[))")
BUILT = re.compile(r"""getattr\([^,()]+,\s*f["']([^"'{}]*)\{[^"']*\}([^"'{}]*)["']""")
"""`getattr(self, f"_{kind}_attention")`: names that no text holds in full."""
OPERATORS = "torch.ops."
CLOSED = frozenset(
    "object ABC Protocol Generic NamedTuple Enum IntEnum StrEnum Exception RuntimeError ValueError "
    "Module dict list tuple str int Thread Process".split()
)
"""Classes from elsewhere that call no method of their subclasses but those with special names."""
CALLED = re.compile(
    r"__\w+__|forward|backward|setup_context|train|eval|extra_repr|_apply|run|_?load_\w+|_?save_\w+|"
    r"state_dict|to|cuda|cpu|half|float|bfloat16|reset_parameters"
)
"""Methods that torch and Python call."""


class Outline(NamedTuple):
    """What one file says of its own to those that look for uses in others.

    `defined` are the names of functions and classes, and maybe words that only look like it,
    `bases` those of its classes, `built` the two ends of names that are put together where they
    are looked up, `operators` whether it spells an operator of torch.
    """

    defined: frozenset[str]
    bases: dict[str, frozenset[str]]
    built: frozenset[tuple[str, str]]
    operators: bool


def outline(text: str) -> Outline:
    """Read what a file defines."""
    classes = CLASSES.findall(text)
    bases: dict[str, frozenset[str]] = {}
    for name, listed in _classes(text) if classes else ():
        bases[name] = bases.get(name, frozenset()).union(BASE.findall(listed))
    found = BUILT.findall(text) if "getattr(" in text else ()
    built = frozenset((a, b) for a, b in found if len(a) + len(b) > 2)
    defined = frozenset(FUNCTIONS.findall(text)).union(classes)
    return Outline(defined, bases, built, OPERATORS in text)


def _classes(text: str) -> Iterator[tuple[str, str]]:
    """Every class with what stands between its brackets."""
    at = text.find("class")
    while at >= 0:
        first = text.rfind("\n", 0, at) + 1
        match = CLASS.match(text, first) if text[first:at].strip(" \t") == "" else None
        if match is not None:
            yield match[1], match[2] or ""
        at = text.find("class", max(at + 5, match.end() if match else 0))


class Lineage:
    """The bases of every class, by its plain name; those of one name are one class.

    `built` are the two ends of names that are put together where they are looked up.
    """

    def __init__(
        self, bases: Mapping[str, Collection[str]], built: Collection[tuple[str, str]] = ()
    ) -> None:
        self.bases = bases
        self.built = built
        self.derived: dict[str, list[str]] = {}
        self.others: dict[str, bool] = {}
        for name, listed in bases.items():
            for base in listed:
                self.derived.setdefault(base, []).append(name)

    def related(self, one: str, other: str) -> bool:
        """Whether something can be of both classes."""
        return not _reached(one, self.derived).isdisjoint(_reached(other, self.derived))

    def called(self, owner: str, name: str) -> bool:
        """Whether code from elsewhere may call a method of a class."""
        if CALLED.fullmatch(name) or any(
            name.startswith(first) and name.endswith(last) for first, last in self.built
        ):
            return True
        return not name.startswith("_") and self._is_of_others(owner)

    def _is_of_others(self, owner: str) -> bool:
        """Whether a class is made of one from elsewhere that may call what it has."""
        if owner not in self.others:
            self.others[owner] = not _reached(owner, self.bases) - self.bases.keys() <= CLOSED
        return self.others[owner]


def _reached(name: str, steps: Mapping[str, Collection[str]]) -> set[str]:
    found = {name}
    left = [name]
    while left:
        new = [step for step in steps.get(left.pop(), ()) if step not in found]
        found.update(new)
        left.extend(new)
    return found
