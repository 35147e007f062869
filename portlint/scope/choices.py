"""What is taken from a table by name -> those of its lines that somebody would choose on Neuron.

`{"flash": flash_attention, "eager": eager_attention}`: the lines that run into the least; what a
setting chooses is not known.
"""

from __future__ import annotations

from collections.abc import Mapping

from portlint.scope.graph import Graph
from portlint.scope.walk import Walk
from portlint.scope.workloads import NEITHER

Weight = tuple[int, int]
"""Findings that break, and others."""


class Choices:
    """Weighs what a line of a table leads to, each once; `weights` are those of pieces."""

    def __init__(self, code: Graph, weights: Mapping[int, Weight]) -> None:
        self.code = code
        self.weights = weights
        self.modules = frozenset(file.first for file in code.files)
        self.known: dict[int, Weight] = {}

    def __call__(self, lines: frozenset[int]) -> frozenset[int]:
        """The lightest lines."""
        least = min(self._weight(line) for line in lines)
        return frozenset(line for line in lines if self._weight(line) == least)

    def _weight(self, line: int) -> Weight:
        if line not in self.known:
            self.known[line] = (0, 0)  # what comes around to itself adds nothing
            walk = Walk(self.code, NEITHER, self.modules, self).take([line])
            found = [self.weights[at] for at in self.weights.keys() & walk.ran]
            self.known[line] = (sum(w[0] for w in found), sum(w[1] for w in found))
        return self.known[line]
