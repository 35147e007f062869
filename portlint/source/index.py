"""Catalogue -> what the walk looks up: symbols, detectors by node type, facts, gates."""

import functools
import importlib
import itertools
import re
import types
import typing
from collections.abc import Callable, Container, Iterable, Iterator, Mapping
from typing import Any, NamedTuple

import msgspec

from portlint.catalog import Catalog
from portlint.errors import RuleError
from portlint.record import Event, Op, Trace
from portlint.rule import Rule
from portlint.source import cst
from portlint.source.attention.marks import NEEDED, SPELLED
from portlint.source.gates import BROUGHT, PASSED_ON, Gates
from portlint.source.hot.heat import OPENS, PACKAGES
from portlint.source.needles import Needles, Parts, Spelled, whole, within
from portlint.source.probes import ASKED, CUDA_PROBES, words
from portlint.source.reach import Known


class Entry(NamedTuple):
    """A rule that a symbol belongs to, and the name of its table row if it came from one."""

    rule: Rule
    symbol: str
    row: str | None


class Words:
    """A regular expression for all of a text, compiled when it is first asked: most never are."""

    def __init__(self, pattern: str, flags: re.RegexFlag = re.NOFLAG) -> None:
        self.pattern = pattern
        self.flags = flags

    @functools.cached_property
    def fullmatch(self) -> Callable[[str], re.Match[str] | None]:
        """The search itself."""
        return re.compile(self.pattern, self.flags).fullmatch


ANYTHING = Words(".*", re.DOTALL)


class Fact(NamedTuple):
    """A rule's condition on an environment fact."""

    rule: Rule
    kind: str
    name: Words
    value: Words
    row: str | None = None


Detectors = dict[type[cst.CSTNode], list[tuple[Rule, Callable[..., Any]]]]


class Index(NamedTuple):
    """The catalogue arranged for the source pass.

    `needs` are the gates of the rules with detectors: one of them must be spelled in the file.
    `libraries` are the packages a rule names as a whole: CUDA-bound ones, whose presence says that
    CUDA is there. A rule on `numba.cuda.jit` says nothing about numba. `unbound` are those of them
    that run without CUDA too, and words of names: they guard only what is said of themselves.
    """

    exact: dict[str, list[Entry]]
    below: dict[str, list[Entry]]
    detectors: Detectors
    needs: dict[str, tuple[tuple[str, ...], ...]]
    after: list[tuple[Rule, Callable[..., Any]]]
    facts: list[Fact]
    gates: Gates
    libraries: frozenset[str]
    unbound: frozenset[str]
    ancestors: frozenset[str]

    def detecting(self, able: Container[str]) -> Detectors:
        """The detectors, by node type, of the rules that are able to match."""
        return {
            kind: [item for item in listed if item[0].code in able]
            for kind, listed in self.detectors.items()
        }

    def finishing(self, able: Container[str]) -> list[tuple[Rule, Callable[..., Any]]]:
        """Those that look at all hits of a file."""
        return [item for item in self.after if item[0].code in able]

    def able(self, spelled: Spelled) -> set[str]:
        """The rules whose detectors can match in a file with these substrings."""
        return {code for code, gates in self.needs.items() if spelled.has(gates)}

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


def build(catalog: Catalog, own: frozenset[str] = frozenset()) -> Index:
    """Arrange a catalogue; costs some milliseconds, so a run does it once per process.

    `own` are packages that are audited themselves: their names say nothing, and would be followed
    through every file of theirs.
    """
    facts = list(compiled_facts(catalog))
    if own:
        rules = {code: _trimmed(rule, own) for code, rule in catalog.rules.items()}
        catalog = catalog._replace(rules=rules)
    exact: dict[str, list[Entry]] = {}
    below: dict[str, list[Entry]] = {}
    detectors: Detectors = {}
    after: list[tuple[Rule, Callable[..., Any]]] = []
    for rule in catalog.rules.values():
        _check(rule)
        for symbol in dict.fromkeys([*rule.symbols, *rule.rows]):
            entry = Entry(rule, symbol, symbol if symbol in rule.rows else None)
            table = below if symbol.endswith(".*") else exact
            table.setdefault(symbol.removesuffix(".*"), []).append(entry)
        for name in rule.detectors:
            function = load(name, rule)
            if takes(function) <= RECORDS:
                continue
            if not rule.gates:
                fault = "a detector needs the substrings without which it cannot match"
                raise RuleError(f"{rule.code}: key 'gates': {fault}")
            kinds = node_types(function)
            if not kinds:
                after.append((rule, function))
            for kind in kinds:
                detectors.setdefault(kind, []).append((rule, function))
    whole = {name: found for name, found in [*exact.items(), *below.items()] if "." not in name}
    unbound = frozenset(name for name, entries in whole.items() if all(map(_unbound, entries)))
    unbound |= words(frozenset(whole))
    modules = frozenset(_ancestors([*exact, *below, *CUDA_PROBES])) | CUDA_PROBES
    needs = {
        rule.code: tuple(_parts(gate) for gate in rule.gates)
        for rule in catalog.rules.values()
        if rule.detectors
    }
    gates = _gates(catalog, Known(frozenset([*exact, *below, *_named(catalog)]), modules), needs)
    return Index(
        exact,
        below,
        detectors,
        needs,
        after,
        facts,
        gates,
        frozenset(whole),
        unbound,
        modules | PASSED_ON,
    )


