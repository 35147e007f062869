"""A question, the catalogue and targets -> what is said there: facts, a verdict for each target."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence

from portlint.model import Confidence, Evidence, Frozen, Target

VERDICTS = (
    *("breaks", "unsupported", "accuracy", "differs", "slow", "falls-back", "recompiles"),
    *("ended", "restricted", "announced", "experimental", "maintenance", "info", "ignored"),
    *("unknown", "likely", "supported"),
)
"""All words a verdict can be, the most telling first: impacts of rules and statuses of rows."""
CHOICE = frozenset({"model", "port", "feature", "attention", "kernel", "release", "environment"})
"""Kinds whose rows are several ways to the same thing: the best of them counts."""


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


def here(target: Target, found: Sequence[Fact], kind: str) -> Here:
    """The verdict that the facts give: the worst, or the best of several ways."""
    ordered = tuple(sorted(dict.fromkeys(found), key=lambda fact: rank(fact.verdict)))
    said = [fact.verdict for fact in ordered]
    if kind in CHOICE and not any(fact.rule and fact.name for fact in ordered):
        known = [word for word in said if word != "unknown"]
        verdict = (known or said or ["unknown"])[-1]
        ordered = ordered[::-1] if known else ordered
    else:
        known = [word for word in said if word != "unknown"]
        telling = known if kind == "op" and known else said
        verdict = telling[0] if telling else "unknown"
    return Here(
        chip=target.chip,
        stack=target.stack,
        sdk=target.sdk,
        workload=target.workload,
        verdict=verdict,
        facts=ordered,
    )


def rank(verdict: str) -> int:
    """The place of a word among VERDICTS."""
    return VERDICTS.index(verdict)


def spoken(answer: Answer) -> Iterator[Here]:
    """Everything an answer says: of the target first, then of the others."""
    if answer.here is not None:
        yield answer.here
    yield from (item for item in answer.targets if item != answer.here)
