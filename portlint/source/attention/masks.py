"""Masks -> which keys a query sees: bounds on the distance, chunks, packing, and their source."""

from __future__ import annotations

import math
from typing import NamedTuple

from portlint.attention.features import Source
from portlint.source.attention.lines import UNSEEN, line
from portlint.source.attention.terms import LAYOUT, Term, below, has, known, number, once

FAR = -1000.0
"""A number below this in a mask stands for minus infinity."""


class Seen(NamedTuple):
    """The keys that a query sees: distances `query - key` from `low` to `high`, and other forms.

    `forms` holds words for what is no band: packed, prefix, padding, chunk, tree, dense, sparse.
    """

    low: float = -math.inf
    high: float = math.inf
    chunk: int | None = None
    forms: frozenset[str] = frozenset()
    computed: bool = False
    source: Source | None = None

    def join(self, other: Seen) -> Seen:
        """What both let through."""
        return Seen(
            _tighter(self.low, other.low, max),
            _tighter(self.high, other.high, min),
            self.chunk or other.chunk,
            self.forms | other.forms,
            self.computed or other.computed,
            _source(self.source, other.source),
        )

    def either(self, other: Seen) -> Seen:
        """What one of both lets through: a band and a prefix, a window and global keys."""
        forms = self.forms | other.forms
        banded = [seen for seen in (self, other) if seen.banded]
        kept = banded[0] if banded else self
        if len(banded) == 2 and not (forms & {"column", "row"}):
            forms |= {"union"}
        return kept._replace(
            forms=forms, computed=True, source=_source(self.source, other.source),
            chunk=self.chunk or other.chunk,
        )  # fmt: skip

    @property
    def banded(self) -> bool:
        """Whether distances decide."""
        return self.low != -math.inf or self.high != math.inf

    def inverted(self) -> Seen:
        """What it does not let through."""
        if self.low != -math.inf and self.high == math.inf:
            return self._replace(low=-math.inf, high=self.low - 1)
        if self.high != math.inf and self.low == -math.inf:
            return self._replace(high=math.inf, low=self.high + 1)
        if "outside" in self.forms:
            return self._replace(forms=self.forms - {"outside"})
        return self


ALL = Seen()


def _tighter(left: float, right: float, function: object) -> float:
    if math.isinf(left):
        return right
    if math.isinf(right):
        return left
    if math.isnan(left) or math.isnan(right):
        return UNSEEN
    return max(left, right) if function is max else min(left, right)


RANK: tuple[Source, ...] = ("computed", "buffer", "padding", "input", "data")


def _source(left: Source | None, right: Source | None) -> Source | None:
    found = [item for item in (left, right) if item is not None]
    return max(found, key=RANK.index) if found else None


@once
def seen(term: Term, depth: int = 0) -> Seen:
    """The keys that a mask of truths lets through (true: seen)."""
    if depth > 40:
        return ALL
    op, args = term.op, term.args
    if op in ("tril", "triu") and args:
        return _triangle(term)
    if op in ("and", "mul") and args:
        found = [seen(arg, depth + 1) for arg in args]
        return _all(found)
    if op in ("or", "add", "maximum") and len(args) > 1:
        return seen(args[0], depth + 1).either(seen(args[1], depth + 1))
    if op == "invert" and args:
        return unseen(args[0], depth + 1)
    if op == "sub" and number(args[0]) == 1:
        return unseen(args[1], depth + 1)
    if op in ("eq", "ne", "lt", "le", "gt", "ge") and len(args) > 1:
        return _compared(term, depth)
    if op == "phi":
        found = [seen(arg, depth + 1) for arg in args]
        return max(found, key=lambda item: (item.banded, item.computed))
    if op == "setitem" and len(args) > 2:
        return _written(term, depth)
    if op in ("where", "masked_fill") and len(args) > 1:
        return added(term, depth + 1)
    return _leaf(term, depth)


