"""A run as its callers see it: what it tells while it goes on, and what it is when it is done."""

from __future__ import annotations

from collections.abc import Callable
from typing import NamedTuple

from portlint.baseline.standing import Standing
from portlint.discover import Listing
from portlint.model import Finding
from portlint.record import Trace
from portlint.report import Report


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
