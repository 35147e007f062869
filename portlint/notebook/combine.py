"""What the parts of a notebook gave -> the result of the file."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

import msgspec

from portlint.model import NotAnalysed
from portlint.notebook.read import Notebook
from portlint.reading import FileResult, Sighting
from portlint.suppress import Ignore

SNIPPET = 200
"""Characters of a line that a finding quotes at most."""


def combined(
    notebook: Notebook, results: Sequence[FileResult], marks: Iterable[Ignore]
) -> FileResult:
    """One result of several, with the lines that are spoken of, and what could not be read."""
    program = results[0]
    seen = {_as_written(s, notebook): None for result in results for s in result.sightings}
    sightings = tuple(sorted(seen, key=lambda s: (s.span, s.rule, s.symbol or "")))
    named = {line for s in sightings for line in (s.span.line, s.span.end_line)}
    named |= {place.line for s in sightings for place in s.related}
    named |= {use.line for use in program.uses} | {mark.line for mark in marks}
    faults = [
        (f"cell {number}", f"is not Python: {fault}; the other cells were analysed")
        for number, fault in notebook.broken
    ]
    faults += [("a part", result.not_analysed) for result in results if result.not_analysed]
    return msgspec.structs.replace(
        program,
        lines=len(notebook.lines),
        sightings=sightings,
        not_analysed=None,
        crashes=tuple(crash for result in results for crash in result.crashes),
        unread=tuple(
            NotAnalysed(path=program.path, reason=f"{what} {fault}") for what, fault in faults
        ),
        cells={line: notebook.lines[line - 1] for line in sorted(named) if line >= 1},
    )


def _as_written(sighting: Sighting, notebook: Notebook) -> Sighting:
    """The line as it stands in the cell, with its magic."""
    line = notebook.lines[sighting.span.line - 1].code.rstrip()[:SNIPPET]
    return msgspec.structs.replace(sighting, snippet=line)
