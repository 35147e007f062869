"""The difference of two reports -> text, Markdown or JSON."""

import click
import msgspec

from portlint.diff.values import Difference
from portlint.render.difference import markdown, text

FORMATS = ("text", "json", "markdown")


def render(found: Difference, name: str, width: int = 100, color: bool = False) -> str:
    """In one of FORMATS, ready to be written."""
    if name == "json":
        return msgspec.json.format(msgspec.json.encode(found), indent=2).decode() + "\n"
    if name == "markdown":
        return markdown.render(found)
    shown = text.render(found, width)
    return shown if color else click.unstyle(shown)
