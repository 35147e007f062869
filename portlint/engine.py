"""One run from configuration to report: the only place that knows the whole line."""

from __future__ import annotations

import pathlib
from collections.abc import Callable
from typing import TYPE_CHECKING, Any, NamedTuple

import msgspec
from packaging.version import Version

from portlint import __version__, catalog, passes, targets
from portlint.catalog import Catalog
from portlint.config import Config
from portlint.discover import Listing, discover, name_of, packages_beside
from portlint.effort.unported import unported
from portlint.effort.weights import weights
from portlint.effort.work import work
from portlint.judged import Read, judged
from portlint.model import NotAnalysed
from portlint.overlay import Overlay, over
from portlint.record import Trace
from portlint.report import Knowledge, Report, Tool
from portlint.reread import document
from portlint.rounds import analyse
from portlint.source.modules import not_its_own, packages
from portlint.summing import summary

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
        listing = discover(config.paths, config.extend_exclude, config.base, config.root)
    watch.begin(len(listing.files))
    outcomes = analyse(listing.files, rules, config, watch.step)
    found: list[Traced] = []
    if config.models:
        from portlint.models import traced

        found = traced(config, rules, listing.root)
    report = reported(Read(outcomes, listing, rules, config, found, configs(listing)))
    results = [outcome.result for outcome in outcomes] + [r for t in found for r in t.results]
    return Run(report, listing, any(r.crashes for r in results), tuple(t.trace for t in found))


def run_bytes(data: bytes, name: str, config: Config, root: pathlib.Path | None = None) -> Run:
    """Analyse one file that is not on disk, as `check -` and editors do.

    With a `root`, which the name starts from, the packages beside the file are known, so that a
    library is not told of itself. What only other files say (a device that is decided elsewhere,
    who calls what, copies) stays unknown.
    """
    rules = over(catalog.shipped(), config.overlay)
    here = root or pathlib.Path.cwd()
    name = name_of(here / name, here)
    audited = packages(packages_beside(here, name)) if root else {}
    own = frozenset(package for package, parents in audited.items() if "." in parents)
    outcome = passes.one(data, name, rules, config.no_triage, own)
    outcome = outcome._replace(result=not_its_own(outcome.result, audited))
    report = reported(Read([outcome], Listing(here, [], [], []), rules, config))
    return Run(report, Listing(here, [], [], []), bool(outcome.result.crashes))


def reported(read: Read) -> Report:
    """What was read -> the report for the configured target."""
    config, rules = read.config, read.rules
    figures = weights(rules)
    shown = judged(read, config.target)
    missed = tuple(not_analysed(read))
    models = tuple(model.reported(config.target, read.listing.root) for model in read.models)
    counted = [f for f in shown if f.context in config.counted]
    more = unported(read.configs, config.target, rules)
    made = work(counted, missed, models, rules.rules, figures, more)
    report = Report(
        tool=Tool(name="portlint", version=__version__),
        knowledge=knowledge(rules),
        target=config.target,
        summary=summary(shown, read.results, made, rules, config.counted, figures),
        findings=tuple(shown),
        models=models,
        not_analysed=missed,
    )
    if not config.audit:
        return report
    from portlint.audit import audited  # networkx is a tenth of a second

    return msgspec.structs.replace(report, **audited(read, report, made, figures))


def configs(listing: Listing) -> dict[str, dict[str, Any]]:
    """The configurations of models among the files."""
    files = [file for file in listing.files if file.path.name == "config.json"]
    found = {file.name: document(file.path) for file in files}
    return {name: config for name, config in found.items() if config.get("architectures")}


def knowledge(rules: Catalog) -> Knowledge:
    """What the report was judged from: newest release, newest check, digest."""
    dates = [v.checked for rule in rules.rules.values() for v in rule.verdict]
    dates += [row.checked for rule in rules.rules.values() for row in rule.rows.values()]
    dates += [row.checked for row in rules.newer]
    released = [targets.releases()[0]["sdk"], *Overlay(rows=rules.newer).releases]
    newest = max(released, key=Version)
    return Knowledge(sdk=newest, checked=max(dates), digest=rules.digest)


def not_analysed(read: Read) -> list[NotAnalysed]:
    """Everything that was not looked at, with the reason."""
    results, root = [*read.results, *read.seen], read.listing.root
    items = [NotAnalysed(path=path, reason=reason) for path, reason in read.listing.unreadable]
    items += [NotAnalysed(path=r.path, reason=r.not_analysed) for r in results if r.not_analysed]
    items += [item for result in results for item in (*result.crashes, *result.unread)]
    told = {item.path for item in items}
    remarks = [(name_of(pathlib.Path(file), root), why) for file, why in read.config.remarks]
    items += [NotAnalysed(path=path, reason=why) for path, why in remarks if path not in told]
    items += [item for model in read.models for item in model.uncaptured]
    return sorted(set(items), key=lambda item: (item.path, item.reason))
