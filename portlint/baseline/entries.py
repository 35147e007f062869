"""Findings -> what a baseline keeps of them: enough to know them again wherever they stand."""

from __future__ import annotations

import hashlib
import pathlib
import posixpath
from collections import Counter
from collections.abc import Iterable, Mapping
from typing import Annotated, NamedTuple

import msgspec

from portlint.model import Context, Finding, Frozen, Layer, Target

SCHEMA = "portlint.baseline/1"
Count = Annotated[int, msgspec.Meta(ge=1, le=1_000_000)]


class Mark(NamedTuple):
    """What a finding is known by: its fingerprint without the number of the repeat.

    `path` is POSIX and starts where the paths of the baseline start, `line` is a hash of the
    line's words. `context` and `layer` tell findings apart that one line had and that are not
    worth the same: one that was guarded does not stand for one that is live.
    """

    path: str
    rule: str
    line: str
    context: Context = "live"
    layer: Layer = "source"

    @property
    def live(self) -> bool:
        """Whether it counted."""
        return self.context == "live"

    @property
    def traced(self) -> bool:
        """Whether only a run that traces models can find it."""
        return self.layer in ("graph", "model")


class Entry(Frozen, frozen=True, kw_only=True, omit_defaults=True):
    """A line of the file: a mark, and how often it was there."""

    path: str
    rule: str
    line: str
    count: Count = 1
    context: Context = "live"
    layer: Layer = "source"


class Baseline(Frozen, frozen=True, kw_only=True):
    """A baseline that was read: where from, which target it was written for, its entries."""

    file: pathlib.Path
    target: Target
    entries: tuple[Entry, ...] = ()

    @property
    def marks(self) -> Counter[Mark]:
        """How often each mark was there."""
        found: Counter[Mark] = Counter()
        for e in self.entries:
            found[Mark(e.path, e.rule, e.line, e.context, e.layer)] += e.count
        return found


def mark(finding: Finding, prefix: str = "") -> Mark:
    """A finding's mark; `prefix` leads from where the baseline's paths start to the root."""
    path = posixpath.normpath(posixpath.join(prefix, finding.path))
    layer: Layer = finding.layer if finding.layer in ("graph", "model") else "source"
    return Mark(path, finding.rule, words(finding.snippet), finding.context, layer)


def words(line: str) -> str:
    """A hash of a line that stays when it is indented otherwise."""
    text = " ".join(line.split())
    return hashlib.sha256(text.encode("utf-8", "surrogatepass")).hexdigest()[:16]


def entries(marks: Mapping[Mark, int]) -> tuple[Entry, ...]:
    """The lines of a file, in the order of the file."""
    return tuple(Entry(**m._asdict(), count=marks[m]) for m in sorted(marks) if marks[m] > 0)


def total(marks: Iterable[int]) -> int:
    """How many findings they stand for."""
    return sum(count for count in marks if count > 0)
