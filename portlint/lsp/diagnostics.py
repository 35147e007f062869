"""Findings -> diagnostics, as far as the editor can show them."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import NamedTuple

from lsprotocol import types

from portlint.emitted import END_OF_SUPPORT, ENDED_LIBRARY
from portlint.lsp.positions import to_units
from portlint.lsp.views import View
from portlint.lsp.wire import Analysed
from portlint.lsp.wire import Rule as Told
from portlint.model import Finding, Impact, Span
from portlint.render.words import told, visible

SOURCE = "portlint"
SEVERITY: Mapping[Impact, types.DiagnosticSeverity] = {
    "breaks": types.DiagnosticSeverity.Error,
    "accuracy": types.DiagnosticSeverity.Warning,
    "slow": types.DiagnosticSeverity.Warning,
    "info": types.DiagnosticSeverity.Information,
}
"""The levels of the other formats; what does not count is a hint, whatever its impact."""


class Able(NamedTuple):
    """What the editor can show, and the units it counts columns in."""

    encoding: str = "utf-16"
    related: bool = False
    tags: frozenset[types.DiagnosticTag] = frozenset()
    description: bool = False
    data: bool = False


class Shown(NamedTuple):
    """A finding in a document: where it stands there, what is told of its rule, its diagnostic."""

    finding: Finding
    rule: Told
    uri: str
    span: Span
    diagnostic: types.Diagnostic


def able(client: types.ClientCapabilities, encoding: str) -> Able:
    """What a client says that it can show; what it does not say it cannot."""
    text = client.text_document
    push = text.publish_diagnostics if text else None
    if push is None:
        return Able(encoding)
    return Able(
        encoding,
        related=bool(push.related_information),
        tags=frozenset(push.tag_support.value_set) if push.tag_support else frozenset(),
        description=bool(push.code_description_support),
        data=bool(push.data_support),
    )


def shown(answer: Analysed, view: View, able: Able, hide: bool) -> list[Shown]:
    """The findings as diagnostics; with `hide` without those that do not count."""
    found = []
    dimmed = frozenset(answer.dimmed)
    for number, finding in enumerate(answer.findings):
        spot = view.spot(finding)
        if spot is None or (hide and number in dimmed):
            continue
        rule = answer.rules[finding.rule]
        row = _row(view, spot.uri, spot.span.line)
        diagnostic = types.Diagnostic(
            range=_range(spot.span, row, able.encoding),
            message=_message(finding),
            severity=types.DiagnosticSeverity.Hint
            if number in dimmed
            else SEVERITY[finding.impact],
            code=finding.rule,
            source=SOURCE,
            code_description=types.CodeDescription(href=rule.page)
            if able.description and rule.page
            else None,
            tags=_tags(finding, number in dimmed, able) or None,
            related_information=_related(finding, view, able) or None,
            data={"fingerprint": finding.fingerprint} if able.data else None,
        )
        found.append(Shown(finding, rule, spot.uri, spot.span, diagnostic))
    return found


def remarks(answer: Analysed, view: View, able: Able) -> list[tuple[str, types.Diagnostic]]:
    """What was not analysed, as information at its line; each with the URI of its document.

    A notebook without cells has no place for one.
    """
    if not view.rows:
        return []
    told = [(answer.line, answer.fault)] if answer.fault else []
    told += [(1, reason) for reason in answer.unread]
    found = []
    for number, reason in told:
        uri, line = view.line(number)
        row = _row(view, uri, line)
        diagnostic = types.Diagnostic(
            range=_range(Span(line, 1, line, 1), row, able.encoding),
            message=f"not analysed: {visible(reason)}",
            severity=types.DiagnosticSeverity.Information,
            source=SOURCE,
        )
        found.append((uri, diagnostic))
    return found


def _row(view: View, uri: str, line: int) -> str:
    rows = view.rows.get(uri, ())
    return rows[line - 1] if 0 < line <= len(rows) else ""


def _range(span: Span, row: str, encoding: str) -> types.Range:
    """The place on its first line: a kernel underlined as a whole would hide all else.

    What has no width is the whole line without its indent.
    """
    start, end = span.column - 1, span.end_column - 1
    if span.end_line > span.line or end > len(row):
        end = len(row.rstrip())
    if end <= start:
        start, end = len(row) - len(row.lstrip()), len(row.rstrip())
    return types.Range(
        start=types.Position(line=span.line - 1, character=to_units(row, start, encoding)),
        end=types.Position(line=span.line - 1, character=to_units(row, max(end, start), encoding)),
    )


def _message(finding: Finding) -> str:
    """What is told, what to write instead, and why it does not count where that is not told."""
    message = visible(" ".join(finding.message.split())) if finding.cell else told(finding)
    if finding.baselined:
        message += " [in the baseline]"
    elif finding.context in ("test", "example"):
        message += f" [in {'a test' if finding.context == 'test' else 'an example'}]"
    return f"{message}\nInstead: {visible(finding.replacement)}" if finding.replacement else message


def _tags(finding: Finding, dimmed: bool, able: Able) -> list[types.DiagnosticTag]:
    found = [types.DiagnosticTag.Unnecessary] if dimmed else []
    if finding.rule in (END_OF_SUPPORT, ENDED_LIBRARY):
        found.append(types.DiagnosticTag.Deprecated)
    return [tag for tag in found if tag in able.tags]


def _related(
    finding: Finding, view: View, able: Able
) -> Sequence[types.DiagnosticRelatedInformation]:
    if not able.related:
        return ()
    found = []
    for place in finding.related:
        uri, line = view.related(place)
        row = _row(view, uri, line)
        location = types.Location(uri=uri, range=_range(Span(line, 1, line, 1), row, able.encoding))
        message = visible(place.message)
        found.append(types.DiagnosticRelatedInformation(location=location, message=message))
    return found
