"""Findings of the source and of the graph -> one finding per root cause on a line."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping, Sequence

import msgspec

from portlint.model import Finding, Related
from portlint.rule import Rule

REDIRECT = "cuda-call-at-run-time"
"""The rule of calls that asked for CUDA while a model ran; the source pass often has the line."""
STAND_IN = "cuda-library-call"
"""The rule of calls into a library that a stand-in took the place of."""
KERNEL = re.compile(r"kernel `(\w+)`")
CUDA = frozenset(["cuda-runtime", "distributed", "compilers", "custom-kernels", "libraries"])


def join(findings: Sequence[Finding], rules: Mapping[str, Rule]) -> list[Finding]:
    """The graph's verdict wins where both layers report one rule on a line: it knows dtypes.

    What was seen at run time adds nothing where the source already says it: a call for CUDA on a
    reported line, a call into a library whose import is reported, the launch of a kernel that is.
    """
    beside = _by_line(findings)
    homes = _imports(findings)
    kernels = _kernels(findings, rules)
    gone: set[str] = set()
    calls: dict[str, list[Related]] = {}
    kept: list[Finding] = []
    for finding in findings:
        if finding.layer == "graph":
            near = beside.get((finding.path, finding.line), [])
            name = (finding.symbol or "").rpartition(".")[2]
            home = homes.get((finding.path, _library(finding))) or kernels.get(name)
            if finding.name == REDIRECT and any(rules[o.rule].subject in CUDA for o in near):
                continue
            if finding.name == STAND_IN and home is not None:
                words = f"calls `{finding.symbol}` when the model runs"
                calls.setdefault(home, []).append(
                    Related(path=finding.path, line=finding.line, message=words)
                )
                continue
            names = (finding.rule, *rules[finding.rule].covers)
            same = [other for other in near if other.rule in names]
            gone.update(other.fingerprint for other in same)
            finding = _with(finding, same)
        kept.append(finding)
    return [
        msgspec.structs.replace(f, related=(*f.related, *calls.get(f.fingerprint, ())))
        for f in kept
        if not (f.layer == "source" and f.fingerprint in gone)
    ]


def _by_line(findings: Iterable[Finding]) -> dict[tuple[str, int], list[Finding]]:
    """What the source pass says of each line."""
    found: dict[tuple[str, int], list[Finding]] = {}
    for finding in findings:
        for line in range(finding.line, finding.end_line + 1) if finding.layer == "source" else ():
            found.setdefault((finding.path, line), []).append(finding)
    return found


def _imports(findings: Iterable[Finding]) -> dict[tuple[str, str], str]:
    """File and library -> the first finding of the source pass that is about the library there."""
    found: dict[tuple[str, str], str] = {}
    for finding in findings:
        if finding.layer == "source" and finding.symbol:
            found.setdefault((finding.path, _library(finding)), finding.fingerprint)
    return found


def _kernels(findings: Iterable[Finding], rules: Mapping[str, Rule]) -> dict[str, str]:
    """Name of a kernel -> the finding that reports it."""
    found: dict[str, str] = {}
    for finding in findings:
        name = KERNEL.search(finding.message) if finding.layer == "source" else None
        if name and rules[finding.rule].subject == "custom-kernels":
            found.setdefault(name[1], finding.fingerprint)
    return found


def _library(finding: Finding) -> str:
    return (finding.symbol or "").split(".")[0]


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
