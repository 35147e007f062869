"""Run the attempts of tests/escapes.py in a child that is confined as on one kind of machine."""

from __future__ import annotations

import os
import pathlib
import socket
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager, suppress
from typing import Any, Literal

import msgspec

from portlint.child.environment import environment
from portlint.child.namespaces import Wrapper, wrapper
from portlint.child.watching import end
from portlint.trace.protocol import Request

ROOT = pathlib.Path(__file__).parent.parent
Machine = Literal["namespaces", "no namespaces", "old kernel"]
"""With user namespaces; without them; without Landlock and seccomp too."""
SECRETS = ("AWS_SECRET_ACCESS_KEY", "GITHUB_TOKEN", "HF_TOKEN", "SSH_AUTH_SOCK", "SOME_PASSWORD")
OLD = """
import errno, os, struct, sys, ctypes
from portlint.trace.confine import calls, kernel, landlock, seccomp
column = kernel.column()
steps = [(seccomp.LOAD, 0, 0, seccomp.NUMBER)]
for numbers in (landlock.CREATE, seccomp.SECCOMP):
    steps += [(seccomp.EQUAL, 0, 1, numbers[column]), seccomp.refuse(errno.ENOSYS)]
data = b"".join(struct.pack("<HBBI", *step) for step in [*steps, seccomp.allow()])
held = ctypes.create_string_buffer(data, len(data))
kernel.prctl(kernel.PR_SET_NO_NEW_PRIVS, 1)
kernel.call(seccomp.SECCOMP, 1, 0, struct.pack("<HxxxxxxQ", len(data) // 8, ctypes.addressof(held)))
os.execvp(sys.argv[1], sys.argv[1:])
"""
"""A command that takes from another the two calls that kernels before 5.13 or containers lack."""


def outer(machine: Machine) -> Wrapper | None:
    """How a child starts on such a machine; None where this one cannot play it."""
    if machine == "namespaces":
        return wrapper() if wrapper().command else None
    if machine == "no namespaces":
        return Wrapper()
    return Wrapper((sys.executable, "-c", OLD)) if sys.platform == "linux" else None


class Outcome(msgspec.Struct, frozen=True):
    """What the child said it gave up, and of each attempt `through` or why not."""

    held: tuple[str, ...]
    found: dict[str, str]


@contextmanager
def targets(folder: pathlib.Path) -> Iterator[dict[str, Any]]:
    """Everything that an attempt could reach for, put up below a folder."""
    for name in ("home/.ssh", "outside", "repository", "scratch"):
        (folder / name).mkdir(parents=True)
    for name in ("home/.ssh/id_ed25519", "home/letter.txt", "repository/weights.bin", "others"):
        (folder / name).write_text("secret")
    for name in ("kept", "movable", "deletable"):
        (folder / "outside" / name).write_text("kept")
    with ExitStack() as stack:
        tcp = stack.enter_context(socket.create_server(("127.0.0.1", 0)))
        udp = stack.enter_context(socket.socket(socket.AF_INET, socket.SOCK_DGRAM))
        udp.bind(("127.0.0.1", 0))
        unix, datagrams, abstract, tcp6 = (
            stack.enter_context(socket.socket(*kind))
            for kind in (
                (socket.AF_UNIX, socket.SOCK_STREAM),
                (socket.AF_UNIX, socket.SOCK_DGRAM),
                (socket.AF_UNIX, socket.SOCK_STREAM),
                (socket.AF_INET6 if socket.has_ipv6 else socket.AF_INET, socket.SOCK_STREAM),
            )
        )
        short = stack.enter_context(tempfile.TemporaryDirectory(prefix="s-"))
        unix.bind(f"{short}/s")
        datagrams.bind(f"{short}/d")
        abstract.bind(f"\0portlint-{os.getpid()}-{folder.name}")
        tcp6.bind(("::1", 0))
        for one in (unix, abstract, tcp6):
            one.listen()
        victim = subprocess.Popen([sys.executable, "-S", "-c", "import time; time.sleep(600)"])
        stack.callback(victim.wait)
        stack.callback(victim.kill)
        secret = stack.enter_context((folder / "others").open())
        os.set_inheritable(secret.fileno(), True)
        yield {
            "tcp": tcp.getsockname()[1],
            "tcp6": tcp6.getsockname()[1],
            "udp": udp.getsockname()[1],
            "unix": f"{short}/s",
            "datagrams": f"{short}/d",
            "abstract": f"portlint-{os.getpid()}-{folder.name}",
            "home": str(folder / "home"),
            "others": str(folder / "others"),
            "outside": str(folder / "outside"),
            "repository": str(folder / "repository"),
            "scratch": str(folder / "scratch"),
            "parent": os.getpid(),
            "group": os.getpgrp(),
            "victim": victim.pid,
            "open": secret.fileno(),
            "secrets": SECRETS,
        }


def tried(machine: Machine, attempts: list[str], folder: pathlib.Path) -> Outcome | None:
    """Make the attempts in one child; None where this machine cannot play that one."""
    start = outer(machine)
    if start is None:
        return None
    with targets(folder) as aim:
        aim["attempts"] = attempts
        (folder / "repository" / "aim.json").write_bytes(msgspec.json.encode(aim))
        request = Request(spec="model.py", root=aim["repository"], homes=(aim["home"],))
        return run(start, "tests.escapes", request, aim["scratch"])


def run(start: Wrapper, module: str, request: Request, scratch: str) -> Outcome:
    """Start a child as `capture` does, with another module than the tracer."""
    asked, told = os.pipe()
    with tempfile.TemporaryFile() as answer, tempfile.TemporaryFile() as stacks:
        fds = (answer.fileno(), stacks.fileno(), told)
        process = subprocess.Popen(
            (*start.command, sys.executable, "-P", "-m", module, *map(str, fds)),
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            pass_fds=fds,
            cwd=scratch,
            env=environment(scratch),
            start_new_session=True,
        )
        os.close(told)
        try:
            printed, _ = process.communicate(msgspec.msgpack.encode(request), timeout=120)
        finally:
            end(process)
    with os.fdopen(asked, "rb") as held:
        said = msgspec.json.decode(held.read(), type=tuple[str, ...])
    return Outcome(said, msgspec.json.decode(printed, type=dict[str, str]))


def running(mark: str) -> list[int]:
    """The processes that have this word on their command line."""
    found = []
    for entry in pathlib.Path("/proc").iterdir():
        if entry.name.isdigit():
            with suppress(OSError):
                words = (entry / "cmdline").read_bytes().split(b"\0")
                found += [int(entry.name)] if mark.encode() in words else []
    return found


def gone(mark: str) -> bool:
    """Whether no such process is left, a moment after it was killed."""
    for _ in range(100):
        if not running(mark):
            return True
        time.sleep(0.05)
    return False
