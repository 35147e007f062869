"""A finding's place in what was analysed -> its place in the documents that the editor shows."""

from __future__ import annotations

import json
import pathlib
from collections.abc import Sequence
from typing import NamedTuple, Protocol

from portlint.lsp.positions import lines
from portlint.model import Finding, Related, Span

BOM = "\ufeff"


class Spot(NamedTuple):
    """A range of one document, as `Span` counts."""

    uri: str
    span: Span


class View(Protocol):
    """The documents behind a text that is analysed: the text, and the lines of each by URI."""

    text: str
    rows: dict[str, list[str]]

    def spot(self, finding: Finding) -> Spot | None:
        """Where a finding stands."""

    def related(self, place: Related) -> tuple[str, int]:
        """Where a related place stands: URI and line."""

    def line(self, number: int) -> tuple[str, int]:
        """The document and the line of it that a line of the text is."""


class TextView:
    """One document, analysed as it is."""

    def __init__(self, uri: str, text: str, name: str, root: str) -> None:
        self.uri = uri
        self.text = text
        self.name = name
        self.root = root
        self.rows = {uri: lines(text)}
        self.shift = int(text.startswith(BOM))

    def spot(self, finding: Finding) -> Spot:
        """The place of the finding; a mark at the start of the text counts as a character."""
        first = self.shift if finding.line == 1 else 0
        last = self.shift if finding.end_line == 1 else 0
        start, end = finding.column + first, finding.end_column + last
        return Spot(self.uri, Span(finding.line, start, finding.end_line, end))

    def related(self, place: Related) -> tuple[str, int]:
        """In this document, or in another file below the root."""
        if place.path == self.name:
            return self.uri, place.line
        return pathlib.Path(self.root, place.path).as_uri(), place.line

    def line(self, number: int) -> tuple[str, int]:
        """The line itself."""
        return self.uri, number


class CellView:
    """The cells of a notebook, analysed as the file they make: one line of it for each of code."""

    def __init__(self, cells: Sequence[tuple[str, bool, str]], name: str, root: str) -> None:
        self.name = name
        self.root = root
        self.cells = [uri for uri, _, _ in cells]
        self.rows = {uri: lines(source) for uri, _, source in cells}
        self.places: dict[int, tuple[str, int]] = {}
        self.text = self._file(cells)

    def _file(self, cells: Sequence[tuple[str, bool, str]]) -> str:
        """The notebook as JSON, laid out so that every line of a cell has one of its own."""
        written = ['{"nbformat": 4, "nbformat_minor": 5, "metadata": {}, "cells": [']
        for number, (uri, code, _) in enumerate(cells):
            kind = "code" if code else "markdown"
            written.append(f'{"," * bool(number)}{{"cell_type": "{kind}", "source": [')
            rows = self.rows[uri]
            for row, line in enumerate(rows, 1):
                last = row == len(rows)
                written.append(json.dumps(line if last else f"{line}\n") + "," * (not last))
                self.places[len(written)] = (uri, row)
            written.append("]}")
        return "\n".join([*written, "]}"])

    def spot(self, finding: Finding) -> Spot | None:
        """The cell; a finding without one speaks of the file and stands in the first."""
        cell = finding.cell
        if cell is None:
            return Spot(self.cells[0], Span(1, 1, 1, 1)) if self.cells else None
        span = Span(cell.line, cell.column, cell.end_line, cell.end_column)
        return Spot(self.cells[cell.number - 1], span)

    def related(self, place: Related) -> tuple[str, int]:
        """In a cell, or in another file below the root."""
        if place.path == self.name:
            return self.line(place.line)
        return pathlib.Path(self.root, place.path).as_uri(), place.line

    def line(self, number: int) -> tuple[str, int]:
        """The cell and the line in it of a line of the file."""
        return self.places.get(number, (self.cells[0], 1))
