"""What was compared, op by op -> the part of a report that tells of the live torch-xla."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence

import msgspec

from portlint.graph.view import View
from portlint.oracle.compare import Compared, own
from portlint.record import Place
from portlint.report import Lowering, Oracle

WORST = ("error", "fallback", "unknown", "lowered")


def told(
    found: Sequence[Compared],
    view: View,
    versions: Mapping[str, str],
    shown: Callable[[Place], str],
) -> Oracle:
    """The program's own ops and its gradients', what fares worst first; `shown` writes places."""
    mine = [one for one in found if own(one.op, view)]
    return Oracle(
        versions=dict(versions),
        ops=tuple(_grouped(mine, shown)),
        forward=_counts(one.does for one in mine if not one.op.backward),
        backward=_counts(one.does for one in mine if one.op.backward),
        agreement=_counts(one.agreement for one in found),
    )


def _counts(words: Iterable[str]) -> dict[str, int]:
    counts: dict[str, int] = {}
    for word in words:
        counts[word] = counts.get(word, 0) + 1
    return dict(sorted(counts.items()))


def _grouped(found: Sequence[Compared], shown: Callable[[Place], str]) -> list[Lowering]:
    """One row for calls that fare alike, with all their HLO, at the first place that has them."""
    groups: dict[Lowering, list[Compared]] = {}
    for one in found:
        groups.setdefault(msgspec.structs.replace(lowering(one), hlo=()), []).append(one)
    rows = [
        msgspec.structs.replace(
            row,
            count=len(group),
            hlo=tuple(sorted({op for one in group for op in lowering(one).hlo})),
            where=next((shown(one.op.place) for one in group if one.op.place), None),
        )
        for row, group in groups.items()
    ]
    return sorted(rows, key=lambda row: (row.backward, WORST.index(row.does), -row.count, row.op))


def lowering(one: Compared) -> Lowering:
    """One call as a row of its own, without its place."""
    answer, judged = one.answer, one.compiler
    return Lowering(
        op=one.op.name,
        count=1,
        backward=one.op.backward,
        does=one.does,
        fallback=answer.fallback if answer else (),
        hlo=tuple(dict.fromkeys(row[0] for row in answer.hlo)) if answer else (),
        compiler=judged.word if judged else "",
        why=judged.why if judged else "",
        agreement=one.agreement,
        remark=one.remark,
        where=None,
    )
