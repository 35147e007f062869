"""Every regular expression takes time in proportion to its text: each is run on what it fears."""

import ast
import collections
import importlib
import itertools
import pkgutil
import re
import signal
from collections.abc import Iterator
from pathlib import Path

import pytest

import portlint
from portlint.catalog import shipped
from portlint.source.index import compiled_facts
from tests.pumped import pumped

SIZE = 20_000
SECONDS = 0.1
"""Of CPU, for one text: most squares of its length that were found took two to twelve times that,
the two cheapest less than it, which this does not see; a line takes a fifth at most."""
CALLS = ("compile", "search", "match", "fullmatch", "finditer", "findall", "sub", "subn", "split")
BOUNDED = {
    "assemble": "names of files, which systems keep short",
    "context": "names of files, which systems keep short",
    "scope.models": "names of classes: a character that fits no word is in none",
    "source.attention.single": "names of parameters",
    "infra.templates": "lines of up to 1000 characters",
    "infra.requirement": "requirements of up to 500 characters",
    "infra.requirements": "lines of up to 1000 characters",
    "infra.setupcfg": "lines of up to 5000 characters",
    "query": "what a user typed",
    "oracle": "what our own processes write",
    "init": "files of one's own editor, shown before they are changed",
}
"""Modules whose expressions are given short texts only, and why."""
LOADED_APART = ("trace", "lsp", "oracle.worker", "__main__", "child")


Found = tuple[str, "re.Pattern[str]", frozenset[str]]
"""Where an expression is, itself, and by which methods it is used."""


def expressions() -> Iterator[Found]:
    """Those that modules hold, those written where they are used, and those of the rules."""
    used = methods()
    for found in pkgutil.walk_packages(portlint.__path__, "portlint."):
        name = found.name.removeprefix("portlint.")
        if not name.startswith((*LOADED_APART, *BOUNDED)) and not name.endswith("__main__"):
            module = importlib.import_module(found.name)
            for key, value in vars(module).items():
                if isinstance(value, re.Pattern) and isinstance(value.pattern, str):
                    yield (
                        f"{name}.{key}",
                        value,
                        used.get(f"{name}.{key}", used.get(key, frozenset(["search"]))),
                    )
            yield from written(name, str(module.__file__))
    for fact in compiled_facts(shipped()):
        for key, words in (("name", fact.name), ("value", fact.value)):
            pattern = re.compile(words.pattern, words.flags)
            yield f"{fact.rule.code} {key}", pattern, frozenset(["fullmatch"])


def methods() -> dict[str, frozenset[str]]:
    """What is called on it: by module and name, and by the name alone for other modules."""
    found: dict[str, set[str]] = collections.defaultdict(set)
    elsewhere: dict[str, set[str]] = collections.defaultdict(set)
    top = Path(portlint.__path__[0])
    for file in top.rglob("*.py"):
        module = ".".join(file.relative_to(top).with_suffix("").parts)
        for node in ast.walk(ast.parse(file.read_text(encoding="utf-8"))):
            match node:
                case ast.Attribute(value=ast.Name(id=name), attr=attr) if attr in CALLS:
                    found[f"{module}.{name}"].add(attr)
                    elsewhere[name].add(attr)
                case ast.Attribute(value=ast.Attribute(attr=name), attr=attr) if attr in CALLS:
                    elsewhere[name].add(attr)
    return {name: frozenset(calls) for name, calls in (elsewhere | found).items()}


def written(name: str, file: str) -> Iterator[Found]:
    for node in ast.walk(ast.parse(Path(file).read_text(encoding="utf-8"))):
        match node:
            case ast.Call(
                func=ast.Attribute(value=ast.Name(id="re"), attr=attr),
                args=[ast.Constant(value=str(text)), *_],
            ) if attr in CALLS and attr != "compile":
                yield f"{name}:{node.lineno}", re.compile(text), frozenset([attr])


class Slow(Exception):
    pass


def takes_long(pattern: "re.Pattern[str]", text: str, method: str = "search") -> bool:
    def stop(number: int, frame: object) -> None:
        raise Slow

    before = signal.signal(signal.SIGVTALRM, stop)
    signal.setitimer(signal.ITIMER_VIRTUAL, SECONDS)
    try:
        getattr(pattern, method)(text)
    except Slow:
        return True
    finally:
        signal.setitimer(signal.ITIMER_VIRTUAL, 0)
        signal.signal(signal.SIGVTALRM, before)
    return False


def test_what_doubles_with_every_character_is_seen() -> None:
    pattern = re.compile(r"(a|aa)+$")
    assert any(takes_long(pattern, text) for text in pumped(pattern, SIZE))


def test_what_grows_with_the_square_is_seen() -> None:
    pattern = re.compile(r"^\s*#.*\[[^\]]*x[^\]]*\]", re.MULTILINE)
    assert any(takes_long(pattern, text) for text in pumped(pattern, 8 * SIZE))


@pytest.mark.slow
def test_every_expression_is_linear() -> None:
    known = {(one.pattern, one.flags): (name, one, how) for name, one, how in expressions()}
    slow = []
    for name, pattern, how in known.values():
        texts = itertools.islice((t for t in pumped(pattern, SIZE) if t[-1:] in "\0!"), 200)
        asked = {call if call in ("match", "fullmatch") else "search" for call in how}
        if any(takes_long(pattern, text, method) for text in texts for method in asked):
            slow.append(f"{name}: {pattern.pattern[:100]}")
    assert slow == []
