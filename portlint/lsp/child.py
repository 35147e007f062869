"""Orders -> answers of the process that analyses, which is started again when it dies."""

from __future__ import annotations

import asyncio
import contextlib
import itertools
import os
import pathlib
import sys
from collections.abc import Callable
from typing import TypeVar

import portlint
from portlint.lsp.wire import (
    HEAD,
    Analyse,
    Analysed,
    Answer,
    Cancel,
    Choose,
    Chosen,
    Order,
    Ready,
    Write,
    Written,
    answer,
    framed,
)

LIMIT = 60.0
"""Seconds after which a file is taken to be one that never ends."""
A = TypeVar("A", Analysed, Chosen, Written)


class Died(Exception):
    """The process ended, or had to be ended, over the work in hand; the text completes "FILE …"."""


class Child:
    """The process, and who waits for which answer.

    One order is handed over at a time; the rest wait here, where they cost nothing to drop.
    """

    def __init__(self, ready: Callable[[], None]) -> None:
        self.ready = ready
        self.numbers = itertools.count(1)
        self.process: asyncio.subprocess.Process | None = None
        self.loaded = asyncio.Event()
        self.starting = asyncio.Lock()
        self.turn = asyncio.Lock()
        self.waiting: dict[int, asyncio.Future[Answer]] = {}
        self.reader: asyncio.Task[None] | None = None

    async def analyse(self, order: Analyse) -> Analysed:
        """What became of a text; Died where it took the process along."""
        return await self._asked(order, Analysed)

    async def choose(self, order: Choose) -> Chosen:
        """A target that was named in part."""
        return await self._asked(order, Chosen)

    async def write(self, order: Write) -> Written:
        """The page of a rule."""
        return await self._asked(order, Written)

    async def tell(self, order: Order) -> None:
        """An order without an answer."""
        if self.process is not None and self.process.returncode is None:
            self._write(order)

    async def start(self) -> None:
        """Start the process if it does not run, and wait until it has loaded all it needs."""
        async with self.starting:
            if self.process is None or self.process.returncode is not None:
                self.loaded.clear()
                self.process = await asyncio.create_subprocess_exec(
                    *(sys.executable, "-P", "-m", "portlint.lsp.worker"),
                    stdin=asyncio.subprocess.PIPE,
                    stdout=asyncio.subprocess.PIPE,
                    env=_environment(),
                )
                self.reader = asyncio.create_task(self._read(self.process))
        await self.loaded.wait()
        if self.process.returncode is not None and self.process.returncode != 0:
            raise Died("cannot be analysed: the process that analyses does not start")

    def stop(self) -> None:
        """End the process."""
        if self.process is not None and self.process.returncode is None:
            with contextlib.suppress(ProcessLookupError):
                self.process.kill()

    async def _asked(self, order: Analyse | Choose | Write, kind: type[A]) -> A:
        async with self.turn:
            await self.start()
            future = asyncio.get_running_loop().create_future()
            self.waiting[order.id] = future
            self._write(order)
            try:
                found = await asyncio.wait_for(future, LIMIT)
            except asyncio.CancelledError:
                self._write(Cancel(id=order.id))
                raise
            except TimeoutError:
                self.stop()
                raise Died(f"was not done after {LIMIT:.0f} s") from None
            finally:
                self.waiting.pop(order.id, None)
        assert isinstance(found, kind)
        return found

    def _write(self, order: Order) -> None:
        assert self.process is not None and self.process.stdin is not None
        with contextlib.suppress(BrokenPipeError, ConnectionResetError):
            self.process.stdin.write(framed(order))

    async def _read(self, process: asyncio.subprocess.Process) -> None:
        """Hand out answers until the process ends, which is an answer too."""
        assert process.stdout is not None
        with contextlib.suppress(asyncio.IncompleteReadError, ConnectionResetError):
            while True:
                size = int.from_bytes(await process.stdout.readexactly(HEAD), "big")
                self._take(answer(await process.stdout.readexactly(size)))
        await process.wait()
        self.loaded.set()
        for future in self.waiting.values():
            if not future.done():
                future.set_exception(Died("made the parser crash"))

    def _take(self, found: Answer) -> None:
        if isinstance(found, Ready):
            self.loaded.set()
            self.ready()
        elif (future := self.waiting.get(found.id)) and not future.done():
            future.set_result(found)


def _environment() -> dict[str, str]:
    """Ours, and where this portlint is: the process must not look in the folder it starts in."""
    own = str(pathlib.Path(portlint.__file__).resolve().parent.parent)
    path = os.pathsep.join(filter(None, (os.environ.get("PYTHONPATH"), own)))
    return {**os.environ, "PYTHONPATH": path, "PYTHONUTF8": "1"}
