"""Values of keys and flags -> what is wrong with them, in words."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from portlint.config.settings import CONFIDENCE_NAMES, FAIL_ON, NOT_LIVE
from portlint.ignored import is_pattern
from portlint.rule import Rule
from portlint.select import unknown_selectors


def wrong(merged: Mapping[str, Any], rules: Mapping[str, Rule]) -> Iterator[str]:
    """Everything that is wrong with what flags and configuration say together."""
    for key, known in (("min_confidence", CONFIDENCE_NAMES), ("fail_on", FAIL_ON)):
        if merged[key] not in (None, *known):
            yield _unknown(key, merged[key], known)
    yield from (_unknown("include", v, NOT_LIVE) for v in merged["include"] if v not in NOT_LIVE)
    if merged["max_score"] is not None and not 0 <= merged["max_score"] <= 100:
        yield f"max-score {merged['max_score']} is not between 0 and 100"
    yield from _patterns(merged)
    yield from _selectors(merged, rules)


def _patterns(merged: Mapping[str, Any]) -> Iterator[str]:
    for key in ("extend-exclude", "per-file-ignores"):
        for pattern in merged[key.replace("-", "_")]:
            if not is_pattern(pattern):
                yield f"{key} {pattern!r} is not a pattern: write it as in a .gitignore file"


def _selectors(merged: Mapping[str, Any], rules: Mapping[str, Rule]) -> Iterator[str]:
    selectors = [*merged["select"], *merged["ignore"]]
    selectors += [code for codes in merged["per_file_ignores"].values() for code in codes]
    for selector in unknown_selectors(selectors, rules):
        fault = "selects no rule: give a code (NEU101), its beginning (NEU1) or a name"
        yield f"{selector!r} {fault}"


def _unknown(key: str, value: str, known: Sequence[str]) -> str:
    return f"{key.replace('_', '-')} {value!r} is not known: choose one of {', '.join(known)}"
