"""The plan of a comment: a folded table for each stage."""

from collections.abc import Callable, Iterator, Sequence

from portlint.render.markdown.details import CLOSE, columns, opened, row
from portlint.render.markdown.fit import Section
from portlint.render.marks import code, plain, prose
from portlint.render.words import hours, plural
from portlint.render.work import Part, Row, parts, total
from portlint.report import Report

COLUMNS = ("hours:", "work", "places:", "first in", "")


def sections(report: Report) -> Iterator[Section]:
    """Nothing without a plan."""
    if not report.plan:
        return
    found = parts(report.plan, report.stages)
    count = plural(len(report.plan), "work package")
    title = f"Plan: {count} in {plural(len(found), 'stage')}, {hours(total(report.plan))}"
    yield Section(opened(title), foot=_quick(report))
    for number, part in enumerate(found, 1):
        yield _stage(number, part, {p.stage.name: p.stage.title for p in found})
    yield Section(CLOSE)


def _quick(report: Report) -> str:
    """What to begin with, where somebody has an hour."""
    quick = [package for package in report.plan if package.quick]
    if not quick:
        return ""
    count = plural(len(quick), "package")
    return f"{count} marked quick: {hours(total(quick))} together, and less breaks.\n\n"


def _stage(number: int, part: Part, titles: dict[str, str]) -> Section:
    stage, dearest = part.stage, sorted(part.rows, key=lambda one: -one.hours[1])
    waits = ", ".join(plain(titles.get(name, name)) for name in stage.after)
    after = f" After: {waits}." if waits else ""
    return Section(
        f"**{number}. {plain(stage.title)}**, {hours(stage.hours)}: {prose(stage.why)}.{after}\n\n"
        + columns(COLUMNS),
        [_row(one) for one in dearest],
        _rest(dearest),
        "\n",
    )


def _row(found: Row) -> str:
    first = code(found.files[0]) if found.files else ""
    more = f" +{len(found.files) - 1}" if len(found.files) > 1 else ""
    places = str(found.places)
    span = hours(found.hours).removesuffix(" h")
    return row([span, plain(found.title), places, first + more, ", ".join(found.marks)])


def _rest(found: Sequence[Row]) -> Callable[[int], str]:
    def told(shown: int) -> str:
        packages = [package for one in found[shown:] for package in one.packages]
        words = f"{plural(len(packages), 'more package')}, not shown here"
        span = hours(total(packages)).removesuffix(" h")
        return row([span, words, str(sum(p.places for p in packages)), "", ""])

    return told
