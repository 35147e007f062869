"""A kind of attention, its features and a target -> what serves it there, and what to write."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Literal

import msgspec

from portlint.attention.features import Features
from portlint.attention.serving import Found, Path, one, rank
from portlint.model import Target

__all__ = ["Path", "rank", "verdict"]


def verdict(kind: str, features: Features, target: Target) -> Path:
    """The worse of the two workloads under `both`; the words then name the workload."""
    if target.workload != "both":
        found = one(kind, features, target)
        return msgspec.structs.replace(found.path, words=_joined(found.words))
    inference, training = (
        one(kind, features, msgspec.structs.replace(target, workload=load))
        for load in ("inference", "training")
    )
    if inference.path.verdict == training.path.verdict:
        return _both(inference, training)
    if rank(training.path.verdict) > rank(inference.path.verdict):
        return _worst("training", training, f"in inference {inference.path.verdict}")
    return _worst("inference", inference, f"in training {training.path.verdict}")


def _worst(load: Literal["inference", "training"], found: Found, other: str) -> Path:
    """The path of the workload that fares worse, with a word on the other one."""
    words = f"in {load}: {_joined(found.words)} ({other})"
    return msgspec.structs.replace(found.path, words=words, workload=load)


def _both(inference: Found, training: Found) -> Path:
    """One path for two workloads of the same verdict; what holds for one only says so."""
    first, second = inference.path, training.path
    said = dict.fromkeys([*inference.words, *training.words])
    words = []
    for word in said:
        load = "" if word in inference.words else "in training "
        words.append((load if word in training.words else "in inference ") + word)
    parts = [p for path in (first, second) for p in path.instead.split("; ") if p]
    return msgspec.structs.replace(
        first,
        words=_joined(words),
        instead="; ".join(dict.fromkeys(parts)),
        kernels=msgspec.structs.replace(first.kernels, backward=second.kernels.backward),
        port=first.port or second.port,
        evidence=tuple(dict.fromkeys([*first.evidence, *second.evidence])),
    )


def _joined(words: Iterable[str]) -> str:
    """ "a: c", "b: c" -> "a; b: c": what follows from several reasons is said once."""
    reasons: dict[str, list[str]] = {}
    for word in words:
        reason, _, outcome = word.rpartition(": ")
        reasons.setdefault(outcome if reason else "", []).append(reason or outcome)
    return "; ".join(
        "; ".join(found) + (f": {outcome}" if outcome else "") for outcome, found in reasons.items()
    )
