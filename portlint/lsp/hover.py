"""The findings under the cursor -> what is wrong, why, what to write, and where that is said."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from lsprotocol import types

from portlint.lsp.diagnostics import Shown
from portlint.model import Finding
from portlint.render.reference import prose
from portlint.render.words import hours, visible


def hover(found: Sequence[Shown], markdown: bool) -> types.Hover | None:
    """One hover for all findings at a place; None where there is none."""
    if not found:
        return None
    texts = ["\n\n".join(_markdown(shown) if markdown else _plain(shown)) for shown in found]
    kind = types.MarkupKind.Markdown if markdown else types.MarkupKind.PlainText
    value = ("\n\n---\n\n" if markdown else "\n\n").join(texts)
    return types.Hover(
        contents=types.MarkupContent(kind=kind, value=value), range=found[0].diagnostic.range
    )


def at(found: Sequence[Shown], uri: str, position: types.Position) -> list[Shown]:
    """The findings whose range holds a position."""
    return [
        shown
        for shown in found
        if shown.uri == uri
        and shown.diagnostic.range.start <= position <= shown.diagnostic.range.end
    ]


def _markdown(shown: Shown) -> Iterator[str]:
    finding, rule = shown.finding, shown.rule
    yield f"**{finding.rule} {rule.name}** · {_axes(finding)}"
    yield prose(visible(finding.message))
    yield f"**Why:** {prose(rule.why)}"
    yield f"**Instead:** {prose(visible(finding.replacement or rule.fix))}"
    yield f"**Effort:** {_effort(finding)}"
    links = [
        f"- <{item.url}> (checked {item.checked}{f', SDK {item.sdk}' if item.sdk else ''})"
        for item in finding.evidence
    ]
    yield "**Evidence:**\n" + "\n".join(links or ["- our judgement"])
    yield (
        f"[All of {finding.rule}]({rule.page})" if rule.page else f"`portlint rule {finding.rule}`"
    )


def _plain(shown: Shown) -> Iterator[str]:
    finding, rule = shown.finding, shown.rule
    yield f"{finding.rule} {rule.name} ({_axes(finding)})"
    yield visible(finding.message)
    yield f"Why: {rule.why}"
    yield f"Instead: {visible(finding.replacement or rule.fix)}"
    yield f"Effort: {_effort(finding)}"
    links = [f"{item.url} (checked {item.checked})" for item in finding.evidence]
    yield f"Evidence: {', '.join(links) or 'our judgement'}"


def _axes(finding: Finding) -> str:
    return f"{finding.impact} · {finding.confidence} · {finding.context}"


def _effort(finding: Finding) -> str:
    return f"{finding.effort.label}, {hours(finding.effort.hours)} for the first place"
