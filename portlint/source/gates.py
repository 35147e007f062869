"""What can open a file or a statement for the rules of a catalogue."""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType
from typing import NamedTuple

from portlint.source.needles import END, Needles, Parts, Spelled
from portlint.source.reach import Known

PASSED_ON = frozenset(["torch.device"])
"""Names without a rule of their own that detectors ask for, of audited files that import them."""
BROUGHT = ("torch import", "import torch.")
"""How a file brings modules of torch under names that it may do no more with than pass them on."""


class Gates(NamedTuple):
    """What can open a file or a statement: substrings, and names the catalogue knows.

    A file needs all parts of one of `file`, or of one of `hot`, if it has what makes places hot at
    all: a word of both groups of one of `heating`. A statement needs one of `statement`, or a known
    name. Those
    of `depending` open a statement only where the file has all of one of these parts as well.
    `needles` finds them all.
    """

    file: tuple[Parts, ...]
    statement: tuple[str, ...]
    known: Known
    needles: Needles
    depending: Mapping[str, tuple[Parts, ...]] = MappingProxyType({})
    hot: tuple[Parts, ...] = ()
    heating: tuple[tuple[frozenset[str], frozenset[str]], ...] = ()

    @property
    def spelled(self) -> tuple[str, ...]:
        """What opens a statement, as it is spelled there."""
        return tuple(word.strip(END) for word in self.statement)

    def starts(self, spelled: Spelled) -> list[int]:
        """The characters at which something starts that opens its statement."""
        return [start for _, start in self.places(spelled)]

    def places(self, spelled: Spelled) -> list[tuple[str, int]]:
        """What opens its statement, and where it starts."""
        shut = {word for word, parts in self.depending.items() if not spelled.has(parts)}
        return [(word, start) for word, start in spelled.starts if word not in shut]

    def opens(self, spelled: Spelled) -> bool:
        """Whether a file with these substrings can hold a finding at all."""
        if spelled.has(self.file):
            return True
        words = spelled.words
        heats = any(not (words.isdisjoint(a) or words.isdisjoint(b)) for a, b in self.heating)
        return heats and spelled.has(self.hot)
