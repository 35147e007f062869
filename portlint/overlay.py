"""A folder of newer rows -> what wins over the shipped tables, and the catalogue with it."""

import hashlib
import pathlib
import re

from packaging.version import Version

from portlint.catalog import Catalog
from portlint.contents import contents
from portlint.errors import Unreadable, UsageError
from portlint.model import Frozen
from portlint.row import Row, read

FOLDER = "portlint-knowledge"
"""Where `portlint knowledge import` writes, unless it is told another place."""
LARGEST = 64_000_000
"""Bytes of a table."""


class Overlay(Frozen, frozen=True, kw_only=True):
    """The rows of a folder, in the columns of a table of knowledge, and their digest."""

    folder: str = ""
    digest: str = ""
    rows: tuple[Row, ...] = ()

    @property
    def releases(self) -> list[str]:
        """The SDK releases that rows begin with, newest first: they can be judged for."""
        named = {m for row in self.rows for m in re.findall(r"[>=]=\s*(\d+\.\d+)", row.sdk)}
        return sorted(named, key=Version, reverse=True)


def load(folder: pathlib.Path) -> Overlay:
    """Read every CSV of the folder; UsageError names file, line and column of a fault."""
    files = sorted(folder.glob("*.csv"))
    if not files:
        missing = "holds no .csv" if folder.is_dir() else "there is no such folder"
        raise UsageError(f"{folder}: {missing}: write one with `portlint knowledge import FILE`")
    digest = hashlib.sha256()
    rows: list[Row] = []
    for file in files:
        try:
            digest.update(file.name.encode() + b"\0" + contents(file, LARGEST))
            rows.extend(read(file))
        except (OSError, UnicodeDecodeError) as error:
            raise UsageError(f"{file}: cannot be read: {error}") from error
        except Unreadable as error:
            raise UsageError(f"{file}: {error}") from error
    return Overlay(folder=str(folder), digest=digest.hexdigest()[:16], rows=tuple(rows))


def over(catalog: Catalog, overlay: Overlay) -> Catalog:
    """The catalogue in which the overlay wins; its digest tells so."""
    if not overlay.rows:
        return catalog
    both = hashlib.sha256(f"{catalog.digest} {overlay.digest}".encode()).hexdigest()[:16]
    return catalog._replace(newer=overlay.rows, digest=both)