@once
def unseen(term: Term, depth: int = 0) -> Seen:
    """The keys that a mask of truths lets through where they mean: hidden."""
    if depth > 40:
        return ALL
    op, args = term.op, term.args
    if op in ("or", "add", "maximum") and len(args) > 1:
        return unseen(args[0], depth + 1).join(unseen(args[1], depth + 1))
    if op in ("and", "mul") and len(args) > 1:
        return unseen(args[0], depth + 1).either(unseen(args[1], depth + 1))
    if op == "invert" and args:
        return seen(args[0], depth + 1)
    if (op in LAYOUT or op == "any") and op not in ("setitem", "buffer") and args:
        inner = unseen(args[0], depth + 1)
        return _padding(term, inner)
    return seen(term, depth).inverted()


def _padding(term: Term, inner: Seen) -> Seen:
    if inner.source == "input" and _spread(term):
        return inner._replace(forms=inner.forms - {"dense"} | {"padding"}, source="padding")
    return inner


def _all(found: list[Seen]) -> Seen:
    result = ALL
    for item in found:
        result = result.join(item)
    return result


def _triangle(term: Term) -> Seen:
    place = term.given("diagonal", 1)
    offset = number(place) if place is not None else 0.0
    offset = UNSEEN if offset is None else offset
    inner = seen(term.args[0], 1)
    band = Seen(low=-offset, computed=True, source="computed")
    if term.op == "triu":
        band = Seen(high=-offset, computed=True, source="computed")
    return inner.join(band)


def _written(term: Term, depth: int) -> Seen:
    """`mask[i, lo:hi] = True`: blocks that were written one by one."""
    base, value, index = term.args[:3]
    read = added if far(base) else seen
    inner = read(base, depth + 1)
    if any(t.op == "index" and t.args[0].op == "carried" for t in below(value)):
        return inner._replace(forms=inner.forms | {"tree"}, computed=True, source="computed")
    if value.op not in ("const", "item", "unknown"):
        return inner.join(added(value, depth + 1) if far(value) else seen(value, depth + 1))
    rows = index.args if index.op == "tuple" else (index,)
    free = [row.op == "slice" and known(row.args[0]) is None and known(row.args[1]) is None
            and all(a.op == "const" for a in row.args) for row in rows]  # fmt: skip
    form = "written"
    if len(rows) >= 2 and free[-2] and not free[-1]:
        form = "column"
    elif len(rows) >= 2 and free[-1] and not free[-2]:
        form = "row"
    if has(index, "topk"):
        form = "sparse"
    return inner._replace(forms=inner.forms | {form}, computed=True, source="computed")


