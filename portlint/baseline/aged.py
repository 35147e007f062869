"""A report -> the same one, with each finding marked that a baseline or a revision had."""

from __future__ import annotations

import pathlib
from collections.abc import Collection, Sequence

import msgspec

from portlint.baseline.places import Seen, seen
from portlint.baseline.standing import Standing, standing
from portlint.config import Config
from portlint.discover import Listing
from portlint.model import Finding
from portlint.report import Report


def aged(
    report: Report,
    left_out: Sequence[Finding],
    listing: Listing,
    config: Config,
    earlier: Collection[int] = (),
) -> tuple[Report, Standing | None]:
    """The report, and how the baseline stands to everything that was found.

    `left_out` are findings that the configuration does not want: they are still there. `earlier`
    are the numbers of the findings that the revision had.
    """
    findings = report.findings
    if config.baseline is None:
        return marked(report, earlier, config.counted), None
    run = looked_at(report, listing, config, config.baseline.file)
    found = standing([*findings, *left_out], config.baseline, run, lambda n: n >= len(findings))
    return marked(report, {*earlier, *found.old}, config.counted), found


def looked_at(report: Report, listing: Listing, config: Config, file: pathlib.Path) -> Seen:
    """What a run could find, in the places of a baseline."""
    paths = () if config.traced_only else config.paths
    unread = [item.path for item in report.not_analysed]
    return seen(listing.root, paths, unread, file, bool(config.models))


def marked(report: Report, old: Collection[int], counted: frozenset[str]) -> Report:
    """The findings with these numbers were there before; all else speaks of the whole code."""
    findings = tuple(
        msgspec.structs.replace(f, baselined=True) if number in old else f
        for number, f in enumerate(report.findings)
    )
    figures = msgspec.structs.replace(
        report.summary,
        new=sum(f.counts(counted) for f in findings),
        hidden=sum(f.baselined for f in findings),
    )
    return msgspec.structs.replace(report, findings=findings, summary=figures)
