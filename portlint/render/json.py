"""Report -> one JSON object, two spaces deep, ending in a newline."""

import msgspec

from portlint.render import Style
from portlint.report import Report


def render(report: Report, style: Style) -> str:
    """The object of the contract; the same report gives the same bytes."""
    shown = msgspec.json.format(msgspec.json.encode(report), indent=2)
    shown += b"\n"
    return shown.decode()
