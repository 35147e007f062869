"""One file that is not Python -> sightings: parse into facts, match the facts against the rules."""

from collections.abc import Iterator, Mapping, Sequence

import msgspec

from portlint.errors import Unreadable
from portlint.infra.facts import Fact
from portlint.infra.hosted import hosted
from portlint.infra.parsers import MODULES, read
from portlint.model import Related
from portlint.reading import FileResult, Sighting
from portlint.source.index import Fact as Condition

SNIPPET = 200


def analyse(text: str, name: str, kind: str, conditions: Sequence[Condition]) -> FileResult:
    """What the rules say about one file; a file that cannot be parsed says why."""
    count = text.count("\n") + bool(text and not text.endswith("\n"))
    if kind not in MODULES:
        return FileResult(path=name, lines=count)
    try:
        facts = list(dict.fromkeys(read(kind, text, name)))
    except Unreadable as error:
        return FileResult(path=name, lines=count, not_analysed=str(error))
    result = _result(facts, text.split("\n"), name, count, conditions)
    return _with_hosted(result, text) if kind == "cpp" else result


def _with_hosted(result: FileResult, text: str) -> FileResult:
    return msgspec.structs.replace(result, hosted=tuple(dict.fromkeys(hosted(text))))


def weights(facts: Sequence[Fact], name: str, conditions: Sequence[Condition]) -> FileResult:
    """What the rules say about the head of a weights file, which has no lines to quote."""
    return _result(facts, [""], name, 0, conditions)


def _result(
    facts: Sequence[Fact],
    lines: Sequence[str],
    name: str,
    count: int,
    conditions: Sequence[Condition],
) -> FileResult:
    by_kind = _by_kind(conditions) if facts else {}
    sightings = {s: None for fact in facts for s in _sightings(fact, by_kind, lines, name)}
    ordered = sorted(sightings, key=lambda s: (s.span, s.rule, s.symbol or ""))
    return FileResult(path=name, lines=count, sightings=tuple(ordered))


def _by_kind(conditions: Sequence[Condition]) -> dict[str, list[Condition]]:
    groups: dict[str, list[Condition]] = {}
    for condition in conditions:
        groups.setdefault(condition.kind, []).append(condition)
    return groups


def _sightings(
    fact: Fact, by_kind: Mapping[str, Sequence[Condition]], lines: Sequence[str], name: str
) -> Iterator[Sighting]:
    for condition in by_kind.get(fact.kind, ()):
        if condition.name.fullmatch(fact.name) and condition.value.fullmatch(fact.value):
            snippet = lines[fact.span.line - 1] if fact.span.line <= len(lines) else ""
            symbol, value = _quoted(fact)
            yield Sighting(
                rule=condition.rule.code,
                span=fact.span,
                layer="infra",
                snippet=snippet.rstrip()[:SNIPPET],
                symbol=symbol,
                row=condition.row,
                value=value,
                guard=fact.guard,
                related=tuple(Related(path=name, line=at, message=m) for at, m in fact.related),
                lines=fact.lines,
            )


def _quoted(fact: Fact) -> tuple[str | None, str]:
    """What a message quotes: settings and options as they are written, without a symbol.

    A configuration of DeepSpeed is told by its library, so that DeepSpeed's own are not reported.
    """
    if fact.name == "deepspeed.config":
        return "deepspeed", fact.value
    if fact.kind == "setting":
        return None, f"{fact.name.partition('.')[2]}: {fact.value}"
    if fact.kind in ("argument", "checkpoint", "weights", "triton"):
        return None, fact.value
    return fact.name or None, fact.value
