"""All results -> what they say of each other's places: uses, backends, lists of packages."""

from __future__ import annotations

import functools
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from pathlib import PurePosixPath
from typing import NamedTuple

from portlint.backends import backends, based, foreign
from portlint.context import path_context
from portlint.model import Frozen, Related
from portlint.reading import FileResult
from portlint.source.modules import module_name


class Use(NamedTuple):
    """A place that uses what another file imports or decides, and whether it has to change too.

    A library's function that is replaced has to be called otherwise; a device is decided once.
    """

    place: Related
    changes: bool


class Around(Frozen, frozen=True, kw_only=True):
    """What all files together say of each.

    `uses` are the places that use what a line of a file brings or decides, `others` the files
    beside one that are for another device, `bases` the folders with a base list of requirements;
    `cuda` says whether some source is written for CUDA.
    """

    uses: dict[str, dict[int, list[Use]]]
    others: dict[str, str]
    bases: set[str]
    cuda: bool


def around(results: Sequence[FileResult]) -> Around:
    """What these files say of each other."""
    others, bases = _neighbours(tuple(result.path for result in results))
    cuda = _has_cuda(results)
    return Around(uses=_uses(results), others=dict(others), bases=set(bases), cuda=cuda)


@functools.lru_cache(maxsize=2)
def _neighbours(paths: tuple[str, ...]) -> tuple[Mapping[str, str], Collection[str]]:
    """What the files beside a file say of it; asked for every target of a matrix."""
    return backends(paths), based(paths)


def _has_cuda(results: Iterable[FileResult]) -> bool:
    """Whether some source is written for CUDA, so that those for AMD are its counterparts."""
    return any(
        PurePosixPath(result.path).suffix in (".cu", ".cuh")
        and any(s.guard is None and s.layer == "infra" for s in result.sightings)
        for result in results
        if result.sightings and path_context(result.path) == "live" and foreign(result.path) is None
    )


def _uses(results: Iterable[FileResult]) -> dict[str, dict[int, list[Use]]]:
    """Where a device decided, or a library's name imported, in one file is used in others."""
    results = list(results)
    homes: dict[tuple[str, str], tuple[str, int, bool]] = {}
    for result in results:
        for name, export in result.exports.items():
            if export.line:
                changes = export.kind == "symbol"
                homes[_home(result.path), name] = (result.path, export.line, changes)
    passed = {(_home(path), name): module for path, _, module, name in _all_uses(results)}
    uses: dict[str, dict[int, list[Use]]] = {}
    for path, line, module, name in _all_uses(results):
        home = homes.get((_origin(module, name, passed), name))
        if home is not None:
            place = Related(path=path, line=line, message=f"uses `{name}` from here")
            uses.setdefault(home[0], {}).setdefault(home[1], []).append(Use(place, home[2]))
    return uses


def _origin(module: str, name: str, passed: Mapping[tuple[str, str], str]) -> str:
    """The module a name comes from, through modules that pass it on under the same name."""
    seen: set[str] = set()
    while module not in seen and (module, name) in passed:
        seen.add(module)
        module = passed[module, name]
    return module


def _all_uses(results: Iterable[FileResult]) -> Iterator[tuple[str, int, str, str]]:
    for result in results:
        for use in dict.fromkeys(result.uses):
            yield result.path, use.line, use.module, use.name


def _home(path: str) -> str:
    return module_name(path)[0]
