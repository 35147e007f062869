"""Report -> one JSON object, two spaces deep, ending in a newline."""

from collections.abc import Iterator

import msgspec

from portlint.render import Style
from portlint.report import Report

EMPTY = '\n  "findings": []'
"""As the key stands in the object of the report, and nothing else in it can: only there is a key
two spaces deep."""


def render(report: Report, style: Style) -> Iterator[str]:
    """The object of the contract, finding by finding; the same report gives the same bytes."""
    before, _, after = _object(msgspec.structs.replace(report, findings=())).partition(EMPTY)
    yield before
    yield EMPTY[:-1]
    for number, finding in enumerate(report.findings):
        yield ",\n    " if number else "\n    "
        yield _object(finding).replace("\n", "\n    ")
    yield "\n  ]" if report.findings else "]"
    yield after
    yield "\n"


def _object(value: msgspec.Struct) -> str:
    return msgspec.json.format(msgspec.json.encode(value), indent=2).decode()
