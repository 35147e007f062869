"""Channels in each axis before an op that moves, cuts or joins axes -> those behind it."""

from __future__ import annotations

import math
from collections.abc import Sequence

from portlint.record import Op

Factors = tuple[int, ...]
"""For each axis the number of channels in it: 1 where it only counts rows, batches or tokens."""
Shape = Sequence[int | str]


def whole(size: int | str) -> int:
    """A size as a number; a symbol counts as one."""
    return size if isinstance(size, int) else 1


def through(name: str, op: Op, own: Factors, before: Shape, after: Shape) -> Factors:
    """The factors behind an op that moves axes, cuts them, or leaves them where they are."""
    literals = op.literals
    if name in ("transpose", "swapaxes", "swapdims"):
        order = list(range(len(own)))
        one, other = (
            literals.get("dim0", literals.get("axis0", 0)),
            literals.get("dim1", literals.get("axis1", 1)),
        )
        order[one], order[other] = order[other], order[one]
        return tuple(own[i] for i in order)
    if name in ("t", "numpy_T", "mT", "adjoint"):
        return (*own[:-2], *own[-2:][::-1]) if name != "numpy_T" else own[::-1]
    if name == "permute":
        return tuple(own[int(i)] for i in literals.get("dims", ()))
    if name in ("movedim", "moveaxis"):
        return _moved(literals, own)
    if name == "unsqueeze":
        at = int(literals.get("dim", 0)) % (len(own) + 1)
        return (*own[:at], 1, *own[at:])
    if name == "select" or name == "unbind":
        at = int(literals.get("dim", 0)) % max(1, len(own))
        return (*own[:at], *own[at + 1 :])
    if name == "stack":
        at = int(literals.get("dim", 0)) % (len(own) + 1)
        return (*own[:at], whole(after[at]), *own[at:])
    if len(before) == len(after) and name not in ("view", "reshape", "flatten"):
        return tuple(_cut(f, b, a) for f, b, a in zip(own, before, after, strict=True))
    return reshaped(own, before, after)


def _moved(literals: dict[str, object], own: Factors) -> Factors:
    source, target = literals.get("source"), literals.get("destination")
    if not isinstance(source, list) or not isinstance(target, list):
        return own
    rank = len(own)
    places = {int(t) % rank: int(s) % rank for s, t in zip(source, target, strict=True)}
    rest = iter(i for i in range(rank) if i not in places.values())
    return tuple(own[places[i]] if i in places else own[next(rest)] for i in range(rank))


def _cut(factor: int, before: int | str, after: int | str) -> int:
    """An axis that keeps its place: a part of it has a part of its channels."""
    if not isinstance(before, int) or not isinstance(after, int) or after >= before:
        return factor  # what is repeated has no more channels than before
    return after if factor == before else min(factor, after)


def reshaped(own: Factors, before: Shape, after: Shape) -> Factors:
    """Factors behind a reshape: axes that are split or merged share or multiply them."""
    if not all(isinstance(s, int) for s in (*before, *after)):
        return _symbolic(own, before, after)
    result: list[int] = []
    i = j = 0
    while i < len(before) or j < len(after):
        left, right = [i], [j]
        m = before[i] if i < len(before) else 1
        n = after[j] if j < len(after) else 1
        i, j = i + 1, j + 1
        while m != n:
            if m < n and i < len(before):  # type: ignore[operator]
                m *= before[i]  # type: ignore[operator]
                left.append(i)
                i += 1
            elif j < len(after):
                n *= after[j]  # type: ignore[operator]
                right.append(j)
                j += 1
            else:
                break
        channels = math.prod(own[k] for k in left if k < len(own))
        sizes = [whole(after[k]) for k in right if k < len(after)]
        result += _shared(channels, sizes)
    return tuple(result[: len(after)]) + (1,) * (len(after) - len(result))


def _shared(channels: int, sizes: list[int]) -> list[int]:
    """Channels given to axes from the right, as a reshape lays them out."""
    found = []
    for size in reversed(sizes):
        part = math.gcd(channels, size) if channels % size else size
        part = part if channels > 1 else 1
        found.append(part)
        channels //= part
    if channels > 1 and found:
        found[-1] = found[-1] * channels if len(found) == 1 else found[-1]
    return found[::-1]


def _symbolic(own: Factors, before: Shape, after: Shape) -> Factors:
    """With symbols among the sizes: equal axes from both ends keep theirs, the rest is shared."""
    head = 0
    while head < min(len(before), len(after)) and before[head] == after[head]:
        head += 1
    tail = 0
    limit = min(len(before), len(after)) - head
    while tail < limit and before[-1 - tail] == after[-1 - tail]:
        tail += 1
    middle = own[head : len(own) - tail]
    sizes = [whole(s) for s in after[head : len(after) - tail]]
    end = own[len(own) - tail :] if tail else ()
    return (*own[:head], *_shared(math.prod(middle), sizes), *end)
