"""Imports of CUDA-bound libraries that are not there -> modules of stand-ins."""

from __future__ import annotations

import contextlib
import importlib.abc
import importlib.machinery
import sys
from collections.abc import Iterator, Sequence
from types import ModuleType
from typing import Any

from portlint.trace.log import Log
from portlint.trace.places import chain, here
from portlint.trace.standin import Standin


class Missing(ModuleType):
    """A module of a library that is not there: every name in it is a stand-in."""

    __path__ = []  # noqa: RUF012 — the base class says it belongs to instances
    __version__ = "0.0.0"

    def __getattr__(self, name: str) -> Any:
        if name.startswith("__") and name.endswith("__"):
            raise AttributeError(name)
        return getattr(Standin(self.__name__), name)


class Stubs(importlib.abc.MetaPathFinder, importlib.abc.Loader):
    """Answers imports of a library, but only once its absence has stopped the model.

    A caught ImportError is a fallback, and what the model does then is what it does on a machine
    without the library: so nothing is answered before an ImportError got through.
    """

    def __init__(self, log: Log, libraries: Sequence[str]) -> None:
        self.log = log
        self.libraries = frozenset(libraries)
        self.enabled: set[str] = set()

    def enable(self, error: BaseException) -> bool:
        """Whether an error came from a library that is now stubbed, so that trying again helps."""
        for part in chain(error):
            if isinstance(part, ImportError) and (top := self._culprit(part)):
                self.enabled.add(top)
                for name in [n for n in sys.modules if n.partition(".")[0] == top]:
                    del sys.modules[name]
                return True
        return False

    def _culprit(self, error: ImportError) -> str | None:
        trace, tops = error.__traceback__, [(error.name or "").partition(".")[0]]
        while trace is not None:
            tops.append(trace.tb_frame.f_globals.get("__name__", "").partition(".")[0])
            trace = trace.tb_next
        wanted = self.libraries - self.enabled
        return next((top for top in tops if top in wanted), None)

    def find_spec(
        self, fullname: str, path: Any = None, target: Any = None
    ) -> importlib.machinery.ModuleSpec | None:
        """A library that is enabled; torch asks for some of them too and has to hear no."""
        top = fullname.partition(".")[0]
        if top not in self.enabled or self._asked_by_torch():
            return None
        if fullname == top:
            stack = here(sys._getframe(1))
            self.log.note("stub", top, place=self.log.homes.innermost(stack))
        return importlib.machinery.ModuleSpec(fullname, self, is_package=True)

    def _asked_by_torch(self) -> bool:
        frame: Any = sys._getframe(2)
        while frame is not None and "importlib" in frame.f_code.co_filename:
            frame = frame.f_back
        return bool(frame) and frame.f_globals.get("__name__", "").partition(".")[0] == "torch"

    def create_module(self, spec: importlib.machinery.ModuleSpec) -> ModuleType:
        """An empty module that has every name."""
        return Missing(spec.name)

    def exec_module(self, module: ModuleType) -> None:
        """Nothing runs."""


@contextlib.contextmanager
def stubbed(log: Log, libraries: Sequence[str]) -> Iterator[Stubs]:
    """Imports in here are answered once `enable` was told that they have to be."""
    finder = Stubs(log, libraries)
    sys.meta_path.insert(0, finder)
    try:
        yield finder
    finally:
        sys.meta_path.remove(finder)
