"""Patterns of `match` -> nodes."""

from __future__ import annotations

import ast
from collections.abc import Callable
from typing import Any

from portlint.source.recast import make
from portlint.source.recast.expressions import Expressions, Unknown


def pattern(cast: Expressions, node: ast.pattern) -> Any:
    """The same pattern."""
    caster = PATTERNS.get(type(node))
    if caster is None:
        raise Unknown(type(node).__name__)
    return caster(cast, node)


def _value(cast: Expressions, node: ast.MatchValue) -> Any:
    return make.MatchValue(cast.expr(node.value))


def _singleton(cast: Expressions, node: ast.MatchSingleton) -> Any:
    return make.MatchSingleton(cast.put(make.Name(str(node.value)), node))


def _sequence(cast: Expressions, node: ast.MatchSequence) -> Any:
    found = [
        _star(cast, item)
        if isinstance(item, ast.MatchStar)
        else make.MatchSequenceElement(pattern(cast, item))
        for item in node.patterns
    ]
    opening = cast.written.between(
        node.lineno, node.col_offset, node.end_lineno, node.end_col_offset
    )
    return make.MatchTuple(found) if opening.startswith("(") else make.MatchList(found)


def _star(cast: Expressions, node: ast.MatchStar) -> Any:
    return make.MatchStar(None if node.name is None else cast.put(make.Name(node.name), node))


def _mapping(cast: Expressions, node: ast.MatchMapping) -> Any:
    elements = [
        make.MatchMappingElement(cast.expr(key), pattern(cast, value))
        for key, value in zip(node.keys, node.patterns, strict=True)
    ]
    return make.MatchMapping(
        elements, None if node.rest is None else cast.put(make.Name(node.rest), node)
    )


def _class(cast: Expressions, node: ast.MatchClass) -> Any:
    plain = [make.MatchSequenceElement(pattern(cast, item)) for item in node.patterns]
    named = [
        make.MatchKeywordElement(cast.put(make.Name(key), value), pattern(cast, value))
        for key, value in zip(node.kwd_attrs, node.kwd_patterns, strict=True)
    ]
    return make.MatchClass(cast.expr(node.cls), plain, named)


def _as(cast: Expressions, node: ast.MatchAs) -> Any:
    inner = None if node.pattern is None else pattern(cast, node.pattern)
    return make.MatchAs(inner, None if node.name is None else cast.put(make.Name(node.name), node))


def _or(cast: Expressions, node: ast.MatchOr) -> Any:
    return make.MatchOr([make.MatchOrElement(pattern(cast, item)) for item in node.patterns])


PATTERNS: dict[type[ast.pattern], Callable[[Any, Any], Any]] = {
    ast.MatchValue: _value,
    ast.MatchSingleton: _singleton,
    ast.MatchSequence: _sequence,
    ast.MatchStar: _star,
    ast.MatchMapping: _mapping,
    ast.MatchClass: _class,
    ast.MatchAs: _as,
    ast.MatchOr: _or,
}
