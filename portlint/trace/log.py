"""Events as they happen, each once, with the user's line that was running."""

from __future__ import annotations

import sys
from typing import Literal

from portlint.record import Event, Place, Rung
from portlint.trace.places import Homes, here


class Log:
    """What happened so far; `reading` is on while forward runs: only there a read matters."""

    def __init__(self, homes: Homes) -> None:
        self.homes = homes
        self.rung: Rung | None = None
        self.reading = False
        self.events: dict[tuple[str, str, Place | None], Event] = {}

    def note(
        self,
        kind: Literal["redirect", "stub", "read", "break", "failure"],
        what: str,
        detail: str = "",
        place: Place | None = None,
    ) -> None:
        """Keep an event, unless the same one is kept already."""
        event = Event(kind=kind, what=what, detail=detail, place=place, rung=self.rung)
        self.events.setdefault((kind, what, place), event)

    def redirected(self, what: str, detail: str = "") -> None:
        """A call asked for CUDA; what an installed library does by itself is not the user's."""
        stack = here(sys._getframe(1))
        if stack and self.homes.holds(stack[-1].path):
            self.note("redirect", what, detail, stack[-1])

    def read(self, what: str, detail: str) -> None:
        """Python takes a value from a tensor while forward runs."""
        if self.reading and (place := self.homes.innermost(here(sys._getframe(1)))):
            self.note("read", what, detail, place)
