"""Texts -> the functions and classes they define, and which classes can be each other's."""

from __future__ import annotations

import re
from collections.abc import Collection, Iterable, Mapping

DEFINED = re.compile(r"^[ \t]*(?:async[ \t]+)?(?:def|class)[ \t]+(\w+)", re.MULTILINE)
CLASS = re.compile(
    r"^[ \t]*class[ \t]+(\w+)[ \t]*(?:\[[^\]]*\])?(?:\(([^()]*(?:\([^()]*\)[^()]*)*)\))?",
    re.MULTILINE,
)
BASE = re.compile(r"(?:^|,)\s*(?:\w+\.)*(\w+)(?=\s*(?:$|,|\[))")
BUILT = re.compile(r"""getattr\([^,()]+,\s*f["']([^"'{}]*)\{[^"']*\}([^"'{}]*)["']""")
"""`getattr(self, f"_{kind}_attention")`: names that no text holds in full."""
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
        outside = _reached(owner, self.bases) - self.bases.keys()
        return not name.startswith("_") and not outside <= CLOSED


def _reached(name: str, steps: Mapping[str, Collection[str]]) -> set[str]:
    found = {name}
    left = [name]
    while left:
        new = [step for step in steps.get(left.pop(), ()) if step not in found]
        found.update(new)
        left.extend(new)
    return found


def lineage(texts: Iterable[str]) -> Lineage:
    """Read the classes of all texts."""
    bases: dict[str, set[str]] = {}
    built: set[tuple[str, str]] = set()
    for text in texts:
        for match in CLASS.finditer(text):
            listed = bases.setdefault(match[1], set())
            listed.update(BASE.findall(match[2] or ""))
        if "getattr(" in text:
            built.update((a, b) for a, b in BUILT.findall(text) if len(a) + len(b) > 2)
    return Lineage(bases, built)
