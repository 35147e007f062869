"""`--write-baseline FILE`: a finished run -> the file, and what is said of it."""

from __future__ import annotations

import pathlib

from portlint.baseline import file as baseline_file
from portlint.baseline.aged import looked_at
from portlint.baseline.entries import Baseline
from portlint.baseline.renew import refuse_growth, renewed
from portlint.config import Config
from portlint.discover import Listing
from portlint.model import Finding
from portlint.report import Report


def write(
    report: Report,
    left_out: tuple[Finding, ...],
    listing: Listing,
    config: Config,
    old: Baseline | None,
    file: pathlib.Path,
    force: bool,
) -> str:
    """Write what is there today, and say so; `old`, which the file held, only grows by force."""
    run = looked_at(report, listing, config, file)
    found = renewed(report.findings, left_out, old, run)
    if old is not None and not force:
        refuse_growth(found, old)
    baseline_file.write(file, config.target, found.marks)
    return f"wrote {file}: {found.words}"