def _leaf(term: Term, depth: int) -> Seen:
    op, args = term.op, term.args
    if op == "buffer" and args:
        inner = seen(args[0], depth + 1)
        return inner._replace(source="buffer")
    if op in ("scatter", "scatter_add", "index_fill") and any(
        has(a, "topk", "argsort") for a in args
    ):
        return Seen(forms=frozenset(["sparse"]), source="data")
    if op == "isin" or op == "bucketize":
        return Seen(forms=frozenset(["packed"]), source="input")
    if op in LAYOUT or op in ("any", "bool", "logical_and", "index", "stack", "cat", "int"):
        parts = args[:1]
        if op in ("stack", "cat") and args and args[0].op in ("list", "tuple"):
            parts = args[0].args
        inner = _padding(term, _all([seen(part, depth + 1) for part in parts]))
        if (
            (op == "repeat_interleave" or (op == "flatten" and args[0].op == "expand"))
            and not inner.banded
            and not inner.forms & {"padding"}
        ):
            return inner._replace(forms=inner.forms - {"dense"} | {"block"})
        return inner
    if op in ("sum", "one_hot") and args:
        return seen(args[0], depth + 1)
    if op == "topk":
        return Seen(forms=frozenset(["sparse"]), source="data")
    if op == "block_diag":
        return Seen(forms=frozenset(["packed"]), computed=True, source="computed")
    if op == "kron":
        inner = seen(args[0], depth + 1)
        return inner._replace(forms=inner.forms | {"block"}, source=inner.source or "computed")
    if op == "call" and "causal" in str(term.value):
        return Seen(low=0, computed=True, source="computed")
    if op == "generate_square_subsequent_mask":
        return Seen(low=0, computed=True, source="computed")
    if op == "attr" and args and args[0].op in ("topk", "sort"):
        return seen(args[0], depth + 1)
    if op in ("param", "item") or op == "attr":
        return Seen(forms=frozenset(["dense"]), source="input")
    if op == "parameter":
        return Seen(forms=frozenset(["dense"]), source="buffer")
    if op in ("ones", "zeros", "full", "ones_like", "zeros_like", "const", "new_ones", "new_zeros",
              "new_full", "full_like", "empty"):  # fmt: skip
        return ALL
    if op in ("list", "tuple") and args:
        return seen(args[0], depth + 1)
    if any(item.op in ("matmul", "einsum", "topk", "linear") for item in below(term)):
        sparse = any(item.op == "topk" for item in below(term, _made))
        return Seen(forms=frozenset(["sparse" if sparse else "dense"]), source="data")
    return ALL


def _made(term: Term) -> bool:
    """Where a mask ends and the model that made its input begins."""
    return term.op in ("linear", "norm", "embedding", "conv")


def _spread(term: Term) -> bool:
    """`mask[:, None, None, :]`: one truth for each key, the same for all queries."""
    if term.op == "index" and len(term.args) > 1 and term.args[1].op == "tuple":
        parts = term.args[1].args
        return len(parts) > 1 and any(p.op == "const" and p.value is None for p in parts[:-1])
    if term.op == "unsqueeze":
        return number(term.given("dim", 1)) in (1, 2)
    if term.op in ("view", "reshape"):
        return sum(number(arg) == 1 for arg in term.args[1:]) >= 1
    return False


def _compared(term: Term, depth: int) -> Seen:
    left, right = term.args[0], term.args[1]
    for side, limit in ((left, right), (right, left)):
        if limit.op == "const" and not has(side, "arange", "range", "item", "cumsum"):
            return _truth(term.op, side, limit, depth)
    one, two = line(left), line(right)
    if one is None or two is None or one.other is not None or two.other is not None:
        return _other(term, left, right)
    if one.divided is not None and two.divided is not None and term.op == "eq":
        same = one.divided if one.divided == two.divided else None
        whole = int(same) if same is not None and not math.isnan(same) else None
        return Seen(chunk=whole, forms=frozenset(["chunk"]), computed=True, source="computed")
    row, column = one.row - two.row, one.column - two.column
    rest = one.rest - two.rest
    if not (one.row or one.column or two.row or two.column):
        return _other(term, left, right)
    if row == 0 or column == 0:
        form = "column" if row == 0 else "row"
        return Seen(forms=frozenset([form]), computed=True, source="computed")
    return _band(term.op, row, rest, one.size or two.size)


def _truth(op: str, side: Term, limit: Term, depth: int) -> Seen:
    """`mask == 0`, `mask > 0.5`: the mask itself, or what it does not let through."""
    inner = seen(side, depth + 1)
    value = known(limit)
    if inner.source == "input" and isinstance(value, int | float) and op in ("ne", "eq", "gt"):
        inner = inner._replace(source="input")
    negative = (op == "eq" and not value) or op in ("lt", "le") or (op == "ne" and value == 1)
    return unseen(side, depth + 1) if negative else inner


