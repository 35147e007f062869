"""Traced models and matrices of two reports -> what changed in them."""

from collections import Counter, defaultdict
from collections.abc import Iterator

from portlint.diff.saved import Saved, SavedModel, SavedOption
from portlint.diff.values import Fare, ModelChange, OptionChange, Verdicts

Key = tuple[str, str | None]


def models(old: Saved, new: Saved) -> Iterator[ModelChange]:
    """Models of one report only, then those of both in which something changed."""
    before, after = ({m.name: m for m in report.models} for report in (old, new))
    for name in sorted(before.keys() | after.keys()):
        change = _model(name, before.get(name), after.get(name))
        told = (change.coverage, change.attention, change.breaks_new, change.breaks_gone)
        if change.state != "changed" or any(told):
            yield change


def _model(name: str, old: SavedModel | None, new: SavedModel | None) -> ModelChange:
    lost = _breaks(old) - _breaks(new)
    come = _breaks(new) - _breaks(old)
    return ModelChange(
        name=name,
        state="new" if old is None else "gone" if new is None else "changed",
        coverage=_coverage(old, new),
        attention=tuple(_attention(old, new)),
        breaks_new=tuple(come.elements()),
        breaks_gone=tuple(lost.elements()),
    )


def _coverage(old: SavedModel | None, new: SavedModel | None) -> dict[str, tuple[int, int]]:
    """Verdicts of which there are more or fewer operators; nothing where one was not counted."""
    if old is None or new is None or old.coverage is None or new.coverage is None:
        return {}
    names = dict.fromkeys([*old.coverage, *new.coverage])
    pairs = {name: (old.coverage.get(name, 0), new.coverage.get(name, 0)) for name in names}
    return {name: pair for name, pair in pairs.items() if pair[0] != pair[1]}


def _attention(old: SavedModel | None, new: SavedModel | None) -> Iterator[Verdicts]:
    if old is None or new is None:
        return
    before, after = _verdicts(old), _verdicts(new)
    for key in sorted(before.keys() | after.keys(), key=lambda key: (key[0], key[1] or "")):
        was, now = before.get(key, ()), after.get(key, ())
        if was != now:
            yield Verdicts(kind=key[0], path=key[1], old=was, new=now)


def _verdicts(model: SavedModel) -> dict[Key, tuple[str, ...]]:
    found: dict[Key, set[str]] = defaultdict(set)
    for row in model.attention:
        found[row.kind, row.path].add(row.verdict)
    return {key: tuple(sorted(verdicts)) for key, verdicts in found.items()}


def _breaks(model: SavedModel | None) -> Counter[str]:
    """The breaks of a graph, wherever they have moved to."""
    return Counter(found.reason for found in model.breaks) if model else Counter()


def options(old: Saved, new: Saved) -> Iterator[OptionChange]:
    """Rows that changed, in the order of the new report; nothing unless both have a matrix."""
    if not old.matrix or not new.matrix:
        return
    before, after = _rows(old), _rows(new)
    for key in dict.fromkeys([*after, *before]):
        was, now = before.get(key), after.get(key)
        if was != now:
            chip, stack, workload = key
            yield OptionChange(chip=chip, stack=stack, workload=workload, old=was, new=now)


def _rows(report: Saved) -> dict[tuple[str, str, str], Fare]:
    return {(row.chip, row.stack, row.workload): _fare(row) for row in report.matrix}


def _fare(row: SavedOption) -> Fare:
    return Fare(difficulty=row.difficulty, score=row.score, hours=row.hours)