def _check(rule: Rule) -> None:
    """RuleError for a name or a gate with an empty part, which every file would have."""
    symbols = (symbol.removesuffix(".*").split(".") for symbol in (*rule.symbols, *rule.rows))
    for key, found in (("symbols", map(_file_gate, symbols)), ("gates", map(_parts, rule.gates))):
        if not all(map(all, found)):
            raise RuleError(f"{rule.code}: key '{key}': a part is empty, which every file has")


def _trimmed(rule: Rule, own: frozenset[str]) -> Rule:
    """The rule without the names of these packages; a detector that looked for them only goes."""

    def foreign(name: str) -> bool:
        return name.split(".")[0] not in own

    gates = tuple(gate for gate in rule.gates if not is_name(gate) or foreign(gate))
    return msgspec.structs.replace(
        rule,
        symbols=tuple(filter(foreign, rule.symbols)),
        rows={name: row for name, row in rule.rows.items() if foreign(name)},
        gates=gates,
        detector=rule.detector if gates or not rule.gates else None,
    )


def _unbound(entry: Entry) -> bool:
    return entry.row is not None and entry.rule.rows[entry.row].runs_without_cuda


def _ancestors(symbols: Iterable[str]) -> Iterator[str]:
    """`torch.cuda` of `torch.cuda.Stream`: modules an alias can stand for."""
    for symbol in symbols:
        parts = symbol.split(".")
        yield from (".".join(parts[:size]) for size in range(2, len(parts)))


def compiled_facts(catalog: Catalog) -> Iterator[Fact]:
    """Every fact condition of every rule, and the distributions that table rows name."""
    for rule in catalog.rules.values():
        for fact in rule.fact:
            yield Fact(rule, fact.kind, Words(fact.name), Words(fact.value, re.DOTALL))
        for symbol, row in rule.rows.items():
            for name in filter(None, row.pip.split(";")):
                wanted = Words(name.strip().replace("*", ".*"))
                yield Fact(rule, "requirement", wanted, ANYTHING, symbol)


def load(name: str, rule: Rule) -> Callable[..., Any]:
    """`module:function` -> the function in portlint.detectors, or RuleError."""
    module, _, function = name.partition(":")
    try:
        found = getattr(importlib.import_module(f"portlint.detectors.{module}"), function)
    except (ImportError, AttributeError) as error:
        raise RuleError(f"{rule.code}: key 'detector': {name!r} is not there: {error}") from error
    return typing.cast(Callable[..., Any], found)


RECORDS = frozenset([Op, Event, Trace])
"""What detectors of the graph pass take; they are no concern of the source pass."""


def takes(function: Callable[..., Any]) -> frozenset[type]:
    """The types a detector asks for, read from its first annotation."""
    hint = next(iter(function.__annotations__.values()))
    hints = _named_there(hint, function) if isinstance(hint, str) else [hint]
    options = (part for hint in hints for part in _options(hint))
    return frozenset(option for option in options if isinstance(option, type))


def _named_there(text: str, function: Callable[..., Any]) -> Iterator[Any]:
    """What names with `|` between them stand for in the module of a function, and no more."""
    for name in text.split(" | "):
        first, *rest = name.split(".")
        if first in function.__globals__:
            yield functools.reduce(getattr, rest, function.__globals__[first])


def _options(hint: Any) -> tuple[Any, ...]:
    return typing.get_args(hint) if isinstance(hint, types.UnionType) else (hint,)


