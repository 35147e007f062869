"""Open documents -> what is known of each: analysed when they change, published as it comes in."""

from __future__ import annotations

import asyncio
import contextlib
import re
from collections.abc import Callable, Sequence
from typing import NamedTuple

from lsprotocol import types

from portlint.lsp.child import Child, Died
from portlint.lsp.diagnostics import Able, Shown, remarks, shown
from portlint.lsp.settings import Settings
from portlint.lsp.views import View
from portlint.lsp.wire import Analyse, Analysed, Place
from portlint.model import Target

SETTINGS = 3.0
"""Seconds that an editor has to tell its settings before a file is judged without them."""
REST = 1.0
"""Seconds without a change after which a long file is read as a whole."""
SURROGATE = re.compile("[\ud800-\udfff]")
"""Half a character, which no text on disk can hold."""


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
    the client asks about by itself.
    """

    def __init__(self) -> None:
        self.seen: Seen | None = None
        self.run: asyncio.Task[None] | None = None
        self.now = asyncio.Event()
        self.pulled: set[str] = set()
        self.published: dict[str, int] = {}
        self.generation = 0
        self.stale = True


class Session:
    """All open documents. `look` takes a snapshot of one, `publish` shows what was found."""

    def __init__(
        self,
        child: Child,
        look: Callable[[str], Snapshot | None],
        publish: Callable[[str, list[types.Diagnostic], Held], None],
        told: Callable[[str, Snapshot, Analysed], None],
    ) -> None:
        self.child = child
        self.look = look
        self.publish = publish
        self.told = told
        self.able = Able()
        self.target: Target | None = None
        self.held: dict[str, Held] = {}
        self.configured = asyncio.Event()
        self.waited = False

    def changed(
        self, uri: str, delay: float, typing: bool = False, quick: bool = False, rest: bool = False
    ) -> None:
        """Analyse a document after a delay; a run that has become stale is dropped.

        With `quick` a long file gets a first answer, and the whole one when its user rests: `rest`
        says that this is it.
        """
        held = self.held.setdefault(uri, Held())
        if held.run is not None:
            held.run.cancel()
        held.now.clear()
        held.stale = held.stale or not rest
        held.run = asyncio.create_task(
            self._run(uri, held, delay, typing, quick and not held.pulled)
        )

    def closed(self, uri: str) -> None:
        """Forget a document, and what is shown for it."""
        held = self.drop(uri)
        if held is not None:
            for shown_for in held.published:
                self.publish(shown_for, [], held)

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
            self.changed(uri, 0)

    async def fresh(self, uri: str) -> Seen | None:
        """What is known of a document as it is now; waits for the run under way, without delay."""
        held = self.held.get(uri)
        if held is not None and not held.stale:
            return held.seen
        while held is not None and held.run is not None and not held.run.done():
            run = held.run
            held.now.set()
            # The run may be replaced by the next one, or this request be cancelled, which must not
            # end the run that others wait for.
            await asyncio.wait({run})
        return held.seen if held is not None else None

    async def _run(self, uri: str, held: Held, delay: float, typing: bool, quick: bool) -> None:
        if delay:
            with contextlib.suppress(TimeoutError):
                await asyncio.wait_for(held.now.wait(), delay)
        if not self.waited:
            with contextlib.suppress(TimeoutError):
                await asyncio.wait_for(self.configured.wait(), SETTINGS)
            self.waited = True
        snapshot = self.look(uri)
        if snapshot is None or not snapshot.settings.enable:
            self._take(uri, held, None)
            return
        order = Analyse(
            id=next(self.child.numbers),
            place=snapshot.place,
            text=SURROGATE.sub("\N{REPLACEMENT CHARACTER}", snapshot.view.text),
            settings=snapshot.settings,
            target=self.target,
            typing=typing,
            quick=quick,
        )
        try:
            answer = await self.child.analyse(order)
        except (Died, OSError) as error:
            answer = Analysed(id=order.id, fault=str(error))
        latest = self.look(uri)
        if latest is None or latest.stamp != snapshot.stamp:
            return
        self.told(uri, snapshot, answer)
        if answer.wrong is not None or (typing and answer.fault and held.seen is not None):
            return  # what was shown last still stands, moved along by the editor
        self._take(uri, held, self._seen(snapshot, answer))
        if answer.first:
            asyncio.get_running_loop().call_soon(self.changed, uri, REST, True, False, True)

    def _seen(self, snapshot: Snapshot, answer: Analysed) -> Seen:
        view = snapshot.view
        found = shown(answer, view, self.able, snapshot.settings.guarded == "hide")
        diagnostics: dict[str, list[types.Diagnostic]] = {uri: [] for uri in view.rows}
        for item in found:
            diagnostics[item.uri].append(item.diagnostic)
        for where, diagnostic in remarks(answer, view, self.able):
            diagnostics[where].append(diagnostic)
        return Seen(snapshot, answer, found, diagnostics)

    def _take(self, uri: str, held: Held, seen: Seen | None) -> None:
        held.seen = seen
        held.stale = False
        held.generation += 1
        shown_now = seen.diagnostics if seen is not None else {uri: []}
        for where in {*shown_now, *held.published}:
            self.publish(where, shown_now.get(where, []), held)
