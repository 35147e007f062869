"""Report -> text, one small module per format."""

import importlib
from collections.abc import Callable, Iterable, Iterator, Mapping
from typing import NamedTuple, cast

from portlint.formats import FORMATS, WHOLE
from portlint.render.fresh import fresh
from portlint.report import Report
from portlint.rule import Rule

__all__ = ["FORMATS", "Style", "pieces", "render"]


class Style(NamedTuple):
    """What a renderer may know besides the report: the rules behind it, and how to show it.

    `ops` asks for every operator of a traced model, `explain` for every term of hours and score.
    `counted` are the contexts that score and fail a run, `fail_on` is the impact that does, or
    "never". `files` are all that were looked at, as paths from the root. `prefix` leads from the
    working directory to the audited root ("src/", or "" where that is not below it): hosts that
    place a finding in a checkout need it, since paths in a report start at the root. `name` is
    that of the audited folder or file.
    """

    rules: Mapping[str, Rule]
    color: bool = False
    width: int = 100
    statistics: bool = False
    audit: bool = False
    ops: bool = False
    explain: bool = False
    counted: frozenset[str] = frozenset({"live"})
    fail_on: str = "breaks"
    files: tuple[str, ...] = ()
    prefix: str = ""
    name: str = ""


def render(report: Report, name: str, style: Style) -> str:
    """The report in one of FORMATS, ready to be written as it is."""
    return "".join(pieces(report, name, style))


def pieces(report: Report, name: str, style: Style) -> Iterable[str]:
    """The same in parts, where a format has them: all of it may be larger than the report is."""
    module = importlib.import_module(f"portlint.render.{name.replace('-', '_')}")
    shown = report if name in WHOLE else fresh(report)
    found = cast(Callable[[Report, Style], str | Iterator[str]], module.render)(shown, style)
    return (found,) if isinstance(found, str) else found
