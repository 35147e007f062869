"""One run from configuration to report: the only place that knows the whole line."""

from __future__ import annotations

import pathlib
from collections import Counter
from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING, NamedTuple

from packaging.version import Version

from portlint import __version__, catalog, passes, targets
from portlint.assemble import findings
from portlint.catalog import Catalog
from portlint.config import Config
from portlint.copies import folded
from portlint.discover import Listing, discover, name_of
from portlint.emitted import end_of_support, ended_libraries, unused_ignores
from portlint.join import join
from portlint.model import CONTEXTS, IMPACTS, Finding, NotAnalysed
from portlint.notebook.relocate import relocated
from portlint.overlay import Overlay, over
from portlint.passes import Outcome
from portlint.plan import plan
from portlint.reading import FileResult
from portlint.record import Trace
from portlint.report import Knowledge, Report, Summary, Tool
from portlint.rounds import analyse
from portlint.score import difficulty, score, total, weights
from portlint.select import selected
from portlint.settle import settled
from portlint.suppress import Ignore

if TYPE_CHECKING:
    from portlint.models import Traced


class Progress(NamedTuple):
    """Told of the work ahead and of what is done; both do nothing unless a terminal watches."""

    begin: Callable[[int], None] = lambda total: None
    step: Callable[[int], None] = lambda done: None


class Run(NamedTuple):
    """A finished run: the report, what discovery saw, and whether a rule failed inside."""

    report: Report
    listing: Listing
    internal_error: bool
    traces: tuple[Trace, ...] = ()


def run(config: Config, progress: Progress | None = None) -> Run:
    """Analyse what the configuration names and judge it for its target."""
    watch = progress or Progress()
    rules = over(catalog.shipped(), config.overlay)
    if config.traced_only:
        from portlint.models import root_of

        listing = Listing(root_of(config.models), [], [], [])
    else:
        listing = discover(config.paths, config.extend_exclude, config.base)
    watch.begin(len(listing.files))
    outcomes = analyse(listing.files, rules, config, watch.step)
    found: list[Traced] = []
    if config.models:
        from portlint.models import traced

        found = traced(config, rules, listing.root)
    report = judge(outcomes, listing, rules, config, found)
    results = [outcome.result for outcome in outcomes] + [r for t in found for r in t.results]
    return Run(report, listing, any(r.crashes for r in results), tuple(t.trace for t in found))


def run_bytes(data: bytes, name: str, config: Config) -> Run:
    """Analyse one file that is not on disk, as `check -` and editors do."""
    rules = over(catalog.shipped(), config.overlay)
    here = pathlib.Path.cwd()
    outcome = passes.one(data, name_of(here / name, here), rules, config.no_triage)
    listing = Listing(here, [], [], [])
    report = judge([outcome], listing, rules, config)
    return Run(report, listing, bool(outcome.result.crashes))


def judge(
    outcomes: Sequence[Outcome],
    listing: Listing,
    rules: Catalog,
    config: Config,
    models: Sequence[Traced] = (),
) -> Report:
    """Results -> the report for one target; files are not read again."""
    target = config.target
    results = [outcome.result for outcome in outcomes]
    seen = [result for model in models for result in model.results]
    told = [*settled(results, rules, target), *seen]
    found = join(findings(told, rules.rules, target), rules.rules)
    marks = {o.result.path: o.ignores for o in outcomes if o.ignores}
    loud, unused = silence(found, results, marks)
    kept = folded(loud, results)
    kept.extend(unused_ignores(unused, rules.rules, target))
    kept.extend(end_of_support(results, rules.rules, target))
    kept.extend(ended_libraries(results, rules.rules, target))
    placed = relocated([f for f in kept if selected(f, config, listing.root)], results)
    shown = sorted(placed, key=lambda f: f.sort_key)
    return Report(
        tool=Tool(name="portlint", version=__version__),
        knowledge=knowledge(rules),
        target=target,
        summary=summary(shown, results, rules, config),
        findings=tuple(shown),
        models=tuple(model.reported(target, listing.root) for model in models),
        plan=plan([f for f in shown if f.context in config.counted], rules.rules)
        if config.audit
        else (),
        not_analysed=tuple(not_analysed([*results, *seen], listing, config, models)),
    )


def silence(
    found: Sequence[Finding], results: Sequence[FileResult], marks: dict[str, list[Ignore]]
) -> tuple[list[Finding], list[tuple[str, Ignore]]]:
    """The findings no comment covers, and the comments that cover nothing on any target."""
    kept = [
        f
        for f in found
        if not any(mark.covers(f.line, f.end_line, f.rule) for mark in marks.get(f.path, ()))
    ]
    unused = [
        (result.path, mark)
        for result in results
        if result.not_analysed is None
        for mark in marks.get(result.path, ())
        if not any(mark.covers(s.span.line, s.span.end_line, s.rule) for s in result.sightings)
    ]
    return kept, unused


def knowledge(rules: Catalog) -> Knowledge:
    """What the report was judged from: newest release, newest check, digest."""
    dates = [v.checked for rule in rules.rules.values() for v in rule.verdict]
    dates += [row.checked for rule in rules.rules.values() for row in rule.rows.values()]
    dates += [row.checked for row in rules.newer]
    released = [targets.releases()[0]["sdk"], *Overlay(rows=rules.newer).releases]
    newest = max(released, key=Version)
    return Knowledge(sdk=newest, checked=max(dates), digest=rules.digest)


def summary(
    shown: Sequence[Finding], results: Sequence[FileResult], rules: Catalog, config: Config
) -> Summary:
    """The report in figures; hours, difficulty and score come from live findings only."""
    counted = [f for f in shown if f.context in config.counted]
    packages = plan(counted, rules.rules)
    hours = total(package.hours for package in packages)
    figures = weights(rules)
    return Summary(
        difficulty=difficulty(hours[1], figures),
        score=score(hours[1], figures),
        hours=hours,
        by_impact={i: sum(f.impact == i for f in counted) for i in IMPACTS[::-1]},
        by_subject=_by_subject(counted, rules),
        by_context={c: sum(f.context == c for f in shown) for c in CONTEXTS},
        files=sum(result.not_analysed is None for result in results),
        lines=sum(result.lines for result in results),
    )


def _by_subject(counted: Sequence[Finding], rules: Catalog) -> dict[str, int]:
    counts = Counter(rules.rules[finding.rule].subject for finding in counted)
    return dict(sorted(counts.items()))


def not_analysed(
    results: Sequence[FileResult],
    listing: Listing,
    config: Config,
    models: Sequence[Traced] = (),
) -> list[NotAnalysed]:
    """Everything that was not looked at, with the reason."""
    items = [NotAnalysed(path=path, reason=reason) for path, reason in listing.unreadable]
    items += [NotAnalysed(path=r.path, reason=r.not_analysed) for r in results if r.not_analysed]
    items += [item for result in results for item in (*result.crashes, *result.unread)]
    told = {item.path for item in items}
    remarks = [(name_of(pathlib.Path(file), listing.root), why) for file, why in config.remarks]
    items += [NotAnalysed(path=path, reason=why) for path, why in remarks if path not in told]
    items += [item for model in models for item in model.uncaptured]
    return sorted(set(items), key=lambda item: (item.path, item.reason))
