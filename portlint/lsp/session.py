"""Open documents -> what is known of each: analysed when they change, published as it comes in."""

from __future__ import annotations

import asyncio
import contextlib
import itertools
import re
from collections.abc import Mapping
from typing import Protocol

from lsprotocol import types

from portlint.lsp.child import Child, Died
from portlint.lsp.diagnostics import Able, remarks, shown
from portlint.lsp.held import Held, Seen, Snapshot, Why
from portlint.lsp.wire import Analyse, Analysed
from portlint.model import Target

SETTINGS = 3.0
"""Seconds that an editor has to tell its settings before a file is judged without them."""
REST = 1.0
"""Seconds without a change after which a long file is read as a whole."""
SURROGATE = re.compile("[\ud800-\udfff]")
"""Half a character, which no text on disk can hold."""


class Screen(Protocol):
    """The editor: what it has open, and what it is shown."""

    @property
    def refreshes(self) -> bool:
        """Whether it can be told to ask for diagnostics again."""

    def look(self, uri: str) -> Snapshot | None:
        """A document as it is now; None for what portlint does not read."""

    def stamp(self, uri: str) -> object:
        """What changes with every change of a document; None where it is not open."""

    def publish(self, uri: str, found: list[types.Diagnostic]) -> None:
        """Show the diagnostics of a document."""

    def refresh(self) -> None:
        """Tell it to ask for diagnostics again."""

    def told(self, snapshot: Snapshot, answer: Analysed) -> None:
        """Tell what an answer says of the target, the configuration and the rules."""

    def failed(self, error: BaseException) -> None:
        """Tell of a fault of the server."""


class Session:
    """All open documents of an editor."""

    def __init__(self, child: Child, screen: Screen) -> None:
        self.child = child
        self.screen = screen
        self.able = Able()
        self.target: Target | None = None
        self.held: dict[str, Held] = {}
        self.generations = itertools.count(1)
        self.configured = asyncio.Event()
        self.waited = False

    def changed(self, uri: str, delay: float = 0, why: Why = "told") -> None:
        """Analyse a document after a delay; a run that has become stale is dropped.

        While its user types, a long file gets a first answer, and the whole one at rest.
        """
        held = self.held.setdefault(uri, Held())
        if held.run is not None:
            held.run.cancel()
        held.now.clear()
        held.why = why
        if why != "rested":
            held.stale = True
            self._postpone()
        held.run = asyncio.create_task(self._run(uri, held, delay))
        held.run.add_done_callback(self._ended)

    def _postpone(self) -> None:
        """Let what was answered already wait for what was not."""
        for uri, held in self.held.items():
            if held.why == "rested" and held.is_running():
                self.changed(uri, REST, "rested")

    def _ended(self, run: asyncio.Task[None]) -> None:
        error = None if run.cancelled() else run.exception()
        if error is not None:
            self.screen.failed(error)

    def closed(self, uri: str) -> None:
        """Forget a document, and what is shown for it."""
        held = self.drop(uri)
        if held is not None:
            self._show({}, held)

    def drop(self, uri: str) -> Held | None:
        """Forget a document without a word."""
        held = self.held.pop(uri, None)
        if held is not None and held.run is not None:
            held.run.cancel()
        return held

    def settle(self) -> None:
        """The settings are known: what waits for them goes on, what did not is analysed again."""
        self.configured.set()
        if self.waited:
            self.again()

    def again(self) -> None:
        """Analyse everything that is open: something that all depend on has changed."""
        for uri in list(self.held):
            self.changed(uri, why="again")

    def pull(self, uri: str, document: str) -> None:
        """The editor asks for the diagnostics of a document (of a notebook): they are not shown."""
        held = self.held.get(uri)
        if held is not None and document not in held.pulled:
            if held.published.pop(document, 0):
                self.screen.publish(document, [])
            held.pulled.add(document)

    async def fresh(self, uri: str) -> Seen | None:
        """What is known of a document as it is now; waits for the run under way, without delay."""
        held = self.held.get(uri)
        if held is not None and not held.stale:
            return held.seen
        while held is not None and held.run is not None and held.is_running():
            run = held.run
            held.now.set()
            # The run may be replaced by the next one, or this request be cancelled, which must not
            # end the run that others wait for.
            await asyncio.wait({run})
        return held.seen if held is not None else None

    async def _run(self, uri: str, held: Held, delay: float) -> None:
        await self._wait(held, delay)
        snapshot = self.screen.look(uri)
        if snapshot is None or not snapshot.settings.enable:
            self._take(held, uri, None)
            return
        order = self._order(snapshot, held)
        try:
            answer = await self.child.analyse(order)
        except (Died, OSError) as error:
            answer = Analysed(id=order.id, fault=str(error), crashes=(str(error),))
        if self.screen.stamp(uri) != snapshot.stamp:
            return
        self.screen.told(snapshot, answer)
        if answer.wrong is not None or (order.typing and answer.fault and held.seen is not None):
            return  # what was shown last still stands, moved along by the editor
        self._take(held, uri, self._seen(snapshot, answer))
        if answer.first:
            asyncio.get_running_loop().call_soon(self._rest, uri, held)

    async def _wait(self, held: Held, delay: float) -> None:
        """Wait for a pause, and at first for the settings."""
        if delay:
            with contextlib.suppress(TimeoutError):
                await asyncio.wait_for(held.now.wait(), delay)
        if not self.waited:
            with contextlib.suppress(TimeoutError):
                await asyncio.wait_for(self.configured.wait(), SETTINGS)
            self.waited = True

    def _rest(self, uri: str, held: Held) -> None:
        """Read the whole of what got a first answer, unless there is something newer to do."""
        if self.held.get(uri) is held and not held.is_running():
            self.changed(uri, REST, "rested")

    def _order(self, snapshot: Snapshot, held: Held) -> Analyse:
        """A first answer will do where the second can be shown too."""
        typed = held.why == "typed"
        return Analyse(
            id=next(self.child.numbers),
            place=snapshot.place,
            text=SURROGATE.sub("\N{REPLACEMENT CHARACTER}", snapshot.view.text),
            settings=snapshot.settings,
            target=self.target,
            typing=typed or held.why == "rested",
            quick=typed and (not held.pulled or self.screen.refreshes),
        )

    def _seen(self, snapshot: Snapshot, answer: Analysed) -> Seen:
        view = snapshot.view
        found = shown(answer, view, self.able, snapshot.settings.guarded == "hide")
        diagnostics: dict[str, list[types.Diagnostic]] = {uri: [] for uri in view.rows}
        for item in found:
            diagnostics[item.uri].append(item.diagnostic)
        for where, diagnostic in remarks(answer, view, self.able):
            diagnostics[where].append(diagnostic)
        return Seen(snapshot, answer, found, diagnostics)

    def _take(self, held: Held, uri: str, seen: Seen | None) -> None:
        held.seen = seen
        held.stale = False
        held.generation = next(self.generations)
        self._show(seen.diagnostics if seen is not None else {uri: []}, held)
        if held.pulled and held.why in ("rested", "again") and self.screen.refreshes:
            self.screen.refresh()  # after a change an editor asks by itself

    def _show(self, found: Mapping[str, list[types.Diagnostic]], held: Held) -> None:
        """Show diagnostics, and none where there were some, but not those that are asked for."""
        for uri in dict.fromkeys((*found, *held.published)):
            if uri not in held.pulled:
                held.published[uri] = len(found.get(uri, ()))
                self.screen.publish(uri, found.get(uri, []))
