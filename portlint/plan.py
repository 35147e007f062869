"""Findings -> work packages, one per root cause, cheapest first within each subject."""

from collections.abc import Mapping, Sequence

from portlint.model import Finding
from portlint.report import Package
from portlint.rule import Rule
from portlint.score import hours_of, root_causes

ORDER = ("0", "1", "9", "3", "7", "6", "5", "8", "4", "2")
"""By the first digit of the code: devices and set-up before kernels, whose tests need them."""


def plan(findings: Sequence[Finding], rules: Mapping[str, Rule]) -> tuple[Package, ...]:
    """The packages in the order in which to take them."""
    packages = []
    for cause, group in root_causes(findings).items():
        rule = rules[group[0].rule]
        packages.append(
            (
                ORDER.index(rule.code[3]),
                Package(
                    title=_title(rule, group),
                    root_cause=cause,
                    hours=hours_of(group, rule.effort.each),
                    after=(),
                    findings=tuple(f.fingerprint for f in group),
                ),
            )
        )
    packages.sort(key=lambda item: (item[0], item[1].hours[1], item[1].root_cause))
    return tuple(package for _, package in packages)


def _title(rule: Rule, group: Sequence[Finding]) -> str:
    symbols = {f.symbol for f in group if f.symbol}
    what = f" ({symbols.pop()})" if len(symbols) == 1 and rule.root_cause == "symbol" else ""
    return f"{rule.name.replace('-', ' ')}{what}"
