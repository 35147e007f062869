"""What the findings on the page are made of: blocks, what is said, files with lines."""

from collections.abc import Mapping, Sequence
from typing import NamedTuple

from portlint.model import Confidence, EffortLabel, Evidence, Finding, Impact, Related
from portlint.render.frame import Parts


class Terms(NamedTuple):
    """What a rule mostly says the same of all its findings: it is shown once."""

    effort: EffortLabel
    confidence: Confidence
    evidence: tuple[Evidence, ...]


class File(NamedTuple):
    """Where one thing is said of a file: some lines with code, the others by number."""

    path: str
    frames: Sequence[tuple[str, Parts]]
    lines: Sequence[str]
    more: int
    findings: int
    related: Sequence[Related]


class Said(NamedTuple):
    """One thing that is said, and everywhere it is said of.

    `replacement` and `terms` are there where they are not those of the block.
    """

    id: str
    first: Finding
    message: str
    replacement: str | None
    terms: Terms | None
    files: Sequence[File]


class Block(NamedTuple):
    """All that a rule says."""

    code: str
    name: str
    why: str
    impact: Impact
    replacement: str | None
    terms: Terms
    said: Sequence[Said]
    findings: int
    files: int


class Places(NamedTuple):
    """What counts, what does not, and where to find the findings of a root cause."""

    counted: Sequence[Block]
    aside: Sequence[Block]
    anchors: Mapping[str, str]
    open: bool
