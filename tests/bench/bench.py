"""What a run of the bench has at hand, and what a row of its table is."""

import pathlib
import shutil
from collections.abc import Callable
from importlib.metadata import version
from typing import Literal, NamedTuple

import msgspec

from tests.bench import corpora
from tests.bench.corpora import Corpus
from tests.bench.peers import Tools
from tests.bench.timing import Usage
from tests.corpus import PINS

Size = Literal["small", "medium", "large"]
TRIED = {"small": ("mamba-ssm",), "medium": ("mamba-ssm",), "large": ("mamba-ssm", "timm")}
"""What stands for the corpora where the bench itself is tried."""
RELEASES = {
    "small": corpora.SMALL,
    "medium": corpora.MEDIUM,
    "large": tuple(PINS),
}


class Row(msgspec.Struct, frozen=True):
    """A line of the table: what was measured, what is asked for, and whether it is reached.

    `met` is None where nothing is asked or nothing could be measured; `runs` are all runs by name.
    """

    what: str
    asked: str
    found: str
    met: bool | None = None
    runs: dict[str, list[Usage]] = {}


class Bench(NamedTuple):
    """The tools, whether corpora are only tried, whether peers read everything, and the rounds."""

    tools: Tools
    tried: bool = False
    full: bool = False
    rounds: int = 5

    def corpus(self, size: Size) -> Corpus:
        """The corpus of this size, laid out in the bench's folder when first asked for."""
        key = f"{size}{'-tried' if self.tried else ''}"
        folder = self.tools.work / "corpora"
        stamp, wanted = folder / f"{key}.txt", "\n".join(self.content(size))
        if stamp.exists() and stamp.read_text(encoding="utf-8") == wanted:
            return corpora.measured(key, folder / key)
        sources = corpora.releases(self._names(size))
        if self._installed(size):
            sources.append(corpora.torch())
        found = corpora.together(key, sources, folder)
        stamp.write_text(wanted, encoding="utf-8")
        return found

    def content(self, size: Size) -> list[str]:
        """The releases that a corpus is made of."""
        torch = [f"torch {version('torch')}"] if self._installed(size) else []
        return [*(f"{name} {PINS[name]}" for name in self._names(size)), *torch]

    def _names(self, size: Size) -> tuple[str, ...]:
        return (TRIED if self.tried else RELEASES)[size]

    def _installed(self, size: Size) -> bool:
        """Whether the installed torch belongs to it."""
        return size == "large" and not self.tried

    def fresh(self, name: str) -> pathlib.Path:
        """A folder for a cache that does not exist yet."""
        folder = self.tools.work / "caches" / name
        shutil.rmtree(folder, ignore_errors=True)
        folder.parent.mkdir(parents=True, exist_ok=True)
        return folder


Measure = Callable[[Bench], Row]


def size(corpus: Corpus) -> str:
    """`2 883 files, 54 MB`: of Python, for all tools read that."""
    return f"{thousands(corpus.files)} files, {corpus.megabytes:.3g} MB"


def thousands(count: int) -> str:
    """`14 015`."""
    return f"{count:,}".replace(",", " ")


def at_most(found: float, limit: float) -> bool:
    """Whether a figure keeps a limit, as it is printed: two digits behind the point."""
    return round(found, 2) <= limit
