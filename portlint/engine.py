"""One run from configuration to report: the only place that knows the whole line."""

from __future__ import annotations

import pathlib
from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING, Any, NamedTuple

import msgspec
from packaging.version import Version

from portlint import __version__, catalog, passes, targets
from portlint.baseline.aged import aged
from portlint.baseline.standing import Standing
from portlint.catalog import Catalog
from portlint.config import Config
from portlint.discover import Listing, discover, name_of
from portlint.effort.unported import STACK, unported
from portlint.effort.weights import weights
from portlint.effort.work import work
from portlint.judged import Read, chosen, everything
from portlint.model import Finding, NotAnalysed
from portlint.onefile import packages_beside
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
    """A finished run: the report, what discovery saw, and whether a rule failed inside.

    `left_out` are findings that the configuration does not want, `standing` is what became of the
    baseline.
    """

    report: Report
    listing: Listing
    internal_error: bool
    traces: tuple[Trace, ...] = ()
    left_out: tuple[Finding, ...] = ()
    standing: Standing | None = None


def run(config: Config, progress: Progress | None = None) -> Run:
    """Analyse what the configuration names and judge it for its target."""
    watch = progress or Progress()
    rules = over(catalog.shipped(), config.overlay)
    if config.traced_only:
        from portlint.models import root_of

        listing = Listing(root_of(config.models), [], [], [])
    else:
        listing = discover(config.paths, config.extend_exclude, config.base, config.root)
    commit = _commit(listing, config)
    watch.begin(len(listing.files))
    outcomes = analyse(listing.files, rules, config, watch.step, listing.beside)
    found: list[Traced] = []
    if config.models:
        from portlint.models import traced

        found = traced(config, rules, listing.root)
    read = Read(outcomes, listing, rules, config, found, configs(listing, config))
    done = finished(read)._replace(traces=tuple(t.trace for t in found))
    old = _earlier(done, commit, config, rules, watch) if commit else ()
    report, standing = aged(done.report, done.left_out, listing, config, old)
    return done._replace(report=report, standing=standing)


def finished(read: Read) -> Run:
    """What was read -> the run, before anything is known of what was there earlier."""
    every = everything(read, read.config.target)
    shown = chosen(every, read)
    kept = set(map(id, shown))
    crashed = any(result.crashes for result in (*read.results, *read.seen))
    left_out = tuple(finding for finding in every if id(finding) not in kept)
    return Run(reported(read, shown), read.listing, crashed, left_out=left_out)


def _commit(listing: Listing, config: Config) -> str | None:
    """What to compare with; a revision that is not there is told before anything is read."""
    if config.diff_base is None:
        return None
    from portlint.baseline.git import base

    return base(listing.root, config.diff_base)


def _earlier(
    done: Run, commit: str, config: Config, rules: Catalog, watch: Progress
) -> frozenset[int]:
    """The numbers of the findings that the commit had."""
    from portlint.baseline.earlier import Watch, earlier

    def more(count: int) -> None:
        watch.begin(len(done.listing.files) + count)

    told = Watch(more, watch.step)
    return earlier(done.report.findings, done.listing, commit, rules, config, told)


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
    done = finished(Read([outcome], Listing(here, [], [], []), rules, config))
    alone = msgspec.structs.replace(config, paths=(here / name,))
    report, standing = aged(done.report, done.left_out, done.listing, alone)
    return done._replace(report=report, standing=standing)


def reported(read: Read, shown: Sequence[Finding]) -> Report:
    """What was read, and the findings of it -> the report for the configured target."""
    config, rules = read.config, read.rules
    figures = weights(rules)
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


def configs(listing: Listing, config: Config) -> dict[str, dict[str, Any]]:
    """The configurations of models among the files, where a target asks for them."""
    if config.target.stack != STACK and not config.matrix:
        return {}
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
