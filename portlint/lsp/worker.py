"""The process that analyses: orders on standard input -> answers on standard output.

It is a process of its own because reading holds the interpreter's lock.
"""

from __future__ import annotations

import ctypes
import gc
import os
import queue
import sys
import threading
import traceback
from typing import BinaryIO

from portlint.errors import UsageError
from portlint.lsp.judging import Judging
from portlint.lsp.pages import written
from portlint.lsp.wire import (
    HEAD,
    Analyse,
    Analysed,
    Answer,
    Cancel,
    Choose,
    Forget,
    Order,
    Ready,
    Write,
    Written,
    framed,
    order,
)
from portlint.model import INTERNAL


class Stale(BaseException):
    """Raised amid an analysis that nobody waits for: no rule may catch it."""


class Desk:
    """Orders that wait, the one at work, and those that were cancelled before their turn."""

    def __init__(self) -> None:
        self.waiting: queue.SimpleQueue[Order] = queue.SimpleQueue()
        self.lock = threading.Lock()
        self.main = threading.get_ident()
        self.working: int | None = None
        self.cancelled: set[int] = set()

    def read(self, stream: BinaryIO) -> None:
        """Take orders until the server has gone; a cancellation does not wait its turn."""
        while len(head := stream.read(HEAD)) == HEAD:
            message = order(stream.read(int.from_bytes(head, "big")))
            if isinstance(message, Cancel):
                self.cancel(message.id)
            else:
                self.waiting.put(message)
        os._exit(0)

    def cancel(self, number: int) -> None:
        """Drop an order that waits, or interrupt the one at work."""
        with self.lock:
            if self.working == number:
                raised = ctypes.py_object(Stale)
                ctypes.pythonapi.PyThreadState_SetAsyncExc(ctypes.c_ulong(self.main), raised)
            else:
                self.cancelled.add(number)

    def begin(self, number: int) -> bool:
        """Whether an order is still wanted; it is at work from now on."""
        with self.lock:
            wanted = number not in self.cancelled
            self.cancelled.discard(number)
            self.working = number if wanted else None
        return wanted

    def end(self) -> None:
        """Nothing is at work."""
        with self.lock:
            self.working = None


def main() -> None:
    """Answer orders until standard input ends."""
    # Whatever prints must not break the answers.
    answers = os.fdopen(os.dup(1), "wb")
    os.dup2(2, 1)
    outbox: queue.SimpleQueue[Answer] = queue.SimpleQueue()
    desk = Desk()
    threading.Thread(target=_send, args=(answers, outbox), daemon=True).start()
    threading.Thread(target=desk.read, args=(sys.stdin.buffer,), daemon=True).start()
    judging = Judging()
    _warm(judging)
    # Trees are many objects: they are collected between answers, not amid one.
    gc.disable()
    gc.freeze()
    outbox.put(Ready())
    while True:
        try:
            _serve(desk.waiting.get(), desk, judging, outbox)
        except Stale:
            desk.end()


def _serve(message: Order, desk: Desk, judging: Judging, outbox: queue.SimpleQueue[Answer]) -> None:
    if isinstance(message, Forget):
        judging.forget()
    elif isinstance(message, Choose):
        outbox.put(judging.choose(message))
    elif isinstance(message, Write):
        outbox.put(_written(message))
    elif isinstance(message, Analyse) and desk.begin(message.id):
        answer = _analysed(message, judging)
        desk.end()
        outbox.put(answer)
        gc.collect(0)


def _analysed(message: Analyse, judging: Judging) -> Analysed:
    """The answer, whatever the text does to portlint."""
    try:
        return judging.analyse(message)
    except RecursionError:
        return Analysed(id=message.id, fault="nests too deeply to be read")
    except Exception as error:
        where = traceback.extract_tb(error.__traceback__)[-1]
        crash = f"{INTERNAL}: {error!r} in {where.name}, line {where.lineno}"
        return Analysed(id=message.id, crashes=(crash,))


def _written(message: Write) -> Written:
    try:
        url = written(message.rule)
    except UsageError as error:
        return Written(id=message.id, wrong=str(error))
    wrong = None if url else "the page cannot be written to the cache of the user"
    return Written(id=message.id, url=url, wrong=wrong)


def _warm(judging: Judging) -> None:
    """Load rules, detectors and parsers with a text that needs them."""
    from portlint.lsp.settings import Settings
    from portlint.lsp.wire import Place

    text = "import torch\n\ndevice = torch.device('cuda')\n"
    place = Place(root=os.path.dirname(os.__file__), name="warm.py")  # noqa: PTH120
    judging.analyse(Analyse(id=0, place=place, text=text, settings=Settings()))
    judging.forget()


def _send(stream: BinaryIO, outbox: queue.SimpleQueue[Answer]) -> None:
    """Write answers; only this thread does, so that no interruption cuts one in two."""
    while True:
        data = framed(outbox.get())
        try:
            stream.write(data)
            stream.flush()
        except BrokenPipeError:
            os._exit(0)


if __name__ == "__main__":
    main()
