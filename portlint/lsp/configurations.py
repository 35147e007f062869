"""Where a document stands and its editor's settings -> the configuration that holds, kept."""

from __future__ import annotations

import pathlib
from typing import NamedTuple

import msgspec

from portlint import catalog, config
from portlint.config import Config
from portlint.lsp.settings import Settings
from portlint.lsp.wire import Place
from portlint.model import Target

CONFIGURATIONS = ("portlint.toml", "pyproject.toml")
Stamp = tuple[str, int, int]


class Configured(NamedTuple):
    """A configuration, what is remarked about it, and the file of its baseline as it was."""

    config: Config
    remark: str | None
    baseline: Stamp | None


class Configurations:
    """The configurations that were read, as long as their files stay as they are."""

    def __init__(self) -> None:
        self.known: dict[object, Configured] = {}

    def forget(self) -> None:
        """Read all of them again."""
        self.known.clear()

    def of(self, place: Place, settings: Settings, target: Target | None) -> Configured:
        """The configuration that holds for a place: searched upward from it, as files change."""
        start = pathlib.Path(place.path) if place.path else pathlib.Path(place.root)
        own = pathlib.Path(place.root, settings.config) if settings.config else None
        above = start.parent if place.path else start
        key = (above, place.root, settings, target, _stamps(start), own and _stamp(own))
        known = self.known.get(key)
        if known is not None and known.baseline == _baseline(known.config):
            return known
        flags = settings.flags
        if target is not None:
            flags |= msgspec.structs.asdict(target)
        if settings.knowledge:
            flags["knowledge"] = str(pathlib.Path(place.root, settings.knowledge))
        chosen, remark = config.read((start,), flags, own, catalog.shipped().rules)
        self.known[key] = Configured(chosen, remark, _baseline(chosen))
        return self.known[key]


def _baseline(chosen: Config) -> Stamp | None:
    return _stamp(chosen.baseline.file) if chosen.baseline is not None else None


def _stamps(start: pathlib.Path) -> tuple[Stamp, ...]:
    """The configuration files above a place, as they are now."""
    folders = (start, *start.parents)
    stamps = (_stamp(folder / name) for folder in folders for name in CONFIGURATIONS)
    return tuple(stamp for stamp in stamps if stamp[1])


def _stamp(file: pathlib.Path) -> Stamp:
    """What changes when a file does; zeros where it is not there."""
    try:
        stat = file.stat()
    except OSError:
        return str(file), 0, 0
    return str(file), stat.st_mtime_ns, stat.st_size
