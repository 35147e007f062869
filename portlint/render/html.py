"""Report -> one page of HTML that needs nothing else: no network, no script, readable on paper."""

from collections import Counter
from collections.abc import Sequence
from typing import NamedTuple

from jinja2 import Environment, PackageLoader, StrictUndefined
from markupsafe import Markup, escape

from portlint.model import IMPACTS, Finding
from portlint.render import Style, models, words
from portlint.render.frame import Parts, parts
from portlint.render.order import repeats
from portlint.report import Report

LINES = 200
"""Places of a repeated finding that are named by line; the code is shown for the first ones."""
FRAMES = 4


class Row(NamedTuple):
    """A finding of a file with its repeats: the code of the first ones, the lines of the others."""

    first: Finding
    code: Sequence[tuple[str, Parts]]
    more: Sequence[str]
    counted: bool


class Page(NamedTuple):
    """The findings of one file; `id` is the anchor."""

    path: str
    id: str
    rows: Sequence[Row]
    findings: int


def render(report: Report, style: Style) -> str:
    """Difficulty, hours and counts on top, then every finding by file, then what was not read."""
    environment = Environment(
        loader=PackageLoader("portlint", "render"),
        autoescape=True,
        undefined=StrictUndefined,
        finalize=lambda value: words.visible(value) if isinstance(value, str) else value,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    environment.filters["code"] = _code
    figures = report.summary
    return environment.get_template("report.html.jinja").render(
        report=report,
        figures=figures,
        rules=style.rules,
        pages=_pages(report, style),
        impacts=[(name, figures.by_impact.get(name, 0)) for name in IMPACTS[::-1]],
        subjects=sorted(figures.by_subject.items(), key=lambda item: (-item[1], item[0])),
        counts=Counter(f.rule for f in report.findings if f.context in style.counted).most_common(),
        aside=words.contexts(figures.by_context, style.counted),
        target=words.target(report.target),
        hours=words.hours,
        plural=words.plural,
        told=words.told,
        coverage=lambda found: models.counts(found) if found else "not counted",
        verdicts=models.WORDS,
    )


def _code(text: str) -> Markup:
    """What stands between backticks as code."""
    pieces = [escape(words.visible(piece)) for piece in text.split("`")]
    if len(pieces) % 2 == 0:
        return Markup("`").join(pieces)
    inside = (Markup("<code>{}</code>").format(p) if i % 2 else p for i, p in enumerate(pieces))
    return Markup("").join(inside)


def _pages(report: Report, style: Style) -> list[Page]:
    """The files in the order of the report."""
    by_path: dict[str, list[Row]] = {}
    counts: dict[str, int] = {}
    for group in repeats(report.findings):
        by_path.setdefault(group[0].path, []).append(_row(group, style))
        counts[group[0].path] = counts.get(group[0].path, 0) + len(group)
    return [
        Page(path, f"f{number}", rows, counts[path])
        for number, (path, rows) in enumerate(by_path.items(), 1)
    ]


def _row(group: Sequence[Finding], style: Style) -> Row:
    code = [
        (words.line_of(finding), found) for finding in group[:FRAMES] if (found := parts(finding))
    ]
    more = [words.line_of(finding) for finding in group[FRAMES:LINES]]
    return Row(group[0], code, more, group[0].context in style.counted)
