"""A name that nothing is known of -> the known names that are spelled most like it."""

from __future__ import annotations

import difflib
from collections.abc import Iterable, Iterator

from portlint.query.facts import key
from portlint.query.known import Known
from portlint.query.question import question


def nearest(text: str, known: Known, count: int = 5) -> tuple[str, ...]:
    """The known names that are spelled most like the text."""
    asked = question(text, known.homes).names
    word = key(asked[0] if asked else text)
    near: dict[str, None] = {}
    for names in _every(known):
        by_key = {key(name): name for name in names}
        for size in (word, word.rpartition(".")[2]):
            found = difflib.get_close_matches(size, by_key, count, 0.8)
            near.update(dict.fromkeys(by_key[name] for name in found))
    return tuple(near)[:count]


def _every(known: Known) -> Iterator[Iterable[str]]:
    rules = known.catalog.rules.values()
    yield [*known.source.exact, *known.source.below, *(rule.name for rule in rules)]
    yield known.public.runs
    yield [name for name in known.homes if not name.startswith(".")]
    yield known.facts.exact
