"""Values -> the words that several formats share, safe to print."""

from collections.abc import Iterable, Mapping, Sequence

from portlint.model import CONTEXTS, IMPACTS, Finding, Target


def visible(text: str) -> str:
    """Text of audited files as it may be shown: what cannot be seen is written as an escape.

    Control characters would drive the reader's terminal, line ends would forge findings, and
    characters that turn the writing direction would show other code than the one that runs.
    """
    if text.isascii() and text.isprintable():
        return text
    return "".join(c if c.isprintable() else c.encode("unicode_escape").decode() for c in text)


def clipped(text: str, room: int) -> str:
    """Text with an ellipsis where it is longer than there is room."""
    return text if len(text) <= room else f"{text[: max(room - 1, 0)]}…"


def hours(span: Sequence[float]) -> str:
    """`(2, 40)` -> "2-40 h"."""
    low, high = (f"{h:.0f}" if h >= 10 else f"{h:.2g}" for h in span)
    return f"{low}-{high} h" if low != high else f"{low} h"


def plural(count: int, noun: str) -> str:
    """`3 findings`, `1 finding`."""
    return f"{count} {noun}{'s' * (count != 1)}"


def target(value: Target) -> str:
    """The target in one phrase."""
    work = "inference and training" if value.workload == "both" else value.workload
    return f"{value.chip}, {value.stack}, SDK {value.sdk}, {work}"


def impacts(counts: Mapping[str, int]) -> str:
    """`2 breaks, 1 slow`, the worst first; "" where there is nothing."""
    return ", ".join(f"{counts[i]} {i}" for i in IMPACTS[::-1] if counts.get(i))


def contexts(counts: Mapping[str, int], counted: frozenset[str]) -> str:
    """What was found and is not counted: `3 guarded, 7 test`."""
    return ", ".join(f"{counts[c]} {c}" for c in CONTEXTS if counts.get(c) and c not in counted)


def earlier(count: int) -> str:
    """What a baseline or a revision had: `12 earlier findings`."""
    return plural(count, "earlier finding")


def told(finding: Finding) -> str:
    """The message on one line; of a notebook it names the cell, for readers see no JSON."""
    message = visible(" ".join(finding.message.split()))
    cell = finding.cell
    return f"{message} (cell {cell.number}, line {cell.line})" if cell else message


def line_of(finding: Finding) -> str:
    """The line as its reader counts: `12`, or `3:12` for line 12 of cell 3."""
    cell = finding.cell
    return f"{cell.number}:{cell.line}" if cell else str(finding.line)


def instead(finding: Finding) -> str:
    """The message, and what to write instead on a line of its own."""
    message = told(finding)
    return f"{message}\nInstead: {visible(finding.replacement)}" if finding.replacement else message


def aside(finding: Finding, counted: frozenset[str]) -> str:
    """What stands before the message of a finding that does not count: `(test) `."""
    return "" if finding.context in counted else f"({finding.context}) "


def plain(summary: str) -> str:
    """A rule's summary without a finding to fill it in."""
    for hole, word in (("{symbol}", "NAME"), ("{value}", "VALUE"), ("{what}", "WHAT")):
        summary = summary.replace(hole, word)
    return summary


def by_stack(pairs: Iterable[tuple[str, str]]) -> str:
    """Pairs of chip and stack -> `native-eager (trn2, trn3), xla (inf2)`."""
    chips: dict[str, list[str]] = {}
    for chip, stack in pairs:
        chips.setdefault(stack, []).append(chip)
    return ", ".join(f"{stack} ({', '.join(names)})" for stack, names in chips.items())
