"""A request -> a trace, whatever the model does: it runs in a process that can be ended."""

from __future__ import annotations

import collections
import contextlib
import importlib.util
import os
import pathlib
import select
import signal
import subprocess
import sys
import tempfile
import threading
import time
from typing import IO, NamedTuple

import msgspec

from portlint.child import answer as answers
from portlint.child.environment import environment
from portlint.child.held import words
from portlint.child.namespaces import Wrapper, wrapper
from portlint.child.output import drain, text
from portlint.child.watching import Reason, Watch, end
from portlint.record import Event, Place, Trace
from portlint.trace.protocol import Request

NO_TORCH = "tracing a model needs torch: install portlint[trace]"
TOLD = 4096
"""Bytes that a child may say about what holds it."""
ENDED = {
    "timeout": "the model was not done after {seconds:g} s",
    "disk": "the model filled the disk with temporary files",
    "processes": "the model started processes without end",
}


class Ended(NamedTuple):
    """How a child ended: `code` as subprocess gives it, None where `reason` is why it had to.

    `held` is what it gave up before the model ran.
    """

    code: int | None
    reason: Reason
    output: str
    place: Place | None
    held: tuple[str, ...]


def capture(request: Request) -> Trace:
    """Trace one model; what goes wrong is a failure event of its trace, never an exception."""
    if importlib.util.find_spec("torch") is None:
        return _failed(Trace(model=request.spec), "missing-torch", NO_TORCH, None)
    request = msgspec.structs.replace(request, homes=(*request.homes, *_homes()))
    outer = wrapper()
    with tempfile.TemporaryFile() as answer, tempfile.TemporaryFile() as stacks:
        ended = _child(request, outer, answer, stacks)
        trace = answers.last(answer) or Trace(model=request.spec, training=request.training)
    held = words(outer, ended.held, request)
    trace = msgspec.structs.replace(trace, model=request.spec, confinement=held)
    if ended.code == 0 and trace.versions:
        return trace
    return _failed(trace, *_why(ended, request), ended.place)


def _homes() -> tuple[str, ...]:
    """The folder of whoever runs this; in the child nobody knows it any more."""
    with contextlib.suppress(RuntimeError):
        return (str(pathlib.Path.home()),)
    return ()


def _child(request: Request, outer: Wrapper, answer: IO[bytes], stacks: IO[bytes]) -> Ended:
    tail: collections.deque[bytes] = collections.deque(maxlen=8)
    asked, told = os.pipe()
    with (
        tempfile.TemporaryDirectory(prefix="portlint-", ignore_cleanup_errors=True) as home,
        os.fdopen(asked, "rb", buffering=0) as held,
    ):
        fds = (answer.fileno(), stacks.fileno(), told)
        try:
            process = subprocess.Popen(
                (*outer.command, sys.executable, "-P", "-m", "portlint.trace", *map(str, fds)),
                stdin=subprocess.PIPE,
                stdout=subprocess.PIPE,
                stderr=subprocess.STDOUT,
                pass_fds=fds,
                cwd=home,
                env=environment(home),
                start_new_session=True,
            )
        finally:
            os.close(told)
        try:
            watch = Watch(process, home, request.timeout)
            reader = threading.Thread(target=drain, args=(process.stdout, tail), daemon=True)
            reader.start()
            _ask(process, request)
            gave_up = _heard(held, watch.until)
            code, reason = watch.wait()
        finally:
            end(process)
        reader.join(1)
    return Ended(code, reason, text(tail), answers.place(stacks, request.root), gave_up)


def _ask(process: subprocess.Popen[bytes], request: Request) -> None:
    assert process.stdin is not None
    with contextlib.suppress(BrokenPipeError):
        process.stdin.write(msgspec.msgpack.encode(request))
        process.stdin.close()


def _heard(held: IO[bytes], until: float) -> tuple[str, ...]:
    """What the child gave up: the one line that it says, before the model runs.

    The end of the pipe is not waited for: who started the child in its namespaces holds it open.
    """
    found = b""
    while b"\n" not in found and len(found) <= TOLD:
        if not select.select([held], [], [], max(until - time.monotonic(), 0))[0]:
            break
        part = held.read(TOLD)
        if not part:
            break
        found += part
    with contextlib.suppress(msgspec.MsgspecError, ValueError):
        return msgspec.json.decode(found.partition(b"\n")[0], type=tuple[str, ...])
    return ()


def _why(ended: Ended, request: Request) -> tuple[str, str]:
    said = [line for line in ended.output.splitlines() if line.strip()]
    last = f"; it last printed: {said[-1].strip()[:200]}" if said else ""
    if ended.code is None or ended.code == -signal.SIGXCPU:
        reason = ended.reason or "timeout"
        return reason, ENDED[reason].format(seconds=request.timeout)
    if ended.code == -signal.SIGKILL:
        return "memory", "the system ended the model, most likely for want of memory"
    if ended.code < 0:
        return "crash", f"the model crashed with {_signal(-ended.code)}{last}"
    if ended.code == 0:
        return "exit", f"the model ended its process before there was an answer{last}"
    return "exit", f"the model ended its process with exit code {ended.code}{last}"


def _signal(number: int) -> str:
    try:
        return signal.Signals(number).name
    except ValueError:  # those for real time have no names
        return f"signal {number}"


def _failed(trace: Trace, kind: str, words: str, place: Place | None) -> Trace:
    event = Event(kind="failure", what=kind, detail=words, place=place)
    return msgspec.structs.replace(trace, events=(*trace.events, event))
