"""A filter of system calls: no sockets, no hands on other processes, no way out of the group."""

from __future__ import annotations

import ctypes
import errno
import os
import struct
from collections.abc import Iterable

from portlint.trace.confine import calls, kernel

SECCOMP, ARCHITECTURES = (317, 277), (0xC000003E, 0xC00000B7)
SET_FILTER, EVERY_THREAD = 1, 1
LOAD, EQUAL, GREATER, ANY_BIT, MASK, RETURN = 0x20, 0x15, 0x25, 0x45, 0x54, 0x06
NUMBER, ARCHITECTURE, ARGUMENTS = 0, 4, 16
ALLOW, ERROR = 0x7FFF0000, 0x00050000
X32 = 0x3FFFFFFF
"""Larger numbers are a second set of calls on x86-64, which no program uses."""
NAMESPACES = 0x7E020000
"""Flags of clone that make a namespace."""
OWNERS, TERMINALS = (8, 10, 15), (0x5412, 0x541C, 0x8901, 0x8902)
"""fcntl and ioctl that send signals to others, or keys to a terminal."""
UNIX, STREAM, SEQUENCE = 1, 1, 5

Step = tuple[int, int, int, int]


def install(parent: int) -> None:
    """Filter this process and all it starts, for good; OSError where the kernel cannot."""
    program = b"".join(struct.pack("<HBBI", *step) for step in steps(parent, os.getpgrp()))
    held = ctypes.create_string_buffer(program, len(program))
    head = struct.pack("<HxxxxxxQ", len(program) // 8, ctypes.addressof(held))
    kernel.call(SECCOMP, SET_FILTER, EVERY_THREAD, head)


def steps(parent: int, group: int) -> list[Step]:
    """The program the kernel runs at each call."""
    here = kernel.column()
    if here is None:
        raise OSError(errno.ENOSYS, os.strerror(errno.ENOSYS))
    found = [
        (LOAD, 0, 0, ARCHITECTURE),
        (EQUAL, 1, 0, ARCHITECTURES[here]),
        refuse(),
        (LOAD, 0, 0, NUMBER),
        (GREATER, 0, 1, X32),
        refuse(errno.ENOSYS),
    ]
    for numbers, body in _rules(parent, group):
        found += [(EQUAL, 0, len(body), numbers[here]), *body]
    return [*found, (RETURN, 0, 0, ALLOW)]


def _rules(parent: int, group: int) -> Iterable[tuple[tuple[int, int], list[Step]]]:
    for numbers in calls.DENIED.values():
        yield numbers, [refuse()]
    for numbers in calls.TALKS.values():
        yield numbers, [refuse(errno.ENETUNREACH)]
    # What the C library does where a kernel is too old: it falls back to clone, which can be read.
    yield calls.CLONE3, [refuse(errno.ENOSYS)]
    yield calls.CLONE, [argument(0), (ANY_BIT, 0, 1, NAMESPACES), refuse(), allow()]
    yield calls.SOCKET, [*unless(0, UNIX, errno.ENETUNREACH), refuse(errno.EACCES)]
    yield calls.SOCKETPAIR, [argument(1), (MASK, 0, 0, 0xF), *only((STREAM, SEQUENCE))]
    yield calls.KILL, _kill(parent, group)
    for numbers in calls.TARGETED.values():
        yield numbers, [*other_than(0, parent), allow()]
    yield calls.PRLIMIT, [argument(0), *only((0,))]
    yield calls.SETPRIORITY, [*unless(0, 0, errno.EPERM), *other_than(1, parent), allow()]
    yield calls.FCNTL, [step for one in OWNERS for step in other_than(1, one)] + [allow()]
    yield calls.IOCTL, [step for one in TERMINALS for step in other_than(1, one)] + [allow()]


def _kill(parent: int, group: int) -> list[Step]:
    """Its own children and group; neither portlint nor another group, nor everybody (-1)."""
    below = [(GREATER, 0, 2, 0x7FFFFFFF), (EQUAL, 1, 0, -group & 0xFFFFFFFF), refuse(), allow()]
    return [*other_than(0, parent), *below]


def argument(index: int) -> Step:
    """Load the lower half of an argument: these calls take no more."""
    return (LOAD, 0, 0, ARGUMENTS + 8 * index)


def refuse(number: int = errno.EPERM) -> Step:
    """End the call with an error."""
    return (RETURN, 0, 0, ERROR | number)


def allow() -> Step:
    """Let the kernel go on with the call."""
    return (RETURN, 0, 0, ALLOW)


def other_than(index: int, value: int) -> list[Step]:
    """Go on where an argument differs from a value."""
    return [argument(index), (EQUAL, 0, 1, value & 0xFFFFFFFF), refuse()]


def unless(index: int, value: int, error: int) -> list[Step]:
    """Go on where an argument is a value."""
    return [argument(index), (EQUAL, 1, 0, value), refuse(error)]


def only(values: tuple[int, ...]) -> list[Step]:
    """Allow some values of what is loaded, and refuse all others."""
    found: list[Step] = []
    for value in values:
        found += [(EQUAL, 0, 1, value), allow()]
    return [*found, refuse()]
