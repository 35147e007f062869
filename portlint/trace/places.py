"""Frames, tracebacks and an fx node's stack -> the user's line among them."""

from __future__ import annotations

import functools
import os
import pathlib
import re
import sysconfig
import traceback
from collections.abc import Iterable, Iterator
from types import FrameType, TracebackType

import torch

from portlint.record import Place

OWN = f"{pathlib.Path(__file__).resolve().parent}{os.sep}"
TORCH = tuple(
    f"{pathlib.Path(torch.__file__).resolve().parent.parent / name}{os.sep}"
    for name in ("torch", "functorch", "torchgen")
)
PYTHON = tuple(f"{sysconfig.get_path(name)}{os.sep}" for name in ("stdlib", "platstdlib"))
INSTALLED = re.compile(r"[/\\](site|dist)-packages[/\\]")
RESUMED = re.compile(r"torch_dynamo_resume_in_(.*)_at_\d+")
FRAME = re.compile(r'File "([^"]+)", line (\d+), in (.*)')


def foreign(path: str) -> bool:
    """Whether a file is torch's, Python's or ours, and so never the line to look at."""
    if not path.startswith(("/", os.sep)) or path.startswith((OWN, *TORCH)):
        return True
    return path.startswith(PYTHON) and not INSTALLED.search(path)


def plain(function: str) -> str:
    """A function's name; of what goes on after a break, the one that it is part of."""
    found = RESUMED.match(function.strip())
    return found[1] if found else function.strip()


class Homes:
    """The folders whose code the user wants to hear of: the root, and where the model is."""

    def __init__(self, root: str) -> None:
        self._root = f"{pathlib.Path(root).resolve()}{os.sep}"
        self._packages: tuple[str, ...] = ()

    def add(self, defined: Place | None) -> None:
        """The installed package that defines the model counts as the user's code."""
        found = INSTALLED.search(defined.path) if defined else None
        if defined and found:
            package = defined.path[found.end() :].partition(os.sep)[0]
            self._packages += (f"{defined.path[: found.end()]}{package}",)
            self.stack.cache_clear()

    def holds(self, path: str) -> bool:
        """Whether a file is in one of the folders; an environment below the root is not."""
        own = path.startswith(self._root) and not INSTALLED.search(path[len(self._root) - 1 :])
        return own or path.startswith(self._packages)

    def innermost(self, places: Iterable[Place]) -> Place | None:
        """The last line in a home; where there is none, the last one that is not torch's."""
        found = list(places)
        return next(
            (p for p in reversed(found) if self.holds(p.path)), found[-1] if found else None
        )

    @functools.lru_cache(maxsize=4096)  # noqa: B019 — one per process
    def stack(self, text: str) -> tuple[Place, ...]:
        """The frames of a node's `stack_trace` that are not torch's, innermost last."""
        found = FRAME.findall(text or "")
        places = (Place(path=p, line=int(n), function=plain(f)) for p, n, f in found)
        return tuple(place for place in places if not foreign(place.path))


def here(frame: FrameType | None) -> list[Place]:
    """The frames that are running now and are not torch's, innermost last."""
    found = []
    while frame is not None:
        code = frame.f_code
        if not foreign(code.co_filename):
            found.append(
                Place(path=code.co_filename, line=frame.f_lineno or 1, function=code.co_name)
            )
        frame = frame.f_back
    return found[::-1]


def chain(error: BaseException) -> Iterator[BaseException]:
    """An exception and what it was raised from, outermost first."""
    seen: set[int] = set()
    current: BaseException | None = error
    while current is not None and id(current) not in seen:
        seen.add(id(current))
        yield current
        current = current.__cause__ or current.__context__


def frames(trace: TracebackType | None) -> list[Place]:
    """The frames of a traceback that are not torch's, innermost last."""
    return [
        Place(path=frame.filename, line=frame.lineno or 1, function=frame.name)
        for frame in traceback.extract_tb(trace)
        if not foreign(frame.filename)
    ]
