"""Pinned releases -> the folders that rows measure on: small, medium, large, and samples."""

import importlib.util
import os
import pathlib
import shutil
from collections.abc import Iterable, Iterator, Sequence
from typing import NamedTuple

from pypi_simple import PyPISimple

from tests.corpus import PINS, fetch

MEDIUM = ("transformers",)
SMALL = ("mamba-ssm", "xformers")
BINARY = (".so", ".a", ".pyc")
"""Parts of names of what an installed torch has beside its text."""


class Corpus(NamedTuple):
    """A folder of source, and how many Python files and MB of them it holds."""

    name: str
    path: pathlib.Path
    files: int
    megabytes: float


def measured(name: str, path: pathlib.Path) -> Corpus:
    """The folder as it is now."""
    sizes = [file.stat().st_size for file in python(path)]
    return Corpus(name, path, len(sizes), sum(sizes) / 1e6)


def python(folder: pathlib.Path) -> list[pathlib.Path]:
    """All Python files below a folder, by name."""
    return sorted(path for path in folder.rglob("*.py") if path.is_file())


def releases(names: Iterable[str]) -> list[pathlib.Path]:
    """The unpacked source distributions, fetched where they are missing."""
    folder = pathlib.Path(os.environ.get("PORTLINT_CORPUS", ".corpus")).resolve()
    folder.mkdir(parents=True, exist_ok=True)
    index = os.environ.get("PIP_INDEX_URL", "https://pypi.org/simple/")
    with PyPISimple(index) as client:
        for name in names:
            fetch(client, name, PINS[name], folder)
    return [folder / f"{name}-{PINS[name]}" for name in names]


def together(name: str, folders: Sequence[pathlib.Path], into: pathlib.Path) -> Corpus:
    """Several folders as one, of hard links: a row may replace a file in it."""
    target = into / name
    shutil.rmtree(target, ignore_errors=True)
    for folder in folders:
        for path in _text(folder):
            link(path, target / folder.name / path.relative_to(folder))
    return measured(name, target)


def _text(folder: pathlib.Path) -> Iterator[pathlib.Path]:
    """The files of a source distribution, and what is text of an installed package."""
    installed = (folder / "__init__.py").exists()
    for path in sorted(folder.rglob("*")):
        binary = any(end in path.name for end in BINARY) or not path.suffix
        if path.is_file() and not path.is_symlink() and not (installed and binary):
            yield path


def link(path: pathlib.Path, target: pathlib.Path) -> None:
    """The file under another name, or a copy on another disk."""
    target.parent.mkdir(parents=True, exist_ok=True)
    try:
        target.hardlink_to(path)
    except OSError:
        shutil.copy2(path, target)


def torch() -> pathlib.Path:
    """The folder of the installed torch, which is not imported."""
    spec = importlib.util.find_spec("torch")
    if spec is None or spec.origin is None:
        raise SystemExit("the large corpus needs torch: install the extra `trace`")
    return pathlib.Path(spec.origin).parent


def sample(corpus: Corpus, count: int, into: pathlib.Path) -> Corpus:
    """So many Python files of all sizes: every n-th, where they are put in order of size."""
    return samples(corpus, count, 1, into)[0]


def samples(corpus: Corpus, count: int, parts: int, into: pathlib.Path) -> list[Corpus]:
    """As many such samples as there are parts, which share no file."""
    ordered = sorted(python(corpus.path), key=lambda p: (p.stat().st_size, p.as_posix()))
    taken = spread(ordered, count * parts)
    return [
        _linked(corpus, taken[part::parts], into / f"{corpus.name}-{count}-{part}")
        for part in range(parts)
    ]


def _linked(corpus: Corpus, files: Sequence[pathlib.Path], target: pathlib.Path) -> Corpus:
    """Some files of a corpus as one of their own."""
    shutil.rmtree(target, ignore_errors=True)
    for path in files:
        link(path, target / path.relative_to(corpus.path))
    return measured(target.name, target)


def spread(ordered: Sequence[pathlib.Path], count: int) -> list[pathlib.Path]:
    """So many of them at equal distances, each from the middle of its part."""
    count = min(count, len(ordered))
    return [ordered[(2 * place + 1) * len(ordered) // (2 * count)] for place in range(count)]


def typical(corpus: Corpus, lines: int = 500) -> pathlib.Path:
    """The file nearest in length among modules of packages that speak of `torch.cuda`."""

    def distance(path: pathlib.Path) -> tuple[int, str]:
        text = path.read_text(encoding="utf-8", errors="replace")
        name = path.relative_to(corpus.path).as_posix()
        apart = "test" in name or "vendor" in name  # not told, or not read
        module = path.with_name("__init__.py").exists() and not apart
        fits = module and "torch.cuda." in text and "import torch\n" in text
        return (abs(text.count("\n") - lines) if fits else 10**9, path.as_posix())

    return min(python(corpus.path), key=distance)
