"""What held a child, and what nothing held -> the words of a report."""

from __future__ import annotations

from collections.abc import Iterator

from portlint.child.namespaces import Wrapper
from portlint.trace.protocol import Request


def words(outer: Wrapper, held: tuple[str, ...], request: Request) -> tuple[str, ...]:
    """In the order in which a reader fears it: network, files, processes, memory, time."""
    return (*_words(outer, held), f"{request.memory:g} GiB of memory", f"{request.timeout:g} s")


def _words(outer: Wrapper, held: tuple[str, ...]) -> Iterator[str]:
    yield "no network" if outer.network or "calls" in held else "network open"
    yield "no files of yours but the repository" if "files" in held else "your files open"
    inside = outer.processes or "calls" in held
    yield "processes of its own" if inside else "processes it leaves behind may stay"
