"""Calls to the Linux kernel that Python has no name for; on other systems all of them fail."""

from __future__ import annotations

import ctypes
import errno
import os
import platform
import sys

MACHINES = {"x86_64": 0, "aarch64": 1}
"""Column of a call's numbers for this machine, as the kernel's own headers have them."""
PR_SET_PDEATHSIG, PR_CAPBSET_DROP, PR_SET_NO_NEW_PRIVS = 1, 24, 38


def column() -> int | None:
    """Which column of numbers holds here; None where no number is known."""
    native = sys.maxsize > 1 << 32 and sys.byteorder == "little"
    return MACHINES.get(platform.machine()) if sys.platform == "linux" and native else None


def call(numbers: tuple[int, int], *arguments: int | bytes | ctypes.Array[ctypes.c_char]) -> int:
    """One system call, by its number on x86-64 and on arm64; OSError where the kernel refuses."""
    here = column()
    if here is None:
        raise OSError(errno.ENOSYS, "no numbers of system calls are known for this machine")
    return _done(_libc().syscall(ctypes.c_long(numbers[here]), *map(_word, arguments)))


def prctl(option: int, value: int = 0) -> None:
    """Change something of this process; OSError where the kernel refuses."""
    if sys.platform != "linux":
        raise OSError(errno.ENOSYS, os.strerror(errno.ENOSYS))
    zero = ctypes.c_ulong(0)
    _done(_libc().prctl(ctypes.c_int(option), ctypes.c_ulong(value), zero, zero, zero))


def _libc() -> ctypes.CDLL:
    return ctypes.CDLL(None, use_errno=True)


def _word(value: int | bytes | ctypes.Array[ctypes.c_char]) -> object:
    return ctypes.c_long(value) if isinstance(value, int) else value


def _done(result: int) -> int:
    if result == -1:
        number = ctypes.get_errno()
        raise OSError(number, os.strerror(number))
    return result
