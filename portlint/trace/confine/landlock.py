"""Rules on files: which folders a process and all it starts may read, and which it may change."""

from __future__ import annotations

import contextlib
import ctypes
import os
import stat
import struct
from collections.abc import Iterable

from portlint.trace.confine import kernel

CREATE, ADD, RESTRICT = (444, 444), (445, 445), (446, 446)
VERSION, BENEATH = 1, 1
EXECUTE, WRITE, READ, LIST = 1 << 0, 1 << 1, 1 << 2, 1 << 3
ALL = (1 << 13) - 1
"""Every right on files of the first version: run, write, read, list, remove and make."""
SINCE = {2: 1 << 13, 3: 1 << 14}
"""Rights that came later: to link or move between folders, to truncate."""
TRUNCATE = 1 << 14
NETWORK, SCOPES = 0b11, 0b11
"""Binding and connecting TCP (since version 4); unnamed sockets and signals to others (6)."""


def version() -> int:
    """Which version of Landlock the kernel has; OSError where it has none, or it is off."""
    return kernel.call(CREATE, 0, 0, VERSION)


def restrict(reads: Iterable[str], writes: Iterable[str]) -> int:
    """Take away every right on files but these, for good; the version that held is given back.

    A path of `reads` may be read and run, with all below it; one of `writes` also changed. Paths
    that are not there are left out. TCP and signals to processes outside are closed where the
    kernel can. OSError where it has no Landlock.
    """
    found = version()
    handled = ALL | sum(right for since, right in SINCE.items() if found >= since)
    network, scopes = NETWORK * (found >= 4), SCOPES * (found >= 6)
    size = 24 if found >= 6 else 16 if found >= 4 else 8
    rules = kernel.call(CREATE, struct.pack("<QQQ", handled, network, scopes)[:size], size, 0)
    try:
        for path in reads:
            _add(rules, path, EXECUTE | READ | LIST)
        for path in writes:
            _add(rules, path, handled)
        kernel.call(RESTRICT, rules, 0)
    finally:
        os.close(rules)
    return found


def _add(rules: int, path: str, rights: int) -> None:
    with contextlib.suppress(OSError):
        number = os.open(path, os.O_PATH | os.O_CLOEXEC)
        try:
            if not stat.S_ISDIR(os.fstat(number).st_mode):
                rights &= EXECUTE | WRITE | READ | TRUNCATE
            rule = ctypes.create_string_buffer(struct.pack("<Qi", rights, number), 12)
            kernel.call(ADD, rules, BENEATH, rule, 0)
        finally:
            os.close(number)