def _band(op: str, row: float, rest: float, size: bool) -> Seen:
    """`row * (i - j) + rest  op  0` as bounds on the distance."""
    if row < 0:
        rest, op = -rest, {"lt": "gt", "le": "ge", "gt": "lt", "ge": "le"}.get(op, op)
    bound = -rest / abs(row)
    step = {"lt": bound - 1, "le": bound, "gt": bound + 1, "ge": bound}.get(op, bound)
    found = Seen(computed=True, source="computed")
    if size and op in ("lt", "le"):
        return found._replace(low=-step, high=step)
    if size and op in ("gt", "ge"):
        inner = step - 1
        return found._replace(low=-inner, high=inner, forms=frozenset(["outside"]))
    if op in ("lt", "le"):
        return found._replace(high=step)
    if op in ("gt", "ge"):
        return found._replace(low=step)
    return found._replace(forms=frozenset(["diagonal"]))


def _other(term: Term, left: Term, right: Term) -> Seen:
    """Comparisons of what are no positions: documents of packed sequences, lengths, thresholds."""
    if any(t.op in ("topk", "kthvalue", "quantile") for t in below(term, _made)):
        return Seen(forms=frozenset(["sparse"]), source="data")
    if term.op in ("eq", "ne") and (_across(left) or _across(right)):
        forms = frozenset(["packed"] if term.op == "eq" else ["packed", "outside"])
        return Seen(forms=forms, computed=True, source="computed")
    positions = has(left, "arange") or has(right, "arange")
    if positions and term.op in ("lt", "le", "gt", "ge"):
        return Seen(forms=frozenset(["padding"]), computed=True, source="padding")
    inner = seen(left).join(seen(right))
    return inner._replace(source=inner.source or "computed")


def _across(term: Term) -> bool:
    """Whether a value was given an axis, so that it meets another in pairs."""
    while term.args and term.op in LAYOUT:
        if term.op in ("index", "unsqueeze", "view", "reshape"):
            return True
        term = term.args[0]
    return False


@once
def far(term: Term) -> bool:
    """Whether a value stands for minus infinity somewhere."""
    for item in below(term):
        value = number(item)
        if value is not None and value < FAR:
            return True
        if (item.op == "attr" and item.value == "min") or item.op == "finfo":
            return True
        if item.op == "path" and item.path.endswith(".inf"):
            return True
    return False


@once
def added(term: Term, depth: int = 0) -> Seen:
    """The keys that a mask added to the scores lets through: those where it is zero."""
    op, args = term.op, term.args
    if depth > 40:
        return ALL
    if op == "masked_fill" and (mask := term.given("mask", 1)) is not None:
        value = number(term.given("value", 2))
        base = added(args[0], depth + 1)
        shown = value in (0, 1) and not _zeros(args[0])
        return base.join(seen(mask, depth + 1) if shown else unseen(mask, depth + 1))
    if op == "where" and len(args) > 2:
        return (unseen if far(args[1]) else seen)(args[0], depth + 1)
    if op == "mul" and len(args) > 1:
        for side, factor in ((args[0], args[1]), (args[1], args[0])):
            if far(factor) and not far(side):
                return unseen(side, depth + 1)
    if op == "add" and len(args) > 1:
        return added(args[0], depth + 1).join(added(args[1], depth + 1))
    if op in ("tril", "triu") and far(term):
        return _triangle(term).inverted()
    if op == "log" and args:
        return seen(args[0], depth + 1)
    if op == "setitem" and len(args) > 2:
        return _written(term, depth)
    if op == "phi":
        found = [added(arg, depth + 1) for arg in args]
        return max(found, key=lambda item: (item.banded, item.computed))
    if op == "buffer" and args:
        return added(args[0], depth + 1)._replace(source="buffer")
    if op in LAYOUT and args:
        inner = added(args[0], depth + 1)
        if inner.source == "input" and _spread(term):
            return inner._replace(forms=inner.forms - {"dense"} | {"padding"}, source="padding")
        return inner
    return seen(term, depth)


def _zeros(term: Term) -> bool:
    return term.op in ("zeros", "zeros_like", "new_zeros")
