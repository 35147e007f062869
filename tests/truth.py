"""The config of a class of transformers -> the attentions that it says the model has."""

from __future__ import annotations

import pathlib
import tomllib
from collections.abc import Iterator, Sequence
from typing import Any, NamedTuple

import pytest

TABLE: dict[str, dict[str, Any]] = tomllib.loads(
    (pathlib.Path(__file__).parent / "data" / "attention.toml").read_text(encoding="utf-8")
)
PARTS, CLASSES, EXCEPTIONS = TABLE["part"], TABLE["class"], TABLE["exception"]
NOTES = ("like", "of", "each", "number", "kind")
"""Keys of a rule that are no features."""
COMPARED = (
    *("heads", "kv_heads", "head_dim", "value_dim", "causal", "window", "chunk", "bias"),
    *("softcap", "sink", "cross", "cache", "rope", "qk_norm", "scale", "dropout"),
)
"""Features that must be what a rule says, or not be there; `mask_source` only where it says so."""
MIXERS = ("linear-recurrence", "gated-delta", "ssm-selective-scan", "ssd", "rwkv", "linear")
"""Kinds of which only the number is compared: a config has no features of theirs in common."""


class Part(NamedTuple):
    """`number` attentions that are alike; `features` are those that are compared."""

    number: int
    kind: str
    features: dict[str, Any]

    def differences(self, group: Any) -> list[str]:
        """How a group that was recognised differs from this; nothing where it is one of these."""
        wrong = [] if not self.kind or self.kind in group.kinds else [f"{group.kind}: {self.kind}"]
        for name, value in self.features.items():
            seen = getattr(group.features, name)
            alike = (not seen and not value) or (seen and value and seen == pytest.approx(value))
            wrong += [] if alike else [f"{name} {seen}: {value}"]
        return wrong


def parts(name: str) -> list[dict[str, Any]]:
    """The rules of a class, with what they take over from others."""
    return [_rule(rule) for rule in CLASSES[name]]


def truth(name: str, config: Any) -> list[Part]:
    """The attentions of a class, by its rules and its config."""
    return [part for rule in parts(name) for part in _parts(rule, config)]


def compared(groups: Sequence[Any], expected: Sequence[Part]) -> list[str]:
    """How the groups of a model differ from what its config says; nothing where they agree."""
    known = sorted(expected, key=lambda part: not part.kind)  # the particular ones first
    left = [part.number for part in known]
    wrong = []
    for group in groups:
        found = [part.differences(group) for part in known]
        open_ = [n for n, d in enumerate(found) if not d and left[n] >= group.number]
        if open_:
            left[open_[0]] -= group.number
        else:
            nearest = min(found, key=len, default=[])
            wrong.append(f"{group.number} x {group.kind} ({', '.join(nearest) or 'too many'})")
    missed = [f"{n} x {p.kind or p.features} missed" for n, p in zip(left, known, strict=True) if n]
    return wrong + missed


def _parts(rule: dict[str, Any], config: Any) -> Iterator[Part]:
    settings = Settings(getattr(config, rule["of"]) if "of" in rule else config)
    for i in settings.of(rule.get("each", [0])):
        settings["i"] = i
        known = {key: settings.of(value) for key, value in rule.items()}
        kind = known.get("kind", "")
        said = {key: known.get(key) for key in COMPARED} if kind not in MIXERS else {}
        if "mask_source" in known:
            said["mask_source"] = known["mask_source"]
        features = {key: value for key, value in said.items() if value != "any"}
        if known["number"]:
            yield Part(known["number"], kind, features)


def _rule(name: str) -> dict[str, Any]:
    """A rule with what it takes over from others."""
    own = PARTS[name]
    return {**(_rule(own["like"]) if "like" in own else {}), **own}


class Settings(dict[str, Any]):
    """A config as the names of an expression."""

    def __init__(self, config: Any) -> None:
        super().__init__(half_or_partial=half_or_partial)
        self.config = config

    def __missing__(self, name: str) -> Any:
        try:
            return getattr(self.config, name)
        except AttributeError:
            raise KeyError(name) from None

    def of(self, value: Any) -> Any:
        """A value of the table, worked out where it begins with =."""
        if isinstance(value, str) and value.startswith("="):
            return eval(value[1:], {}, self)  # a table of ours; no other text comes here
        return value


def half_or_partial(rope: dict[str, Any]) -> str:
    """What is rotated of each head: all, or a part."""
    return "half" if rope.get("partial_rotary_factor", 1.0) == 1.0 else "partial"
