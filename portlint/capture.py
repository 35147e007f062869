"""A request -> a trace, whatever the model does: it runs in a process that can be ended."""

from __future__ import annotations

import collections
import contextlib
import functools
import importlib.util
import os
import pathlib
import re
import shutil
import signal
import subprocess
import sys
import tempfile
import threading
from collections.abc import Iterator
from typing import IO, NamedTuple

import msgspec

from portlint.record import Event, Place, Trace
from portlint.trace.protocol import Request

NO_TORCH = "tracing a model needs torch: install portlint[trace]"
KEPT = ("PATH", "LANG", "LC_ALL", "LC_CTYPE", "PYTHONPATH", "VIRTUAL_ENV", "LD_LIBRARY_PATH")
"""What of the environment the model may see: what programs need to start, and no secret."""
SET = {
    "HF_HUB_OFFLINE": "1",
    "TRANSFORMERS_OFFLINE": "1",
    "HF_DATASETS_OFFLINE": "1",
    "WANDB_MODE": "disabled",
    "CUDA_VISIBLE_DEVICES": "",
    "TOKENIZERS_PARALLELISM": "false",
    "OMP_NUM_THREADS": "1",
    "MKL_NUM_THREADS": "1",
    "MALLOC_ARENA_MAX": "2",
    "PYTHONDONTWRITEBYTECODE": "1",
    "PYTHONHASHSEED": "0",
    "PYTHONWARNINGS": "ignore",
    "TORCHDYNAMO_VERBOSE": "0",
}
OUTPUT = 16_384
"""Bytes of what the model prints that are kept, from the end."""
FRAME = re.compile(r'File "([^"]+)", line (\d+) in (.*)')
NAMESPACES = ("unshare", "-rn", "--pid", "--fork", "--kill-child")
DEATH = ("setpriv", "--pdeathsig", "KILL")


class Ended(NamedTuple):
    """How a child ended: `code` as subprocess gives it, None where it was out of time."""

    code: int | None
    output: str
    place: Place | None


def capture(request: Request) -> Trace:
    """Trace one model; what goes wrong is a failure event of its trace, never an exception."""
    if importlib.util.find_spec("torch") is None:
        return _failed(Trace(model=request.spec), "missing-torch", NO_TORCH, None)
    wrapper, words = confinement()
    words = (*words, f"{request.memory:g} GiB of memory", f"{request.timeout:g} s")
    with tempfile.TemporaryFile() as answer, tempfile.TemporaryFile() as stacks:
        ended = _child(request, wrapper, answer, stacks)
        trace = _last(answer) or Trace(model=request.spec, training=request.training)
    trace = msgspec.structs.replace(trace, confinement=words)
    if ended.code == 0 and trace.versions:
        return trace
    return _failed(trace, *_why(ended, request), ended.place)


def _child(
    request: Request, wrapper: tuple[str, ...], answer: IO[bytes], stacks: IO[bytes]
) -> Ended:
    tail: collections.deque[bytes] = collections.deque(maxlen=8)
    with tempfile.TemporaryDirectory(prefix="portlint-", ignore_cleanup_errors=True) as home:
        fds = (answer.fileno(), stacks.fileno())
        process = subprocess.Popen(
            (*wrapper, sys.executable, "-P", "-m", "portlint.trace", *map(str, fds)),
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            pass_fds=fds,
            cwd=home,
            env=environment(home),
            start_new_session=True,
        )
        try:
            reader = threading.Thread(target=drain, args=(process.stdout, tail), daemon=True)
            reader.start()
            code = _waited(process, request)
        finally:
            end(process)
        reader.join(1)
    return Ended(code, text(tail), _place(stacks, request.root))


def _waited(process: subprocess.Popen[bytes], request: Request) -> int | None:
    assert process.stdin is not None
    with contextlib.suppress(BrokenPipeError):
        process.stdin.write(msgspec.msgpack.encode(request))
        process.stdin.close()
    try:
        return process.wait(request.timeout)
    except subprocess.TimeoutExpired:
        return None


def end(process: subprocess.Popen[bytes]) -> None:
    """Kill the group: also what the model started and left behind."""
    with contextlib.suppress(ProcessLookupError, PermissionError):
        os.killpg(process.pid, signal.SIGKILL)
    process.wait()


