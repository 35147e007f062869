"""The findings of a comment by rule, each with its first places, and what was not analysed."""

import re
from collections.abc import Callable, Iterator, Sequence

from portlint.model import Finding
from portlint.render import Style
from portlint.render.markdown.details import CLOSE, columns, opened, row
from portlint.render.markdown.fit import Section
from portlint.render.marks import code, place, plain, prose
from portlint.render.order import costs
from portlint.render.words import hours, line_of, plural
from portlint.report import Report

URL = re.compile(r"https://[\w./~%?=&+:,#-]+")
"""Addresses that can stand in a link as they are."""
MESSAGES = 3
"""Different messages of a rule that are shown."""


def sections(report: Report, style: Style, places: int) -> Iterator[Section]:
    """What counts in full, the rest in a table, and what was not looked at."""
    groups = costs(report.findings, style.counted)
    mine = [group for group in groups if group[0].context in style.counted]
    others = [group for group in groups if group[0].context not in style.counted]
    if mine:
        count = plural(sum(map(len, mine)), "finding")
        yield Section(
            opened(f"{count} of {plural(len(mine), 'rule')}"),
            [_rule(group, places) for group in mine],
            _rest(mine),
            CLOSE,
        )
    if others:
        yield _aside(others)
    if report.not_analysed:
        yield _unread(report)


def _rule(group: Sequence[Finding], places: int) -> str:
    """A rule with one impact: what is said, what to write, where."""
    first = group[0]
    messages = list(dict.fromkeys(finding.message for finding in group))
    head = f"**{plain(first.rule)}** {plain(first.name)}, **{first.impact}**"
    effort = f"{hours(first.effort.hours)} for the first"
    lines = [f"- {head}, {plural(len(group), 'place')}, {effort}{_source(first)}"]
    lines += [f"  - {prose(message)}" for message in messages[:MESSAGES]]
    if len(messages) > MESSAGES:
        lines.append(f"  - and {plural(len(messages) - MESSAGES, 'other message')} of this rule")
    if first.replacement:
        lines.append(f"  - instead: {prose(first.replacement)}")
    lines.append(f"  - {_places(group, places)}")
    return "".join(f"{line}\n" for line in lines)


def _source(finding: Finding) -> str:
    """The evidence as a link; an address that is none is shown as code."""
    if not finding.evidence:
        return ""
    url = finding.evidence[0].url
    return f", [evidence]({url})" if URL.fullmatch(url) else f", {code(url)}"


def _places(group: Sequence[Finding], most: int) -> str:
    told = ", ".join(dict.fromkeys(place(f.path, line_of(f)) for f in group[:most]))
    rest = group[most:]
    if not rest:
        return told
    files = plural(len({finding.path for finding in rest}), "file")
    return f"{told} and {plural(len(rest), 'more place')} in {files}"


def _rest(groups: Sequence[Sequence[Finding]]) -> Callable[[int], str]:
    def told(shown: int) -> str:
        left = groups[shown:]
        count = plural(sum(map(len, left)), "more finding")
        return f"- {count} of {plural(len(left), 'rule')}, not shown here\n"

    return told


def _aside(groups: Sequence[Sequence[Finding]]) -> Section:
    """What does not count, a line for each rule."""
    count = sum(map(len, groups))
    return Section(
        opened(f"{plural(count, 'finding')} that do not count (guarded, tests, examples)")
        + columns(["rule", "impact", "places:", "first"]),
        [_line(group) for group in groups],
        lambda shown: row(
            [
                f"{plural(len(groups) - shown, 'more rule')}, not shown here",
                "",
                str(sum(map(len, groups[shown:]))),
                "",
            ]
        ),
        CLOSE,
    )


def _line(group: Sequence[Finding]) -> str:
    first = group[0]
    name = f"{plain(first.rule)} {plain(first.name)}"
    return row([name, first.impact, str(len(group)), place(first.path, line_of(first))])


def _unread(report: Report) -> Section:
    items = report.not_analysed
    return Section(
        opened(f"Not analysed: {len(items)}"),
        [f"- {place(item.path)} {prose(item.reason)}\n" for item in items],
        lambda shown: f"- {len(items) - shown} more, not shown here\n",
        CLOSE,
    )
