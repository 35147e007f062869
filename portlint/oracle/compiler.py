"""The HLO and the dtypes of a lowered op -> what the compiler tables say of them, in one word."""

from __future__ import annotations

import functools
import re
from collections.abc import Iterable, Iterator
from typing import Literal, NamedTuple

from portlint.applies import applies
from portlint.catalog import rules_folder
from portlint.graph.floats import narrowed
from portlint.graph.limits import limited
from portlint.graph.view import View
from portlint.model import Target
from portlint.oracle.protocol import Answer
from portlint.record import Op
from portlint.row import Row, read

Word = Literal["supported", "restricted", "unsupported", "unknown"]
COMPLEX_HLO = ("c64", "c128")


class Compiled(NamedTuple):
    """The compiler's word, why it is none better, and the limits of what it takes."""

    word: Word
    why: str
    limits: tuple[str, ...]


def compiled(op: Op, answer: Answer, view: View, target: Target) -> Compiled:
    """What the tables say of every HLO operation and dtype of an op that torch-xla lowered."""
    rows = dict(_hlo(answer, target))
    limits = tuple(
        f"{name}: {row.restriction}" for name, row in rows.items() if row and _limits(row)
    )
    kinds = _dtypes(op, answer)
    refused = [k for k in kinds if (row := _table("dtypes", target).get(k)) and _refuses(row)]
    refused += [name for name, row in rows.items() if row and _refuses(row)]
    if refused:
        return Compiled("unsupported", f"the compiler does not take {', '.join(refused)}", limits)
    known = view.known(op)
    if limited(op, view, known.family):
        return Compiled("restricted", "these arguments are beyond a limit", limits)
    if few := [kind for kind in kinds if narrowed(kind)]:
        what = "becomes float32" if few == ["float64"] else "is taken by few operations"
        return Compiled("restricted", f"{', '.join(few)} {what}", limits)
    if known.documented == "yes":
        return Compiled("supported", "", limits)
    missing = [name for name, row in rows.items() if row is None or row.status == "unknown"]
    if missing:
        return Compiled("unknown", f"no public word on {', '.join(missing)}", limits)
    return Compiled("supported", "", limits)


def _hlo(answer: Answer, target: Target) -> Iterator[tuple[str, Row | None]]:
    """Each operation once, with its row; a custom call goes by its target."""
    table = _table("hlo", target)
    for name, *kinds in answer.hlo:
        if name == "custom-call":
            continue
        special = " (complex64)" if set(kinds) & set(COMPLEX_HLO) else ""
        yield name, table.get(key(name + special)) or table.get(key(name))
    for name in answer.custom_calls:
        yield name, table.get(key(name))


def key(name: str) -> str:
    """Equal for "hlo.ReduceWindow", "reduce-window" and "reduce_window"."""
    return re.sub(r"[-_.]", "", name.removeprefix("hlo.").removeprefix("CustomCall:")).lower()


@functools.lru_cache(maxsize=16)
def _table(name: str, target: Target) -> dict[str, Row]:
    """The rows of a table that speak of the target, by name and by alias."""
    found: dict[str, Row] = {}
    for row in read(rules_folder() / "tables" / f"{name}.csv"):
        if applies(row, target):
            for given in (row.name, *row.aliases):
                found.setdefault(given if name == "dtypes" else key(given), row)
    return found


def _dtypes(op: Op, answer: Answer) -> tuple[str, ...]:
    """The dtypes of the program: HLO on a CPU keeps float64 constants that Neuron narrows."""
    kinds: Iterable[str] = (t.dtype for t in (*op.inputs, *op.outputs))
    return tuple(dict.fromkeys((*kinds, *(dtype for _, dtype in answer.outputs))))


def _refuses(row: Row) -> bool:
    return row.status in ("unsupported", "ended")


def _limits(row: Row) -> bool:
    return row.status in ("restricted", "differs")
