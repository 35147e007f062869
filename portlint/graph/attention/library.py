"""A call of a library that is not there -> the attention it computes."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any

import msgspec

from portlint.attention.features import Features
from portlint.record import Op
from portlint.source.attention.libraries import library
from portlint.source.attention.naming import kind
from portlint.source.attention.terms import Term, const


def called(op: Op) -> tuple[str, Features] | None:
    """The kind and the features of a stand-in's call, by the library's own words."""
    try:
        said = json.loads(str(op.literals.get("said") or "{}"))
    except ValueError:
        said = {}
    path = op.stub.removesuffix(".apply")
    found = library(_term_of(path.rpartition(".")[2], path, said))
    if found is None:
        return None
    name, features = found
    features = _measured(features, op, said.get("args", ()))
    return kind([name], features), features


def _term_of(op: str, path: str, said: Mapping[str, Any], value: str | None = None) -> Term:
    """A call of something in a library, with its arguments."""
    args = tuple(_term(item) for item in said.get("args", ()))
    kw = {name: _term(item) for name, item in said.get("kwargs", {}).items()}
    return Term(op, args, value, kw=kw, path=path)


def _term(value: Any) -> Term:
    """An argument as a term: a literal, a list of them, an object of the library, or unknown."""
    if isinstance(value, list):
        return Term("tuple", tuple(_term(item) for item in value))
    if isinstance(value, dict) and "name" in value:
        path = str(value["name"]).removesuffix("()")
        classes = [part for part in path.split(".") if part[:1].isupper()]
        return _term_of("made", path, value, classes[-1] if classes else None)
    if isinstance(value, dict):
        return Term("tensor")
    return const(value)


def _measured(features: Features, op: Op, args: Any) -> Features:
    """With heads and widths from the shapes: (…, heads, width) in every such library."""
    tensors = [v["tensor"] for v in args if isinstance(v, dict) and "tensor" in v]
    shapes = [op.inputs[n].shape for n in tensors if n < len(op.inputs)]
    if len(shapes) < 2 or len(shapes[0]) not in (3, 4) or "flash_attn" not in op.stub:
        return msgspec.structs.replace(features, dtype=op.inputs[0].dtype if op.inputs else None)
    query, key = shapes[0], shapes[1]
    heads, width, kv_heads = query[-2], query[-1], key[-2]
    return msgspec.structs.replace(
        features,
        heads=heads if isinstance(heads, int) else None,
        kv_heads=kv_heads if isinstance(kv_heads, int) else None,
        head_dim=width if isinstance(width, int) else None,
        dtype=op.inputs[0].dtype,
    )
