"""rules/fit.toml -> the figures that a fit assumes, each with its words and source."""

from __future__ import annotations

import functools
import pathlib
import tomllib
from datetime import date

import msgspec

from portlint.errors import RuleError
from portlint.model import Confidence, Evidence, Frozen

JUDGEMENT = "judgement"


class Figure(Frozen, frozen=True, kw_only=True):
    """One assumption; `unit` tells what `value` counts, `note` what a curator has to know.

    What is a rule and no number has the value 0.
    """

    value: float = 0
    unit: str = ""
    words: str
    confidence: Confidence
    evidence: str
    checked: date
    note: str = ""

    def __post_init__(self) -> None:
        """Refuse a figure without a source."""
        judged = self.evidence == JUDGEMENT and self.confidence == "inferred"
        if not judged and not self.evidence.startswith("https://"):
            raise ValueError("evidence: give an https address, or 'judgement' if inferred")

    @property
    def source(self) -> Evidence | None:
        """The page it was read on."""
        if self.evidence == JUDGEMENT:
            return None
        return Evidence(url=self.evidence, checked=self.checked)


class Figures(Frozen, frozen=True, kw_only=True, rename="kebab"):
    """All of them."""

    usable: Figure
    cache_share: Figure
    moments: Figure
    master: Figure
    accumulation: Figure
    activations: Figure
    heads: Figure


@functools.cache
def figures(folder: pathlib.Path) -> Figures:
    """The figures of a folder of rules; RuleError names the key of a fault."""
    path = folder / "fit.toml"
    try:
        return msgspec.convert(tomllib.loads(path.read_text(encoding="utf-8")), Figures)
    except (OSError, tomllib.TOMLDecodeError, msgspec.ValidationError) as error:
        raise RuleError(f"{path}: {error}") from error
