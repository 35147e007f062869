"""Catalogue -> what the walk looks up: symbols, detectors by node type, facts, gates."""

import importlib
import re
import types
import typing
from collections.abc import Callable, Iterable, Iterator
from typing import Any, NamedTuple

import libcst as cst

from portlint.catalog import Catalog
from portlint.errors import RuleError
from portlint.model import Rule
from portlint.source.probes import CUDA_PROBES
from portlint.source.triage import Gates

PASSED_ON = frozenset(["torch.device"])
"""Names without a rule of their own that detectors ask for."""


class Entry(NamedTuple):
    """A rule that a symbol belongs to, and the name of its table row if it came from one."""

    rule: Rule
    symbol: str
    row: str | None


class Fact(NamedTuple):
    """A rule's condition on an environment fact, compiled."""

    rule: Rule
    kind: str
    name: re.Pattern[str]
    value: re.Pattern[str]
    row: str | None = None


class Index(NamedTuple):
    """The catalogue arranged for the source pass.

    `libraries` are the packages a rule names as a whole: CUDA-bound ones, whose presence says that
    CUDA is there. A rule on `numba.cuda.jit` says nothing about numba.
    """

    exact: dict[str, list[Entry]]
    below: dict[str, list[Entry]]
    detectors: dict[type[cst.CSTNode], list[tuple[Rule, Callable[..., Any]]]]
    after: list[tuple[Rule, Callable[..., Any]]]
    facts: list[Fact]
    gates: Gates
    libraries: frozenset[str]
    ancestors: frozenset[str]

    def find(self, path: str) -> tuple[int, list[Entry]]:
        """The entries of the longest prefix of a dotted path, and how many parts it leaves over."""
        parts = path.split(".")
        for size in range(len(parts), 0, -1):
            prefix = ".".join(parts[:size])
            if found := self.exact.get(prefix):
                return len(parts) - size, found
            if found := self.below.get(prefix):
                return len(parts) - size, found
        return 0, []


def build(catalog: Catalog) -> Index:
    """Arrange a catalogue; costs some milliseconds, so a run does it once per process."""
    exact: dict[str, list[Entry]] = {}
    below: dict[str, list[Entry]] = {}
    detectors: dict[type[cst.CSTNode], list[tuple[Rule, Callable[..., Any]]]] = {}
    after: list[tuple[Rule, Callable[..., Any]]] = []
    for rule in catalog.rules.values():
        for symbol in dict.fromkeys([*rule.symbols, *rule.rows]):
            entry = Entry(rule, symbol, symbol if symbol in rule.rows else None)
            table = below if symbol.endswith(".*") else exact
            table.setdefault(symbol.removesuffix(".*"), []).append(entry)
        for name in rule.detectors:
            function = load(name, rule)
            kinds = node_types(function)
            if not kinds:
                after.append((rule, function))
            for kind in kinds:
                detectors.setdefault(kind, []).append((rule, function))
    libraries = frozenset(name for name in [*exact, *below] if "." not in name)
    facts = list(compiled_facts(catalog))
    ancestors = frozenset(_ancestors([*exact, *below, *CUDA_PROBES])) | CUDA_PROBES | PASSED_ON
    return Index(exact, below, detectors, after, facts, _gates(catalog), libraries, ancestors)


def _ancestors(symbols: Iterable[str]) -> Iterator[str]:
    """`torch.cuda` of `torch.cuda.Stream`: modules an alias can stand for."""
    for symbol in symbols:
        parts = symbol.split(".")
        yield from (".".join(parts[:size]) for size in range(2, len(parts)))


def compiled_facts(catalog: Catalog) -> Iterator[Fact]:
    """Every fact condition of every rule, and the distributions that table rows name."""
    for rule in catalog.rules.values():
        for fact in rule.fact:
            value = re.compile(fact.value, re.DOTALL)
            yield Fact(rule, fact.kind, re.compile(fact.name), value)
        for symbol, row in rule.rows.items():
            for name in filter(None, row.pip.split(";")):
                pattern = re.compile(name.strip().replace("*", ".*"))
                yield Fact(rule, "requirement", pattern, re.compile(".*", re.DOTALL), symbol)


def load(name: str, rule: Rule) -> Callable[..., Any]:
    """`module:function` -> the function in portlint.detectors, or RuleError."""
    module, _, function = name.partition(":")
    try:
        found = getattr(importlib.import_module(f"portlint.detectors.{module}"), function)
    except (ImportError, AttributeError) as error:
        raise RuleError(f"{rule.code}: key 'detector': {name!r} is not there: {error}") from error
    return typing.cast(Callable[..., Any], found)


def node_types(function: Callable[..., Any]) -> tuple[type[cst.CSTNode], ...]:
    """The libcst nodes a detector asks for, read from its first annotation; none: it runs last."""
    hint = next(iter(typing.get_type_hints(function).values()))
    options = typing.get_args(hint) if isinstance(hint, types.UnionType) else (hint,)
    return tuple(o for o in options if isinstance(o, type) and issubclass(o, cst.CSTNode))


def _gates(catalog: Catalog) -> Gates:
    file: set[tuple[str, ...]] = set()
    statement: set[str] = set(_ALWAYS)
    for rule in catalog.rules.values():
        for symbol in [*rule.symbols, *rule.rows]:
            parts = symbol.removesuffix(".*").split(".")
            file.add(_file_gate(parts))
            statement.add(parts[-1])
        for gate in rule.gates:
            file.add((gate,))
            statement.add(gate)
        for fact in rule.fact:
            if fact.kind in ("env", "command"):
                file.update((word,) for word in _ENV_WORDS[fact.kind])
                statement.update(_ENV_WORDS[fact.kind])
    return Gates(_minimal(file), tuple(sorted(_shortest(statement))))


_ALWAYS = ("find_spec", "is_available", "ImportError", "portlint:")
_ENV_WORDS = {"env": ("environ", "getenv"), "command": ("subprocess", "system")}


def _file_gate(parts: list[str]) -> tuple[str, ...]:
    """To use `torch.cuda.Stream` a file must spell `cuda`; to use `torch.compile`, both."""
    if parts[0] != "torch" or len(parts) == 1:
        return (parts[0],)
    return (parts[1],) if len(parts) > 2 else ("torch", parts[1])


def _minimal(gates: set[tuple[str, ...]]) -> tuple[tuple[str, ...], ...]:
    """Without gates that another gate already opens; the cheapest first."""
    single = {gate[0] for gate in gates if len(gate) == 1}
    kept = _shortest(single)
    pairs = [g for g in gates if len(g) > 1 and not any(s in part for s in kept for part in g)]
    return tuple((s,) for s in sorted(kept)) + tuple(sorted(pairs))


def _shortest(words: Iterable[str]) -> set[str]:
    """Words of which no other word in the set is a part."""
    every = set(words)
    return {w for w in every if not any(o != w and o in w for o in every)}
