"""A worker: an interpreter that is started, told and heard line by line, and ended for good."""

from __future__ import annotations

import collections
import contextlib
import os
import pathlib
import select
import shutil
import subprocess
import tempfile
import threading
import time

import msgspec

from portlint.child import namespaces, output, watching
from portlint.child.environment import environment
from portlint.oracle import protocol

SCRIPT = pathlib.Path(__file__).with_name("worker") / "__main__.py"
MEMORY = 16 << 30
"""Bytes of address space, of which torch with its CUDA libraries maps 5 GiB at the start."""
START = 120.0
"""Seconds until a worker has to say hello: the first import reads gigabytes from the disk."""
SET = {"PJRT_DEVICE": "CPU", "XLA_HLO_DEBUG": "1", "TF_CPP_MIN_LOG_LEVEL": "3"}
"""Without a device a Neuron image would wait for one; the marks of HLO need its debug names."""


class Gone(Exception):
    """The worker ended, hung (`timeout`) or said what is no line: words for a person."""

    def __init__(self, words: str, status: protocol.Status) -> None:
        super().__init__(words)
        self.status = status


class Worker:
    """One process; leave it by `close`."""

    def __init__(self, python: str, start: float = START) -> None:
        self._home = tempfile.mkdtemp(prefix="portlint-oracle-")
        self._in, self._out = b"", b""
        self._tail: collections.deque[bytes] = collections.deque(maxlen=8)
        asks, self._asks = os.pipe()
        self._answers, answers = os.pipe()
        command = (
            *namespaces.wrapper().command,
            python,
            str(SCRIPT),
            str(asks),
            str(answers),
            str(MEMORY),
        )
        try:
            self._process = subprocess.Popen(
                command,
                stdin=subprocess.DEVNULL,
                stdout=subprocess.PIPE,
                stderr=subprocess.STDOUT,
                pass_fds=(asks, answers),
                cwd=self._home,
                env=_environment(self._home),
                start_new_session=True,
            )
        except OSError as error:
            self._release()
            raise Gone(f"{python} does not start: {error.strerror}", "crash") from error
        finally:
            os.close(asks)
            os.close(answers)
        os.set_blocking(self._asks, False)
        self._reader = threading.Thread(
            target=output.drain, args=(self._process.stdout, self._tail), daemon=True
        )
        self._reader.start()
        try:
            hello = self.hear(start)
        except BaseException:
            self.close()
            raise
        self.versions = hello.versions
        if not hello.versions:
            self.close()
            raise Gone(hello.failed or "it does not speak the protocol", "crash")

    def tell(self, line: bytes) -> None:
        """Queue a line; it is written while answers are waited for."""
        self._out += line

    def hear(self, timeout: float) -> protocol.Said:
        """The next line of the worker; Gone where there is none in time."""
        until = time.monotonic() + timeout
        while b"\n" not in self._in:
            left = until - time.monotonic()
            wants = [self._asks] if self._out else []
            readable, writable, _ = select.select([self._answers], wants, [], max(left, 0))
            if writable:
                self._write()
            if readable:
                part = os.read(self._answers, 1 << 16)
                if not part:
                    raise self._ended()
                self._in += part
            elif left <= 0:
                raise Gone(f"no answer after {timeout:g} s", "timeout")
        line, _, self._in = self._in.partition(b"\n")
        try:
            return protocol.said(line)
        except msgspec.MsgspecError as error:
            raise Gone(f"an answer that is none: {error}", "crash") from error

    def _write(self) -> None:
        try:
            self._out = self._out[os.write(self._asks, self._out) :]
        except BrokenPipeError:  # it ended: hear() will say so
            self._out = b""

    def _ended(self) -> Gone:
        """How a process that closed its pipe ended, and the last line it printed."""
        try:
            code = self._process.wait(5)
        except subprocess.TimeoutExpired:
            return Gone("it closed its pipe and went on", "crash")
        self._reader.join(1)
        lines = [x for x in output.text(self._tail).splitlines() if x.strip()]
        last = f"; it last printed: {lines[-1].strip()[:200]}" if lines else ""
        if code in (-9, 137):
            return Gone("the system ended it, most likely for want of memory", "memory")
        return Gone(
            f"it ended with {f'signal {-code}' if code < 0 else f'exit code {code}'}{last}", "crash"
        )

    def close(self) -> None:
        """Kill it and what it started, and take away what it left."""
        watching.end(self._process)
        self._release()

    def _release(self) -> None:
        for number in (self._asks, self._answers):
            with contextlib.suppress(OSError):
                os.close(number)
        shutil.rmtree(self._home, ignore_errors=True)


def _environment(home: str) -> dict[str, str]:
    """As for a traced model, but without the packages of this interpreter."""
    found = environment(home) | SET
    found.pop("PYTHONPATH", None)
    found.pop("PYTHONHASHSEED", None)
    return found
