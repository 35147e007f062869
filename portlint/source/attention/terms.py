"""Terms: what an expression of a model computes, as a graph of operations without names."""

from __future__ import annotations

import ast
import functools
from collections.abc import Callable, Iterator
from typing import Any, Concatenate, ParamSpec, TypeVar, cast

Asked = ParamSpec("Asked")
Found = TypeVar("Found")
Const = bool | int | float | str | None


class Term:
    """One value: the operation that makes it, what from, and the expression it stands for.

    `op` is the last part of a function's name (`softmax`, `matmul`), or one of: `const` (`value`),
    `param` (of the function read, `value` its name), `attr` (unknown `self.x`), `parameter`
    (learned), `buffer`, `layer` (`value` the class of torch, called: `args[0]`), `module` (an
    instance of a class of this file), `function`, `path` (imported), `phi` (one of `args`),
    `carried` (a name at the start of a round of a loop), `tuple`, `unknown`.
    """

    __slots__ = ("args", "held", "kw", "memo", "node", "op", "order", "path", "value", "width")

    def __init__(
        self,
        op: str,
        args: tuple[Term, ...] = (),
        value: Const = None,
        node: ast.AST | None = None,
        kw: dict[str, Term] | None = None,
        path: str = "",
    ) -> None:
        self.op = op
        self.args = args
        self.value = value
        self.node = node
        self.kw = kw or {}
        self.path = path
        self.held: object = None
        self.order = 0
        self.width: int | None = None
        self.memo: dict[tuple[object, ...], Any] | None = None

    def __repr__(self) -> str:
        inner = ", ".join(map(repr, self.args[:4]))
        return f"{self.op}{'' if self.value is None else f'[{self.value}]'}({inner})"

    @property
    def all(self) -> tuple[Term, ...]:
        """The positional and the named arguments."""
        return (*self.args, *self.kw.values()) if self.kw else self.args

    def given(self, name: str, position: int) -> Term | None:
        """An argument by its name or its position."""
        if name in self.kw:
            return self.kw[name]
        return self.args[position] if 0 <= position < len(self.args) else None


def once(
    function: Callable[Concatenate[Term, Asked], Found],
) -> Callable[Concatenate[Term, Asked], Found]:
    """A question about a term that is answered once: terms share their arguments.

    Other arguments say how deep it was asked for; they do not change the answer.
    """

    @functools.wraps(function)
    def asked(term: Term, *args: Asked.args, **kw: Asked.kwargs) -> Found:
        if term.memo is None:
            term.memo = {}
        key = (function,)
        if key not in term.memo:
            term.memo[key] = function(term, *args, **kw)
        found: Found = term.memo[key]
        return found

    return cast(Callable[Concatenate[Term, Asked], Found], asked)


UNKNOWN = Term("unknown")


def const(value: Const, node: ast.AST | None = None) -> Term:
    """A literal."""
    return Term("const", value=value, node=node)


def known(term: Term | None) -> Const:
    """The value of a literal term; None for any other (and for None)."""
    return term.value if term is not None and term.op == "const" else None


def number(term: Term | None) -> float | None:
    """The value of a number."""
    value = known(term)
    return None if isinstance(value, bool | str) or value is None else value


def whole(term: Term | None) -> int | None:
    """The value of an int."""
    value = number(term)
    return int(value) if value is not None and value == int(value) else None


LAYOUT = frozenset(
    "view reshape permute transpose contiguous to float half bfloat16 double type type_as expand "
    "expand_as unsqueeze squeeze flatten rearrange clone detach T mT swapaxes movedim moveaxis "
    "unflatten index split chunk unbind tensor_split cast repeat_interleave repeat_kv repeat roll "
    "requires_grad_ cuda cpu buffer asarray as_tensor pad unfold narrow dropout item_of select "
    "split_heads window_partition nan_to_num float32 masked_select view_as pin broadcast_to "
    "astype native einops_repeat full_tensor enumerated setitem".split()
)
"""Operations that leave the values of their first argument as they are, or pick some."""


OPAQUE = frozenset(["shape", "size", "dim", "numel", "stride", "len"])
"""Operations whose result does not hold the values of their argument."""

LIKE = frozenset(
    "zeros_like ones_like full_like empty_like rand_like randn_like new_zeros new_ones new_full "
    "new_empty new_tensor".split()
)
"""Operations that take no more than a shape from their first argument."""


def bare(term: Term, also: frozenset[str] = frozenset()) -> Term:
    """What a value was before it was laid out in another way."""
    while True:
        if ((term.op in LAYOUT or term.op in also) and term.args) or (
            term.op == "phi" and term.args
        ):
            term = term.args[0]
        else:
            return term


def below(term: Term, stop: Callable[[Term], bool] | None = None) -> Iterator[Term]:
    """Every term a value is made of, itself first, each once."""
    stack, seen = [term], set()
    while stack:
        item = stack.pop()
        if id(item) in seen:
            continue
        seen.add(id(item))
        yield item
        if item.op in OPAQUE or (stop is not None and stop(item)):
            continue
        if item.op in LIKE:
            stack += item.all[1:]
            continue
        stack += item.args
        if item.kw:
            stack += item.kw.values()


def has(term: Term, *ops: str) -> bool:
    """Whether one of these operations takes part in a value."""
    return any(item.op in ops for item in below(term))
