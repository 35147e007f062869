"""A view -> the attentions in it, grouped by what they are."""

from __future__ import annotations

from collections.abc import Iterator
from typing import NamedTuple

from portlint.attention.features import Features
from portlint.graph.attention.instance import Instance, Reader
from portlint.graph.attention.library import called
from portlint.graph.attention.mixers import mixers
from portlint.graph.attention.names import FUSED, HIDING, SCALING, SOFTMAX, VIEWS
from portlint.graph.attention.trail import Trail, same
from portlint.graph.view import View
from portlint.record import Op, Place, Tensor


class Group(NamedTuple):
    """Attentions of one kind with the same features at one line, `number` of them.

    `begins` are queries, keys and values of the first one.
    """

    kind: str
    kinds: frozenset[str]
    features: Features
    number: int
    place: Place | None
    modules: tuple[str, ...]
    begins: tuple[Tensor, ...] = ()


def attentions(view: View) -> list[Group]:
    """The groups in the order their first attention runs."""
    groups: dict[object, list[Instance]] = {}
    for found in instances(view):
        place = found.op.place
        key = (found.kind, found.features, place and (place.path, place.line))
        groups.setdefault(key, []).append(found)
    return [
        Group(
            kind=items[0].kind,
            kinds=items[0].kinds,
            features=items[0].features,
            number=sum(item.op.times for item in items),
            place=items[0].op.place,
            modules=tuple(dict.fromkeys(item.op.module for item in items)),
            begins=items[0].begins,
        )
        for items in groups.values()
    ]


def instances(view: View) -> list[Instance]:
    """Every attention once, in order: several anchors that make one are merged."""
    trail = Trail(view)
    reader = Reader(trail)
    found = list(
        _merged(trail, [item for op in trail.ops if (item := _at(reader, op)) is not None])
    )
    found += mixers(reader, {item.op.module for item in found})
    return sorted(found, key=lambda item: trail.order[item.op.id])


def _at(reader: Reader, op: Op) -> Instance | None:
    name = reader.trail.base(op)
    if op.stub:
        found = called(op)
        return Instance(op, frozenset([found[0]]), found[1], op.inputs) if found else None
    if op.name == "higher_order.flex_attention":
        return reader.flexible(op)
    if name in FUSED:
        return reader.fused(op)
    if name in SOFTMAX and op.inputs:
        return reader.softmax(op)
    if name == "exp" and (total := _normaliser(reader.trail, op)):
        return reader.exponential(op, total)
    return None


def _normaliser(trail: Trail, op: Op) -> Op | None:
    """The sum of exponentials, masked or not, by which they are divided: a softmax by hand."""
    users = trail.users(op)
    users += [u for m in users if trail.base(m) in SCALING | HIDING for u in trail.users(m)]
    return next((u for u in users if trail.base(u) == "sum" and _axis(u)), None)


def _axis(op: Op) -> bool:
    dims = op.literals.get("dim")
    return isinstance(dims, list) and len(dims) == 1


def _merged(trail: Trail, found: list[Instance]) -> Iterator[Instance]:
    """Anchors of one module that do not wait for each other are parts of one attention."""
    last: Instance | None = None
    for item in found:
        if last is not None and item.op.module == last.op.module and not _after(trail, item, last):
            last = _united(trail, last, item)
            continue
        if last is not None:
            yield last
        last = item
    if last is not None:
        yield last


def _after(trail: Trail, item: Instance, other: Instance) -> bool:
    """Whether an attention uses what another one gave."""
    waiting = list(item.begins)
    seen: set[int] = set()
    for tensor in waiting:
        op = trail.maker(tensor)
        if op is None or op.id in seen or trail.before(op, other.op):
            continue
        if op.id == other.op.id:
            return True
        seen.add(op.id)
        waiting += op.inputs
    return False


def _united(trail: Trail, one: Instance, other: Instance) -> Instance:
    """Two parts as one: both kinds, and the features of the first."""
    kinds = one.kinds | other.kinds
    if _subtracted(trail, one.op, other.op):
        kinds |= {"differential"}
    elif len(one.begins) == len(other.begins) == 3:
        kinds |= _pieces(trail, one, other)
    return one._replace(kinds=kinds)


def _pieces(trail: Trail, one: Instance, other: Instance) -> set[str]:
    """Parts of one sequence of keys for the same queries, or sequences behind each other."""
    (query, key, _), (query_too, key_too, _) = one.begins, other.begins
    if same(key, key_too):
        return set()
    if same(query, query_too):
        module = [trail.base(op) for op in trail.ops if op.module == one.op.module]
        return {"split-kv"} if {"logsumexp", "maximum"} & set(module) else set()
    lengths = (one.features.key_length, other.features.key_length)
    apart = one.features.query_length == lengths[0] and lengths[0] != lengths[1]
    return (
        {"varlen"} if apart and one.features.query_length != other.features.query_length else set()
    )


def _subtracted(trail: Trail, one: Op, other: Op) -> bool:
    """Whether the results of two parts meet in a difference."""
    for op in (one, other):
        waiting, seen = [op], {op.id}
        for current in waiting:
            for user in trail.users(current):
                if trail.base(user) == "sub" and len(user.inputs) == 2:
                    ids = {made.id for t in user.inputs for made in trail.back(t, 12)}
                    if {one.id, other.id} <= ids:
                        return True
                if user.id not in seen and len(seen) < 8 and trail.base(user) in SCALING | VIEWS:
                    seen.add(user.id)
                    waiting.append(user)
    return False
