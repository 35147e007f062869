"""The traced models of a comment: operators, attention, breaks, memory."""

from collections.abc import Iterator

import click

from portlint.render import fits
from portlint.render.markdown.details import CLOSE, opened
from portlint.render.markdown.fit import Section
from portlint.render.marks import code, place, plain, prose
from portlint.render.models import counts
from portlint.render.words import plural
from portlint.report import AttentionRow, Break, Model, Report

ATTENTIONS = 12
BREAKS = 5
NAMES = 8
WORST = ("unsupported", "unknown", "compiler-path", "limited", "supported")


def sections(report: Report) -> Iterator[Section]:
    """Nothing where no model was traced."""
    if report.models:
        shown = [_model(model) for model in report.models]
        yield Section(
            opened(f"Models traced: {len(shown)}"),
            shown,
            lambda count: f"and {plural(len(shown) - count, 'more model')}, not shown here\n",
            CLOSE,
        )


def _model(model: Model) -> str:
    return "".join(f"{line}\n" for line in (*_lines(model), ""))


def _lines(model: Model) -> Iterator[str]:
    if model.captured_by is None:
        yield f"- {code(model.name)} was not captured"
        return
    fidelity = f" ({prose(model.fidelity)})" if model.fidelity else ""
    how = f"captured by {plain(model.captured_by)}{fidelity}"
    yield f"- {code(model.name)}: {how}, {plural(model.parameters or 0, 'parameter')}"
    if model.coverage is not None:
        yield f"  - operators: {plain(counts(model.coverage))}"
    if model.try_first:
        yield f"  - nothing public says how these do, try them first: {_names(model.try_first)}"
    rows = sorted(model.attention, key=lambda row: WORST.index(row.verdict))
    yield from (_attention(row) for row in rows[:ATTENTIONS])
    if len(rows) > ATTENTIONS:
        yield f"  - and {len(rows) - ATTENTIONS} more groups of attentions"
    yield from (_break(one) for one in model.breaks[:BREAKS])
    if len(model.breaks) > BREAKS:
        yield f"  - and {len(model.breaks) - BREAKS} more breaks of the graph"
    if model.fit is not None:
        for line in fits.lines(model.fit, 10_000):
            yield f"  - {plain(click.unstyle(line))}"


def _names(names: tuple[str, ...]) -> str:
    more = f" and {len(names) - NAMES} more" if len(names) > NAMES else ""
    return ", ".join(code(name) for name in names[:NAMES]) + more


def _attention(row: AttentionRow) -> str:
    where = f" at {place(row.path, row.line)}" if row.path and row.line else ""
    wanted = row.replacement if row.verdict != "supported" else None
    advice = f". Instead: {prose(wanted)}" if wanted else ""
    return f"  - attention, **{row.verdict}**: {prose(row.text)}{where}: {prose(row.why)}{advice}"


def _break(found: Break) -> str:
    where = f" at {place(found.path, found.line)}" if found.path else ""
    return f"  - the graph breaks{where}: {prose(found.reason)}"
