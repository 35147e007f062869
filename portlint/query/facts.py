"""Rows of knowledge -> the rows of a name, however it is spelled."""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from typing import NamedTuple

from portlint.row import Row


class Facts(NamedTuple):
    """Rows by name: as it is written, and by its letters and digits alone."""

    exact: dict[str, list[Row]]
    loose: dict[str, list[Row]]

    def find(self, names: Iterable[str]) -> list[Row]:
        """The rows of the first name that has any; an exact spelling comes before a loose one."""
        tried = list(names)
        for name in tried:
            if found := self.exact.get(key(name)):
                return found
        for name in tried:
            if found := self.loose.get(letters(name)):
                return found
        return []


def arrange(rows: Iterable[Row]) -> Facts:
    """Look-up tables over all rows; an operator is found without its overload too."""
    exact: dict[str, list[Row]] = {}
    loose: dict[str, list[Row]] = {}
    for row in rows:
        for name in dict.fromkeys(spellings(row)):
            exact.setdefault(key(name), []).append(row)
            if row.kind != "op":
                loose.setdefault(letters(name), []).append(row)
    return Facts(exact, loose)


def spellings(row: Row) -> Sequence[str]:
    """The names of a row; writing into a given tensor is not what an operator is asked about."""
    if row.kind != "op":
        return (row.name, *row.aliases)
    base, _, overload = row.name.rpartition(".")
    written = overload == "out" or overload.endswith("_out")
    whole = (row.name, *row.aliases)
    return whole if written or base.count(".") != 1 else (*whole, base)


def key(name: str) -> str:
    """`aten::add` -> `aten.add`, `flash-attn` -> `flash_attn`; case and quotes do not count."""
    return name.strip().lower().replace("::", ".").replace("-", "_").replace("'", '"')


def letters(name: str) -> str:
    """`Neighbourhood attention` -> `neighborhoodattention`."""
    return re.sub(r"[^a-z0-9]", "", name.lower().replace("our", "or"))