def drain(stream: IO[bytes], tail: collections.deque[bytes]) -> None:
    """Read a stream to its end and keep the last parts of it."""
    while part := os.read(stream.fileno(), OUTPUT // 8):
        tail.append(part)
    stream.close()


def text(tail: collections.deque[bytes]) -> str:
    """What was kept of a stream, as it may be shown."""
    whole = b"".join(tail).decode("utf-8", "replace")
    return "".join(
        c if c.isprintable() or c == "\n" else "\N{REPLACEMENT CHARACTER}" for c in whole
    )


def _last(answer: IO[bytes]) -> Trace | None:
    """The last whole trace the child sent."""
    answer.seek(0)
    found = None
    while len(head := answer.read(8)) == 8:
        data = answer.read(size := int.from_bytes(head, "big"))
        if len(data) < size:
            break
        try:
            found = msgspec.msgpack.decode(data, type=Trace)
        except msgspec.MsgspecError:
            break
    return found


def _place(stacks: IO[bytes], root: str) -> Place | None:
    """The user's line in the stack that was written when time was up or a signal came."""
    stacks.seek(0)
    frames = FRAME.findall(stacks.read(1 << 20).decode("utf-8", "replace"))
    base = f"{pathlib.Path(root).resolve()}{os.sep}"
    own = [f for f in frames if f[0].startswith(base) and "-packages" not in f[0][len(base) :]]
    return next((Place(path=p, line=int(n), function=f.strip()) for p, n, f in own), None)


def _why(ended: Ended, request: Request) -> tuple[str, str]:
    said = [line for line in ended.output.splitlines() if line.strip()]
    last = f"; it last printed: {said[-1].strip()[:200]}" if said else ""
    if ended.code is None or ended.code == -signal.SIGXCPU:
        return "timeout", f"the model was not done after {request.timeout:g} s"
    if ended.code == -signal.SIGKILL:
        return "memory", "the system ended the model, most likely for want of memory"
    if ended.code < 0:
        return "crash", f"the model crashed with {signal.Signals(-ended.code).name}{last}"
    if ended.code == 0:
        return "exit", f"the model ended its process before there was an answer{last}"
    return "exit", f"the model ended its process with exit code {ended.code}{last}"


def _failed(trace: Trace, kind: str, words: str, place: Place | None) -> Trace:
    event = Event(kind="failure", what=kind, detail=words, place=place)
    return msgspec.structs.replace(trace, events=(*trace.events, event))


def environment(home: str) -> dict[str, str]:
    """A small environment whose home, caches and temporary files lie in a folder that goes away."""
    kept = {name: os.environ[name] for name in KEPT if name in os.environ}
    own = str(pathlib.Path(__file__).resolve().parent.parent)
    path = os.pathsep.join(filter(None, (kept.get("PYTHONPATH"), own)))
    homes = dict.fromkeys(
        ("HOME", "TMPDIR", "XDG_CACHE_HOME", "XDG_CONFIG_HOME", "HF_HOME", "TORCH_HOME"), home
    )
    return {**kept, **SET, **homes, "PYTHONPATH": path}


@functools.cache
def confinement() -> tuple[tuple[str, ...], tuple[str, ...]]:
    """What to start the child with, and what holds it, or cannot hold it, in words."""
    for command, words in _choices():
        if _works(command):
            return command, words
    return (), ("network open", "processes it leaves behind may stay")


def _choices() -> Iterator[tuple[tuple[str, ...], tuple[str, ...]]]:
    yield (*DEATH, *NAMESPACES), ("no network", "processes of its own")
    yield NAMESPACES, ("no network", "processes of its own")
    yield (*DEATH, "unshare", "-rn"), ("no network", "processes it leaves behind may stay")
    yield ("unshare", "-rn"), ("no network", "processes it leaves behind may stay")


def _works(command: tuple[str, ...]) -> bool:
    if shutil.which(command[0]) is None:
        return False
    done = subprocess.run((*command, "true"), capture_output=True, check=False, timeout=10)
    return done.returncode == 0
