"""The child: a request from stdin -> a stranger's model runs, traces go to a private file."""

from __future__ import annotations

import os
import sys
from pathlib import Path

import msgspec

from portlint.record import Trace
from portlint.trace.confine.apply import confine
from portlint.trace.limits import limit, relax, watch
from portlint.trace.protocol import Request


def main(answer: int, stacks: int, held: int) -> None:
    """Every trace sent replaces the one before; the last whole one counts."""
    request = ready(held, answer, stacks)
    process = os.getpid()

    def send(trace: Trace) -> None:
        if os.getpid() != process:
            os._exit(0)  # a copy that the model forked: it has nothing to say
        data = msgspec.msgpack.encode(trace)
        with os.fdopen(os.dup(answer), "wb") as file:
            file.write(len(data).to_bytes(8, "big") + data)

    watch(request, os.fdopen(os.dup(stacks), "w"))
    from portlint.trace.run import run

    run(request, send)
    relax()
    os._exit(0)  # neither threads nor exit handlers of the model keep it from ending


def ready(held: int, *private: int) -> Request:
    """Take the request, give up all rights that a model has no use for, and tell which."""
    request = msgspec.msgpack.decode(sys.stdin.buffer.read(), type=Request)
    nothing = os.open(os.devnull, os.O_RDONLY)
    os.dup2(nothing, 0)
    os.close(nothing)
    for number in private:
        os.set_inheritable(number, False)
    limit(request)
    with os.fdopen(held, "wb") as told:  # closed before the model runs: it cannot add to it
        told.write(msgspec.json.encode(confine(request, str(Path.cwd()))) + b"\n")
    return request


if __name__ == "__main__":
    main(*map(int, sys.argv[1:4]))
