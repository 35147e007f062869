"""The file that says that a folder is portlint's own, and what in it was seen to work."""

from __future__ import annotations

import pathlib

import msgspec

from portlint.model import Frozen

NAME = "portlint-oracle.json"


class Mark(Frozen, frozen=True, kw_only=True):
    """`versions` of python, torch and torch_xla once they lowered an operator; else empty."""

    made_by: str = "portlint"
    versions: dict[str, str] = msgspec.field(default_factory=dict)


def read(folder: pathlib.Path) -> Mark | None:
    """The mark of a folder; None for one that is not portlint's, or whose mark is broken."""
    try:
        return msgspec.json.decode((folder / NAME).read_bytes(), type=Mark)
    except (OSError, msgspec.MsgspecError):
        return None


def write(folder: pathlib.Path, mark: Mark) -> None:
    """Replace the mark at once: a reader sees the old one or the new one."""
    new = folder / f"{NAME}.new"
    new.write_bytes(msgspec.json.encode(mark))
    new.replace(folder / NAME)


def ready(folder: pathlib.Path) -> bool:
    """Whether an install in this folder was completed."""
    mark = read(folder)
    return mark is not None and bool(mark.versions)
