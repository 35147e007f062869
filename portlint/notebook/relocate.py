"""Findings in a notebook's code -> findings in the file: the JSON line, and the cell beside it."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence

import msgspec

from portlint.model import Cell, Finding, Related
from portlint.notebook.places import Line
from portlint.reading import FileResult

Map = Mapping[int, Line]


def relocated(findings: Sequence[Finding], results: Iterable[FileResult]) -> list[Finding]:
    """The findings, those of notebooks at their place in the file."""
    maps = {result.path: result.cells for result in results if result.cells}
    if not maps:
        return list(findings)
    return [_related(_placed(f, maps.get(f.path, {})), maps) for f in findings]


def _placed(finding: Finding, lines: Map) -> Finding:
    first = lines.get(finding.line)
    if first is None:
        return finding
    last = lines.get(finding.end_line, first)
    cell = Cell(
        number=first.cell,
        line=first.line,
        column=finding.column,
        end_line=last.line if last.cell == first.cell else first.line,
        end_column=finding.end_column,
    )
    return msgspec.structs.replace(
        finding,
        line=first.at,
        column=first.place(finding.column),
        end_line=last.at,
        end_column=last.place(finding.end_column),
        cell=cell,
    )


def _related(finding: Finding, maps: Mapping[str, Map]) -> Finding:
    related = tuple(_place(place, maps.get(place.path, {})) for place in finding.related)
    return msgspec.structs.replace(finding, related=related) if finding.related else finding


def _place(place: Related, lines: Map) -> Related:
    line = lines.get(place.line)
    return msgspec.structs.replace(place, line=line.at) if line else place
