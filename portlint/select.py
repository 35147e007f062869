"""A finding and the configuration -> whether it is shown."""

import os
import pathlib
from collections.abc import Iterable, Iterator, Mapping
from typing import TYPE_CHECKING

from portlint.ignored import compiled
from portlint.model import CONFIDENCES, Finding
from portlint.rule import Rule

if TYPE_CHECKING:
    from portlint.config import Config

EVERY = "ALL"


def unknown_selectors(selectors: Iterable[str], rules: Mapping[str, Rule]) -> Iterator[str]:
    """Selectors that fit no rule."""
    for selector in dict.fromkeys(selectors):
        if not any(_length(selector, rule.code, rule.name) for rule in rules.values()):
            yield selector


def _length(selector: str, code: str, name: str) -> int:
    """How closely a selector fits a rule: the length of what matched, 0 where it does not."""
    if selector == EVERY:
        return 1
    if selector == name:
        return len(code) + 1
    return len(selector) if selector and code.startswith(selector) else 0


def selected(finding: Finding, config: "Config", root: pathlib.Path) -> bool:
    """By code (the closest selector wins, ignore wins a tie), by file, and by confidence."""
    if CONFIDENCES.index(finding.confidence) < CONFIDENCES.index(config.min_confidence):
        return False
    fits = [_length(s, finding.rule, finding.name) for s in config.select]
    against = max((_length(s, finding.rule, finding.name) for s in config.ignore), default=0)
    chosen = max(fits, default=0) if config.select else 0
    if config.select and not chosen:
        return False
    if against and against >= chosen:
        return False
    return not any(
        any(_length(code, finding.rule, finding.name) for code in codes)
        and in_patterns(finding.path, (pattern,), config, root)
        for pattern, codes in config.per_file_ignores
    )


def in_patterns(path: str, patterns: Iterable[str], config: "Config", root: pathlib.Path) -> bool:
    """Whether a path (from the audited root) fits gitignore patterns, which start at the config."""
    base = config.base or root
    name = os.path.relpath(root / path, base).replace(os.sep, "/")
    return compiled(patterns).match_file(name)
