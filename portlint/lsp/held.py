"""What is known of an open document: as it was looked at, what became of it, what is shown."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from typing import Literal, NamedTuple

from lsprotocol import types

from portlint.lsp.diagnostics import Shown
from portlint.lsp.settings import Settings
from portlint.lsp.views import View
from portlint.lsp.wire import Analysed, Place

Why = Literal["told", "typed", "rested", "again"]
"""What a run is for: the editor told of a file, its user types or has rested, settings changed."""


class Snapshot(NamedTuple):
    """A document as it was when it was looked at; `stamp` changes with every change of it."""

    place: Place
    view: View
    stamp: object
    settings: Settings


class Seen(NamedTuple):
    """What became of a snapshot."""

    snapshot: Snapshot
    answer: Analysed
    findings: Sequence[Shown]
    diagnostics: dict[str, list[types.Diagnostic]]


class Held:
    """One open document or notebook: what was seen of it last, and the run that is under way.

    `stale` says that a change or a setting came after that. `pulled` are the documents of it that
    the client asks about by itself, `published` the numbers of diagnostics that others show.
    """

    def __init__(self) -> None:
        self.seen: Seen | None = None
        self.run: asyncio.Task[None] | None = None
        self.why: Why = "told"
        self.now = asyncio.Event()
        self.pulled: set[str] = set()
        self.published: dict[str, int] = {}
        self.generation = 0
        self.stale = True

    def is_running(self) -> bool:
        """Whether an answer is on its way."""
        return self.run is not None and not self.run.done()
