"""Findings of the source and of the graph -> one finding per root cause on a line."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence

import msgspec

from portlint.model import Finding
from portlint.rule import Rule

REDIRECT = "cuda-call-at-run-time"
"""The rule of calls that asked for CUDA while a model ran; the source pass often has the line."""
CUDA = frozenset(["cuda-runtime", "distributed", "compilers", "custom-kernels", "libraries"])


def join(findings: Sequence[Finding], rules: Mapping[str, Rule]) -> list[Finding]:
    """The graph's verdict wins where both layers report one rule on a line: it knows dtypes.

    A call that was seen at run time adds nothing to a line whose source already says it.
    """
    source: dict[tuple[str, int], list[Finding]] = {}
    for finding in findings:
        if finding.layer == "source":
            for line in range(finding.line, finding.end_line + 1):
                source.setdefault((finding.path, line), []).append(finding)
    gone: set[str] = set()
    kept: list[Finding] = []
    for finding in findings:
        beside = source.get((finding.path, finding.line), [])
        if finding.layer == "graph":
            same = [other for other in beside if other.rule == finding.rule]
            gone.update(other.fingerprint for other in same)
            if finding.name == REDIRECT and any(rules[o.rule].subject in CUDA for o in beside):
                continue
            finding = _with(finding, same)
        kept.append(finding)
    return [f for f in kept if not (f.layer == "source" and f.fingerprint in gone)]


def _with(finding: Finding, same: Iterable[Finding]) -> Finding:
    """The graph's finding with the source's place and evidence."""
    for other in same:
        evidence = tuple(dict.fromkeys([*finding.evidence, *other.evidence]))
        finding = msgspec.structs.replace(
            finding,
            evidence=evidence,
            column=other.column,
            end_line=other.end_line,
            end_column=other.end_column,
            message=f"{finding.message}; seen in the source and in the graph",
        )
    return finding
