"""The nodes of a walked program -> a summary, and where operators alone got other answers."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence

from portlint.model import Frozen
from portlint.oracle.compare import Compared
from portlint.oracle.protocol import Answer, Node
from portlint.record import Place
from portlint.render.words import plural, visible


class Whole(Frozen, frozen=True, kw_only=True):
    """A node of the program; `differs` says that its operator, asked alone, got another answer."""

    node: str
    op: str
    path: str | None
    line: int | None
    answer: Answer
    differs: bool


def whole(
    nodes: Iterable[Node], found: Sequence[Compared], shown: Callable[[Place], str]
) -> Iterator[Whole]:
    """Each node beside what was said of its operator on its line."""
    said: dict[tuple[str, str, int], set[object]] = {}
    for one in found:
        if one.answer and one.op.place:
            at = (one.op.name, one.op.place.path, one.op.place.line)
            said.setdefault(at, set()).add(_word(one.answer))
    for node in nodes:
        place = Place(path=node.place[0], line=node.place[1]) if node.place else None
        alone = said.get((node.op, *node.place)) if node.place else None
        yield Whole(
            node=node.node,
            op=node.op,
            path=shown(place) if place else None,
            line=place.line if place else None,
            answer=node.answer,
            differs=alone is not None and _word(node.answer) not in alone,
        )


def _word(answer: Answer) -> object:
    return answer.status, answer.fallback


def lines(found: Sequence[Whole]) -> Iterator[str]:
    """The program in a line, and each line of it that has more to say."""
    counts = Counter(one.answer.status for one in found)
    sums = ", ".join(f"{count} {status}" for status, count in counts.most_common())
    yield f"  as one program: {plural(len(found), 'node')}: {sums or 'none'}"
    told: Mapping[str, int] = Counter(
        _line(one) for one in found if one.differs or one.answer.status != "lowered"
    )
    for line, count in told.items():
        yield f"    {line}{f' x{count}' if count > 1 else ''}"


def _line(one: Whole) -> str:
    words = ", ".join(one.answer.fallback) or one.answer.error
    differs = " (asked alone it got another answer)" if one.differs else ""
    place = f"{one.path}:{one.line}: " if one.path else ""
    return visible(f"{place}{one.op}: {one.answer.status}{f': {words}' * bool(words)}{differs}")
