"""Nodes of interest -> spans in the file, computed only for the slices that hold one."""

from collections.abc import Sequence
from typing import NamedTuple

import libcst as cst
from libcst.metadata import MetadataWrapper, PositionProvider

from portlint.model import Span


class Piece(NamedTuple):
    """A parsed slice of a file: the line it starts at and its tree."""

    line: int
    tree: cst.Module


def positions(pieces: Sequence[Piece], wanted: set[int], tops: set[int]) -> dict[int, Span]:
    """The spans of wanted nodes by id; `tops` are ids of top-level statements that hold most.

    libcst's positions cost several times its parsing, so slices without a wanted node are not
    asked, and the others are asked first.
    """
    found: dict[int, Span] = {}
    holding = [p for p in pieces if any(id(s) in tops for s in p.tree.body)]
    rest = [p for p in pieces if p not in holding]
    for piece in [*holding, *rest]:
        if len(found) == len(wanted):
            break
        ranges = MetadataWrapper(piece.tree, unsafe_skip_copy=True).resolve(PositionProvider)
        down = piece.line - 1
        for node, at in ranges.items():
            if id(node) in wanted:
                start, end = at.start, at.end
                found[id(node)] = Span(
                    start.line + down, start.column + 1, end.line + down, end.column + 1
                )
    return found
