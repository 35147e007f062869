"""What is found of an attention: an instance, and the product it was read from."""

from __future__ import annotations

import ast
from typing import NamedTuple

from portlint.attention.features import Features
from portlint.source.attention.products import Mod
from portlint.source.attention.terms import Term


class Instance(NamedTuple):
    """One attention: what it is, its features, and where it is computed.

    `root` is the class or function that was read from the outside; `function` the one that holds
    the expression (`node`). `marks` are expressions that change scores; `loop` says that Python
    goes through the sequence, `library` that a package computes it.
    """

    kind: str
    features: Features
    line: int
    function: str
    root: str
    node: ast.AST
    marks: tuple[tuple[str, ast.AST], ...] = ()
    loop: bool = False
    library: bool = False


class Product(NamedTuple):
    """Queries, keys, values, and what is done to scores and weights."""

    query: Term
    key: Term
    value: Term
    mods: tuple[Mod, ...]
    after: tuple[Mod, ...]
    node: ast.AST
    softmax: Term | None = None
    mask: Term | None = None
    call: Term | None = None
    flex: Term | None = None
