"""Paths -> the configuration file that holds for them, and what it says."""

from __future__ import annotations

import os
import pathlib
from collections.abc import Callable, Mapping, Sequence
from typing import Any, NamedTuple

from portlint.contents import contents
from portlint.errors import Unreadable, UsageError
from portlint.toml import document


class Source(NamedTuple):
    """Where the keys came from: the file (None: nowhere), its table, and what was wrong with it."""

    file: pathlib.Path | None
    table: Mapping[str, Any]
    remarks: tuple[tuple[str, str], ...] = ()

    def beside(self, named: str | None) -> str | None:
        """A path of the configuration, which starts at its file, as an absolute one."""
        if named is None:
            return None
        base = self.file.parent if self.file else pathlib.Path()
        return str((base / pathlib.Path(named).expanduser()).absolute())


def find(paths: Sequence[pathlib.Path]) -> Source:
    """The nearest portlint.toml, or pyproject.toml with [tool.portlint], from the first path up.

    A pyproject.toml that is not TOML is data like any other file: it counts as no configuration.
    """
    start = paths[0].absolute() if paths else pathlib.Path.cwd()
    for folder in [start, *start.parents] if os.path.isdir(start) else start.parents:
        own = folder / "portlint.toml"
        if os.path.isfile(own):
            return explicit(own, contents)
        project = folder / "pyproject.toml"
        if os.path.isfile(project):
            try:
                data = document(contents(project))
            except (OSError, Unreadable) as error:
                return Source(None, {}, ((str(project), str(error)),))
            tool = data.get("tool")
            if isinstance(tool, dict) and "portlint" in tool:
                return Source(project, _tool_table(project, data))
    return Source(None, {})


def explicit(file: pathlib.Path, read: Callable[[pathlib.Path], bytes]) -> Source:
    """What a file says; one that a flag names may be a pipe, and is read as it is."""
    try:
        data: Mapping[str, Any] = document(read(file))
    except OSError as error:
        raise UsageError(f"{file}: cannot be read: {error.strerror}") from error
    except Unreadable as error:
        raise UsageError(f"{file}: {error}") from error
    if file.name == "pyproject.toml":
        data = _tool_table(file, data)
    return Source(file.absolute(), data)


def _tool_table(file: pathlib.Path, data: Mapping[str, Any]) -> Mapping[str, Any]:
    """[tool.portlint] of a pyproject.toml; empty where there is none."""
    tool = data.get("tool")
    table = tool.get("portlint", {}) if isinstance(tool, dict) else {}
    if not isinstance(table, dict):
        raise UsageError(f"{file}: key 'tool.portlint' must be a table")
    return table
