"""Report -> one file of HTML that needs nothing else: no network, and no script to be read."""

import base64
import functools
import hashlib
from collections.abc import Mapping
from typing import Any

from jinja2 import Environment, PackageLoader, StrictUndefined
from markupsafe import Markup

from portlint.model import IMPACTS
from portlint.render import Style, models, words
from portlint.render.lowerings import WORDS as LOWERED
from portlint.render.page import covered, heat, network, shares, text, waves
from portlint.render.page.grid import grid
from portlint.render.page.places import places
from portlint.render.page.scope import called, scope
from portlint.render.page.sections import sections
from portlint.render.page.sources import sources
from portlint.render.page.verdict import verdict
from portlint.render.page.work import highlights, steps
from portlint.report import Report
from portlint.report.amount import amount, parameters

FILTERS = (
    text.code,
    text.cut,
    text.days,
    text.figure,
    text.hours,
    text.listed,
    text.named,
    text.spaced,
    amount,
)


def render(report: Report, style: Style) -> str:
    """Verdict and hours first, then the plan and all that it stands on."""
    environment = _environment()
    css, script = (Markup(_asset(name)) for name in ("page.css", "page.js"))
    return environment.get_template("page.jinja").render(
        css=css,
        script=script,
        policy=_policy(css, script),
        sections=sections(report),
        **_values(report, style),
    )


def _values(report: Report, style: Style) -> Mapping[str, Any]:
    """Everything the templates name."""
    figures = report.summary
    return {
        "report": report,
        "figures": figures,
        "name": style.name,
        "rules": style.rules,
        "target": words.target(report.target),
        "sentences": verdict(report),
        "impacts": [(impact, figures.by_impact.get(impact, 0)) for impact in IMPACTS[::-1]],
        "steps": steps(report, style.rules),
        "highlights": highlights(report.plan),
        "titles": {p.root_cause: p.title for p in report.plan},
        "waves": waves.chart(report),
        "grid": grid(report.matrix),
        "tiles": heat.tiles(report.files),
        "hot": sorted(report.files, key=lambda row: (-row.hours[1], -row.hours[0], row.path)),
        "called": called,
        "scope": scope(report),
        "subjects": shares.by_subject(report, style.rules),
        "severity": shares.by_impact(report),
        "drawing": network.drawing(report.modules) if report.modules else None,
        "places": places(
            report.findings, style.rules, style.counted, {p.root_cause for p in report.plan}
        ),
        "sources": sources(report, style.counted),
        "aside": words.contexts(figures.by_context, style.counted),
        "verdicts": models.WORDS,
        "lowered": LOWERED,
    }


@functools.cache
def _environment() -> Environment:
    environment = Environment(
        loader=PackageLoader("portlint.render.page"),
        autoescape=True,
        undefined=StrictUndefined,
        finalize=text.finalize,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    for filter_ in FILTERS:
        environment.filters[filter_.__name__] = filter_
    environment.filters["parameters"] = lambda count: text.spaced(parameters(count))
    environment.globals |= {
        "plural": text.plural,
        "impacts_of": words.impacts,
        "pieces": covered.pieces,
        "level": heat.level,
    }
    return environment


def _asset(name: str) -> str:
    environment = _environment()
    assert environment.loader is not None
    return environment.loader.get_source(environment, name)[0]


def _policy(css: str, script: str) -> str:
    """Nothing is loaded, and only the style and the script of this page are obeyed."""
    return (
        f"default-src 'none'; style-src '{_digest(css)}'; script-src '{_digest(script)}';"
        " base-uri 'none'; form-action 'none'"
    )


def _digest(content: str) -> str:
    digest = hashlib.sha256(content.encode()).digest()
    return f"sha256-{base64.b64encode(digest).decode()}"