def node_types(function: Callable[..., Any]) -> tuple[type[cst.CSTNode], ...]:
    """The kinds of nodes a detector asks for; none: it runs last."""
    return tuple(option for option in takes(function) if issubclass(option, cst.CSTNode))


def _gates(catalog: Catalog, known: Known, needs: Mapping[str, tuple[Parts, ...]]) -> Gates:
    file: set[Parts] = {(words,) for words in (*BROUGHT, *ASKED)}
    hot: set[Parts] = set()
    statement: set[str] = set(_ALWAYS)
    depending: dict[str, set[Parts]] = {}
    for rule in catalog.rules.values():
        for symbol in [*rule.symbols, *rule.rows]:
            file.add(_file_gate(symbol.removesuffix(".*").split(".")))
        for gate in rule.gates:
            (hot if gate.startswith(HOT) else file).add(_parts(gate))
            if not is_name(gate) and not gate.startswith(HOT):
                first, *rest = _parts(gate)
                depending.setdefault(first, set()).add(tuple(rest))
        for fact in rule.fact:
            file.update(_parts(name) for name in PROCESS.get(fact.kind, ()))
    statement = _shortest(statement | {word for word, rests in depending.items() if () in rests})
    left = {w: tuple(sorted(rests)) for w, rests in depending.items() if () not in rests}
    short = Needles(statement, ())
    left = {w: rests for w, rests in left.items() if not short.find(w).words}
    opening = _minimal(file)
    words = {part for gate in (*opening, *hot, *itertools.chain(*needs.values())) for part in gate}
    words.update(SPELLED, OPENS, PACKAGES)
    placed = tuple(sorted(statement | left.keys()))
    heating = ((frozenset(OPENS), PACKAGES), (frozenset(["torch"]), frozenset(NEEDED)))
    needles = Needles(words, placed)
    return Gates(opening, placed, known, needles, left, tuple(sorted(hot)), heating)


AND = " & "
"""Between the substring that opens a statement and those that its file has to spell as well."""
HOT = "hot:"
"""Gates that a file must spell for hot places to be looked for; those open their statements."""
_ALWAYS = (
    *("find_spec", "is_available", "ImportError", "import_module", "__import__", "portlint:"),
    *ASKED,
)
PROCESS = {
    "env": ("os.environ", "os.getenv", "os.putenv", "os.unsetenv"),
    "command": ("subprocess.*", "os.system", "os.popen"),
}
"""The names through which a program speaks to its environment, by kind of fact."""


def _named(catalog: Catalog) -> Iterator[str]:
    """The gates that are names, and those of environment facts."""
    for rule in catalog.rules.values():
        yield from filter(is_name, rule.gates)
        for fact in rule.fact:
            yield from (name.removesuffix(".*") for name in PROCESS.get(fact.kind, ()))


def is_name(gate: str) -> bool:
    """Whether a gate is a dotted name to be reached through imports, not a substring."""
    return all(part.isidentifier() for part in gate.split(".")) and "." in gate


def _parts(gate: str) -> Parts:
    """The substrings a file must have, all of them, for a gate to open."""
    gate = gate.removeprefix(HOT)
    if AND in gate:
        return tuple(itertools.chain.from_iterable(map(_part, gate.split(AND))))
    return _part(gate) if not is_name(gate) else _file_gate(gate.split("."))


def _part(gate: str) -> Parts:
    """A substring, or `torch_xla.*`: a name that has to stand alone."""
    name = gate.removesuffix(".*")
    return _file_gate(name.split(".")) if name != gate else (gate,)


def _file_gate(parts: list[str]) -> Parts:
    """To use `torch.cuda.Stream` a file must spell every part of it somewhere, as a word."""
    return tuple(dict.fromkeys(map(whole, parts)))


def _minimal(gates: set[tuple[str, ...]]) -> tuple[tuple[str, ...], ...]:
    """Without gates that a word of one part already opens; the cheapest first."""
    words = sorted(_shortest(gate[0] for gate in gates if len(gate) == 1))
    inside = within(words)
    rest = [g for g in gates if len(g) > 1 and not any(map(inside, g))]
    return (*((word,) for word in words), *sorted(rest))


def _shortest(words: Iterable[str]) -> set[str]:
    """Words of which no other word in the set is a part."""
    every = set(words)
    inside = within(every)
    return {word for word in every if len(inside(word)) == 1}
