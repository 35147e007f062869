"""What a program of the zoo of attentions is expected to be recognised as."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, NamedTuple

from portlint.attention.features import Features

DEFAULTS = Features()
THERE = (
    *("window", "chunk", "bias", "softcap", "sink", "dropout", "cross", "cache", "rope"),
    *("qk_norm", "weights_returned"),
)
"""Features that are not there unless an entry names them; others may be measured and unnamed."""


class Entry(NamedTuple):
    """A module or function, its inputs, and what is to be said of it.

    `kind` is the truth (None: no attention); `graph` and `source` are the kinds that those passes
    can know where that is less: "" for nothing at all. `number` is that of attentions of this
    kind, `also` the number of others. Entries of a file with the same `twins` give the same
    outputs; `shape` is that of the first output, where it is not the first input's. `open` names
    features on which an entry says nothing.
    """

    make: Callable[..., Any]
    inputs: Callable[[], tuple[Any, ...]]
    kind: str | None
    features: dict[str, Any]
    number: int = 1
    also: int = 0
    twins: str = ""
    shape: tuple[int, ...] | None = None
    training: bool = False
    graph: str | None = None
    source: str | None = None
    open: tuple[str, ...] = ()

    @property
    def name(self) -> str:
        """The name of the class or function."""
        return str(self.make.__name__)

    @property
    def in_graph(self) -> str | None:
        """The kind that the graph tells."""
        return self.kind if self.graph is None else self.graph

    @property
    def in_source(self) -> str | None:
        """The kind that the source tells."""
        return self.kind if self.source is None else self.source

    def expected(self) -> dict[str, Any]:
        """The features to be measured: those named, and that the others are not there."""
        absent = {name: getattr(DEFAULTS, name) for name in THERE if name not in self.open}
        return absent | self.features


def entry(
    make: Callable[..., Any],
    inputs: Callable[[], tuple[Any, ...]],
    kind: str | None,
    *,
    count: int = 1,
    also: int = 0,
    twins: str = "",
    shape: tuple[int, ...] | None = None,
    training: bool = False,
    graph: str | None = None,
    source: str | None = None,
    open: tuple[str, ...] = (),
    **features: Any,
) -> Entry:
    """An entry; what is not named above is a feature."""
    unknown = features.keys() - set(Features.__struct_fields__)
    assert not unknown, f"no features: {unknown}"
    return Entry(
        make, inputs, kind, features, count, also, twins, shape, training, graph, source, open
    )
