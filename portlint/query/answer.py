"""A question, the catalogue and targets -> what is said there: facts, a verdict for each target."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import NamedTuple

import msgspec

from portlint.model import Confidence, Evidence, Frozen, Target

VERDICTS = (
    *("breaks", "unsupported", "accuracy", "differs", "slow", "falls-back", "recompiles"),
    *("ended", "restricted", "announced", "experimental", "maintenance", "info", "ignored"),
    *("unknown", "likely", "supported"),
)
"""All words a verdict can be, the most telling first: impacts of rules and statuses of rows."""
CHOICE = frozenset({"model", "port", "feature", "attention", "kernel", "release", "environment"})
"""Kinds whose rows are several ways to the same thing: the best of them counts.

Of attention each workload has one row, and the worse one counts, as in a report.
"""


SURE = ("documented", "derived", "inferred", "unknown")
"""How sure a row can be, the surest first."""


class Fact(Frozen, frozen=True, kw_only=True):
    """One thing said of a name on a target, by a rule or by a row of a table."""

    verdict: str
    about: str
    message: str
    instead: str = ""
    rule: str | None = None
    name: str | None = None
    table: str | None = None
    confidence: Confidence | str
    evidence: tuple[Evidence, ...] = ()


class Here(Frozen, frozen=True, kw_only=True):
    """What holds on one target: the verdict, and the facts behind it, the most telling first."""

    chip: str
    stack: str
    sdk: str
    workload: str
    verdict: str
    facts: tuple[Fact, ...]


class Answer(Frozen, frozen=True, kw_only=True):
    """What is known of one thing that was asked: on the target, and on every possible pair.

    `name` is what the text was understood as, `kind` what that is ("expression" for a call), `runs`
    the operators a public name of torch ends in. `here` is None where all pairs were asked for.
    """

    asked: str
    name: str
    kind: str
    runs: tuple[str, ...]
    here: Here | None
    targets: tuple[Here, ...]


class Answers(Frozen, frozen=True, kw_only=True):
    """What `portlint query --format json` prints: additions keep the number of the schema.

    `unknown` are the things asked for that nothing is known of, with the names nearest to each.
    """

    schema: str = "portlint.query/1"
    digest: str
    answers: tuple[Answer, ...]
    unknown: Mapping[str, tuple[str, ...]]


class Found(NamedTuple):
    """The facts on one target by where they come from: what comes first, decides.

    `composite` are those on the operator of the same name, `ways` on the operators that calls
    cannot do without, in each way of calling, `also` on those that only some arguments run.
    """

    rules: list[Fact]
    own: list[Fact]
    composite: list[Fact]
    ways: list[list[Fact]]
    also: list[Fact]


def here(target: Target, found: Found, kind: str) -> Here:
    """The verdict: what rules see, else what rows say of the name, else of what calls run.

    Of several ways to call it the best counts: what others run is told below.
    """
    ways = sorted(map(_ordered, found.ways), key=lambda way: -rank(_word(way) or VERDICTS[-1]))
    groups = [_ordered(group) for group in (found.rules, found.own, found.composite)]
    groups += [ways[0] if ways else [], _ordered(fact for way in ways[1:] for fact in way)]
    if kind in CHOICE and kind != "attention":
        groups[1].reverse()
    said = [_word(groups[0]), _own(groups[1], kind), _word(groups[2]), _word(groups[3])]
    telling = [n for n, word in enumerate(said) if word not in ("", "unknown")]
    first = telling[0] if telling else next((n for n, word in enumerate(said) if word), 0)
    rest = [fact for n, group in enumerate(groups) if n != first for fact in group]
    return Here(
        chip=target.chip,
        stack=target.stack,
        sdk=target.sdk,
        workload=target.workload,
        verdict=said[first] or "unknown",
        facts=tuple(dict.fromkeys([*groups[first], *rest, *map(_sometimes, _ordered(found.also))])),
    )


def _sometimes(fact: Fact) -> Fact:
    return msgspec.structs.replace(fact, message=f"with some arguments: {fact.message}")


def _ordered(facts: Iterable[Fact]) -> list[Fact]:
    return sorted(facts, key=lambda fact: rank(fact.verdict))


def _word(facts: Sequence[Fact]) -> str:
    return facts[0].verdict if facts else ""


def _own(facts: Sequence[Fact], kind: str) -> str:
    """Of several ways to one thing the best counts, of other rows the surest and then the worst.

    An overload nothing is known of does not speak for the operator.
    """
    known = [fact for fact in facts if fact.verdict != "unknown"]
    if kind == "attention":
        gone = _word(facts) == "unsupported"
        return _word(facts) if gone or len(known) == len(facts) else "unknown"
    return _word(known if kind in CHOICE | {"op"} else _surest(facts)) or _word(facts)


def _surest(facts: Sequence[Fact]) -> list[Fact]:
    best = min((SURE.index(fact.confidence) for fact in facts), default=0)
    return [fact for fact in facts if SURE.index(fact.confidence) == best]


def rank(verdict: str) -> int:
    """The place of a word among VERDICTS."""
    return VERDICTS.index(verdict)
