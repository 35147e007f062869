"""A listing of files -> the finished run: both passes, the models, judgement and report."""

from __future__ import annotations

import pathlib
from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

import msgspec
from packaging.version import Version

from portlint import __version__, passes, targets
from portlint.analyse import Order, analyse, edit, ordered
from portlint.cache.known import is_accident
from portlint.cache.memory import Answer, Memory
from portlint.cache.question import question, settings
from portlint.catalog import Catalog
from portlint.config import Config
from portlint.discover import Listing, name_of
from portlint.effort.unported import STACK, unported
from portlint.effort.weights import weights
from portlint.effort.work import Work, work
from portlint.grounds import leave
from portlint.judged import Read, chosen, everything
from portlint.model import Finding, NotAnalysed
from portlint.onefile import packages_beside
from portlint.overlay import Overlay
from portlint.passes import Outcome
from portlint.rejudged import rejudged
from portlint.report import Knowledge, Model, Report, Tool
from portlint.reread import document
from portlint.running import Progress, Run
from portlint.source.modules import not_its_own, packages
from portlint.summing import Size, size, summary
from portlint.uncollected import uncollected

if TYPE_CHECKING:
    from portlint.models import Traced


def found(
    listing: Listing, rules: Catalog, config: Config, watch: Progress, memory: Memory | None
) -> Run:
    """Read the files, and the graphs of the models that the configuration names."""
    watch.begin(len(listing.files))
    order = ordered(listing.files, rules, config, listing.beside)
    if memory is not None and not config.audit:
        done = _edited(order, listing, rules, config, memory)
        if done is not None:  # a few edits are not worth to write all again
            watch.step(len(listing.files))
            return done
    outcomes = analyse(order, watch.step, memory)
    read = _read(outcomes, listing, rules, config)
    done = _done(read)
    if memory is not None:
        _learn(memory, read, done)
    return done


def _edited(
    order: Order, listing: Listing, rules: Catalog, config: Config, memory: Memory
) -> Run | None:
    """The run after a few edits of which the last one tells what they change."""
    left = edit(order, memory)
    if left is None:
        return None
    if not config.models and not configs(listing, config):
        with uncollected():
            found = rejudged(left, memory, listing, rules, config)
        if found is not None:
            missed = found.answer.report.not_analysed
            alone = Read([], listing, rules, config)
            made = _work(alone, found.shown, missed, ())
            report = _report(alone, found.shown, missed, (), made, found.size)
            return Run(report, listing, False, left_out=tuple(found.left_out))
    outcomes = left.outcomes()
    return None if outcomes is None else _done(_read(outcomes, listing, rules, config))


def _read(outcomes: Sequence[Outcome], listing: Listing, rules: Catalog, config: Config) -> Read:
    """What was read of the files, and the models."""
    models: list[Traced] = []
    if config.models:
        from portlint.models import traced

        models = traced(config, rules, listing.root)
    return Read(outcomes, listing, rules, config, models, configs(listing, config))


def _done(read: Read) -> Run:
    with uncollected():
        done = finished(read)
    return done._replace(traces=tuple(model.trace for model in read.models))


def _learn(memory: Memory, read: Read, done: Run) -> None:
    """Keep what a whole run found out."""
    config, rules = read.config, read.rules
    asked = question(rules, config, memory)
    answer = _answer(done, read.outcomes, config)
    if answer is not None and not config.audit:
        leave(memory, settings(rules, config), asked, read, done.report.findings)
    memory.learn(asked, answer)


def _answer(done: Run, outcomes: Sequence[Outcome], config: Config) -> Answer | None:
    """What a run with the same question is told; None where it may find something else."""
    if config.models or done.internal_error or any(map(is_accident, outcomes)):
        return None
    return Answer(report=done.report, left_out=done.left_out)


def finished(read: Read) -> Run:
    """What was read -> the run, before anything is known of what was there earlier."""
    every = everything(read, read.config.target)
    shown = chosen(every, read)
    kept = set(map(id, shown))
    crashed = any(result.crashes for result in (*read.results, *read.seen))
    left_out = tuple(finding for finding in every if id(finding) not in kept)
    return Run(reported(read, shown), read.listing, crashed, left_out=left_out)


def one(data: bytes, name: str, rules: Catalog, config: Config, root: pathlib.Path | None) -> Run:
    """A file that is not on disk, with the packages beside it where there is a root."""
    here = root or pathlib.Path.cwd()
    audited = packages(packages_beside(here, name)) if root else {}
    own = frozenset(package for package, parents in audited.items() if "." in parents)
    outcome = passes.one(data, name, rules, config.no_triage, own)
    outcome = outcome._replace(result=not_its_own(outcome.result, audited))
    return finished(Read([outcome], Listing(here, [], [], []), rules, config))


def reported(read: Read, shown: Sequence[Finding]) -> Report:
    """What was read, and the findings of it -> the report for the configured target."""
    config = read.config
    missed = tuple(not_analysed(read))
    models = tuple(model.reported(config.target, read.listing.root) for model in read.models)
    made = _work(read, shown, missed, models)
    report = _report(read, shown, missed, models, made, size(read.results))
    if not config.audit:
        return report
    from portlint.audit import audited  # networkx is a tenth of a second

    return msgspec.structs.replace(report, **audited(read, report, made, weights(read.rules)))


def _report(
    read: Read,
    shown: Sequence[Finding],
    missed: Sequence[NotAnalysed],
    models: Sequence[Model],
    made: Work,
    analysed: Size,
) -> Report:
    """The report on findings, without what an audit adds."""
    config, rules = read.config, read.rules
    return Report(
        tool=Tool(name="portlint", version=__version__),
        knowledge=knowledge(rules),
        target=config.target,
        summary=summary(shown, analysed, made, rules, config.counted, weights(rules)),
        findings=tuple(shown),
        models=tuple(models),
        not_analysed=tuple(missed),
    )


def _work(
    read: Read,
    shown: Sequence[Finding],
    missed: Sequence[NotAnalysed],
    models: Sequence[Model],
) -> Work:
    """The work that these findings make."""
    config, rules = read.config, read.rules
    counted = [f for f in shown if f.context in config.counted]
    more = unported(read.configs, config.target, rules)
    return work(counted, missed, models, rules.rules, weights(rules), more)


def configs(listing: Listing, config: Config) -> dict[str, dict[str, Any]]:
    """The configurations of models among the files, where a target asks for them."""
    if config.target.stack != STACK and not config.matrix:
        return {}
    files = [file for file in listing.files if file.name.rpartition("/")[2] == "config.json"]
    found = {file.name: document(file.where) for file in files}
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
