"""The findings of a part for one workload -> how it fares."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import Literal

from portlint.model import IMPACTS, Finding, Impact
from portlint.report import Ease, Hours

Key = tuple[frozenset[int], frozenset[str], frozenset[str]]
Price = Callable[[Sequence[Finding]], Hours]
"""Findings -> the hours that these alone take."""


class Places:
    """The findings of a workload by what they stand in: a piece of Python, or another file.

    A finding that is kept once for several copies of a file stands in each of them.
    """

    def __init__(
        self, findings: Iterable[Finding], piece: Callable[[str, int], int | None]
    ) -> None:
        self.pieces: dict[int, list[Finding]] = {}
        self.files: dict[str, list[Finding]] = {}
        self._known: dict[Key, tuple[Finding, ...]] = {}
        for finding in findings:
            if finding.impact == "info" or finding.context == "guarded":
                continue
            name = finding.path.rpartition("/")[2]
            copies = [r.path for r in finding.related if r.path.rpartition("/")[2] == name]
            for path in dict.fromkeys([finding.path, *copies]):
                at = None if finding.cell else piece(path, finding.line)
                self.files.setdefault(path, []).append(finding)
                if at is not None:
                    self.pieces.setdefault(at, []).append(finding)

    def of(
        self, pieces: set[int], files: Iterable[str], contexts: frozenset[str]
    ) -> tuple[Finding, ...]:
        """The findings in any of these, in the order of the report, each once."""
        key = (frozenset(self.pieces.keys() & pieces), frozenset(files), contexts)
        if key not in self._known:
            found = [f for piece in key[0] for f in self.pieces[piece]]
            found += [f for path in key[1] for f in self.files.get(path, ())]
            kept = {f.fingerprint: f for f in found if f.context in contexts}
            self._known[key] = tuple(sorted(kept.values(), key=lambda f: f.sort_key))
        return self._known[key]


def ease(findings: Sequence[Finding], whole: bool, hours: Hours) -> Ease:
    """The state, and root causes by impact; `whole` tells that all files were analysed."""
    causes: dict[str, Impact] = {}
    for finding in findings:
        worst = max(finding.impact, causes.get(finding.root_cause, "info"), key=IMPACTS.index)
        causes[finding.root_cause] = worst
    return Ease(
        state=_state(causes, whole),
        by_impact={i: n for i in IMPACTS[:0:-1] if (n := sum(c == i for c in causes.values()))},
        hours=hours,
        root_causes=tuple(sorted(causes)),
    )


def _state(
    causes: Mapping[str, Impact], whole: bool
) -> Literal["ready", "runs", "blocked", "unknown"]:
    if "breaks" in causes.values():
        return "blocked"
    if not whole:
        return "unknown"
    return "runs" if causes else "ready"
