"""Files with what they import -> the turns in which they are read: what a file imports comes first.

Each turn says how many turns have to be done before it. What those files export it sees, and no
more, so that what is found does not depend on how many processes there are.
"""

from __future__ import annotations

import os
from collections.abc import Mapping, Sequence
from typing import NamedTuple

from portlint.discover import File
from portlint.source.glance import Glance
from portlint.source.modules import module_name
from portlint.source.order import Imported, before, levels


class Turn(NamedTuple):
    """A file that is to be read; no limit: it sees all that is known."""

    file: File
    size: int = 0
    glance: Glance | None = None
    limit: int | None = None


def turns(files: Sequence[File], glances: Mapping[str, Glance], roots: Sequence[str]) -> list[Turn]:
    """A turn for each file; of modules that import each other in a circle one has to be first.

    Files without a glance are imported by nobody. Notebooks among them see all modules.
    """
    names = {file.name: module_name(file.name) for file in files if file.name in glances}
    graph: dict[str, list[str]] = {}
    imported = Imported({module for module, _ in names.values()}, roots)
    for name, (module, package) in sorted(names.items()):
        graph.setdefault(module, []).extend(imported(module, package, glances[name].outer))
    needed = before(graph)
    level = levels(needed)
    sizes = {file.name: size_of(file) for file in files}

    def place(file: File) -> tuple[bool, int, int, str]:
        """By levels; in each the largest first, so that no process is waited for at its end."""
        module = names.get(file.name, ("", False))[0]
        return (file.name not in names, level.get(module, 0), -sizes[file.name], file.name)

    listed = sorted(files, key=place)
    done = {names[file.name][0]: at + 1 for at, file in enumerate(listed[: len(names)])}

    def limit(file: File) -> int:
        if file.name not in names:
            return len(names) if file.kind == "notebook" else 0
        return max((done[module] for module in needed[names[file.name][0]]), default=0)

    return [Turn(f, sizes[f.name], glances.get(f.name), limit(f)) for f in listed]


def size_of(file: File) -> int:
    """The bytes of a file, none of one that cannot be asked."""
    try:
        return os.stat(file.where).st_size  # noqa: PTH116 - a path costs more than the question
    except OSError:
        return 0
