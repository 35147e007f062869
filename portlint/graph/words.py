"""Rows of an overlay and a target -> the word on an operator that wins over the shipped tables."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from typing import NamedTuple

from portlint.applies import applies
from portlint.graph.tables import NOTHING, Known, known
from portlint.model import Evidence, Target
from portlint.record import Op
from portlint.row import Row

DTYPES = re.compile(r"dtypes: ([\w, ]+)")
"""How the restriction of a row names the dtypes it speaks of."""
KEPT = frozenset(["data-dependent"])
"""Families whose limits a kernel does not lift: sizes still depend on values."""
BY_DTYPE = frozenset(
    "int-dot int-scatter index-put bool-mask topk int64-pow shift conv split".split()
)
"""Families that a word without dtypes leaves as they are."""


SETTLED = frozenset(
    "supported likely restricted differs slow recompiles falls-back unsupported".split()
)
"""What settles how an operator fares; the other words (announced, experimental) leave it open."""


class Word(NamedTuple):
    """What an overlay says of an operator; without dtypes it speaks of all."""

    status: str
    dtypes: frozenset[str]
    restriction: str
    evidence: tuple[Evidence, ...]


Words = Mapping[str, tuple[Word, ...]]
"""By name, with its overload or without: "aten.add.Tensor", "aten.add"."""


def words(rows: Iterable[Row], target: Target) -> Words:
    """The rows that speak of operators on this target; the last check of a name comes first."""
    found: dict[str, tuple[Word, ...]] = {}
    for row in sorted(rows, key=lambda row: row.checked):
        if row.kind == "op" and row.status in SETTLED and applies(row, target):
            found[row.name] = (_word(row), *found.get(row.name, ()))
    return found


def _word(row: Row) -> Word:
    named = DTYPES.search(row.restriction)
    return Word(
        status=row.status,
        dtypes=frozenset(re.findall(r"\w+", named[1])) if named else frozenset(),
        restriction=row.restriction,
        evidence=(Evidence(url=row.evidence, sdk=row.sdk or None, checked=row.checked),)
        if row.evidence.startswith("https://")
        else (),
    )


def word(op: Op, name: str, listed: Words) -> Word | None:
    """The word on an op under this name: that on its overload before that on the operator."""
    dtype = op.inputs[0].dtype if op.inputs else ""
    for key in (name, name.rpartition(".")[0]):
        for item in listed.get(key, ()):
            if not item.dtypes or dtype in item.dtypes:
                return item
    return None


def known_now(op: Op, name: str, listed: Words) -> Known:
    """What is known of an op: the shipped row, without what a newer word has settled."""
    row = known(name)
    said = word(op, name, listed) if listed else None
    if said is None:
        return row
    kept = row.family in KEPT or (row.family in BY_DTYPE and not said.dtypes)
    return NOTHING._replace(
        op=name.removeprefix("aten."),
        xla="lowered",
        documented="yes",
        family=row.family if kept else "",
        native="supported",
        backward=row.backward,
        core=row.core,
        kernel=row.kernel,
    )
