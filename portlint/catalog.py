"""rules/ -> rules, tables and targets: reads what is declared, refuses what is malformed."""

import csv
import functools
import hashlib
import pathlib
import re
from collections.abc import Iterator
from typing import NamedTuple

import msgspec

from portlint.cache import compiled
from portlint.errors import RuleError, Unreadable
from portlint.row import Row
from portlint.rule import Rule, SymbolRow
from portlint.toml import document

CODE = re.compile(r"NEU\d{3}")
NAME = re.compile(r"[a-z0-9]+(-[a-z0-9]+)*")


class Catalog(NamedTuple):
    """Everything a run knows: the rules by code, and the digest of all files they came from.

    `newer` are rows of an overlay, which win over the shipped tables. `writer` tells this portlint
    from others that may have left a cache; it is empty where there shall be none.
    """

    rules: dict[str, Rule]
    digest: str
    folder: pathlib.Path
    newer: tuple[Row, ...] = ()
    writer: str = ""


def rules_folder() -> pathlib.Path:
    """The folder of rules: inside the package in a wheel, beside it in a checkout."""
    package = pathlib.Path(__file__).parent
    inside = package / "rules"
    return inside if inside.is_dir() else package.parent / "rules"


def read_table(name: str, folder: pathlib.Path | None = None) -> list[dict[str, str]]:
    """The rows of rules/tables/NAME.csv as text, in file order."""
    path = (folder or rules_folder()) / "tables" / f"{name}.csv"
    try:
        with path.open(encoding="utf-8", newline="") as file:
            return list(csv.DictReader(file))
    except OSError as error:
        raise RuleError(f"{path}: the table cannot be read: {error.strerror}") from error


def columns(path: pathlib.Path) -> list[str]:
    """The first line of a table: most runs need no more of it."""
    with path.open(encoding="utf-8", newline="") as file:
        return next(csv.reader(file), [])


def load(folder: pathlib.Path | None = None) -> Catalog:
    """Read every rule below the folder (default: the shipped one)."""
    root = folder or rules_folder()
    paths = sorted(p for p in root.rglob("*.toml") if CODE.fullmatch(p.stem))
    if not paths:
        raise RuleError(f"{root}: holds no rules")
    tables = _symbol_tables(root)
    rules: dict[str, Rule] = {}
    for path in paths:
        rule = read_rule(path, tables)
        if rule.code in rules:
            raise RuleError(f"{path}: key 'code': {rule.code} is declared twice")
        rules[rule.code] = rule
    for rule in rules.values():
        for code in set(rule.covers) - rules.keys():
            raise RuleError(f"{rule.code}: key 'covers': there is no rule {code}")
    return Catalog(rules, _digest(root), root)


@functools.cache
def shipped() -> Catalog:
    """The catalogue that came with this installation, read once per process.

    What an earlier process read is taken where no file has changed since.
    """
    folder = rules_folder()
    known, now = compiled.load(folder)
    if known is not None:
        return Catalog(known.rules, known.digest, folder, writer=known.writer)
    read = load()
    return (
        read if now is None else read._replace(writer=compiled.keep(read.rules, read.digest, now))
    )


def read_rule(path: pathlib.Path, tables: dict[str, list[dict[str, str]]]) -> Rule:
    """One TOML file -> one rule; RuleError names file and key of the first fault."""
    try:
        data = document(path.read_bytes())
    except (OSError, Unreadable) as error:
        raise RuleError(f"{path}: {error}") from error
    if isinstance(data.get("detector"), list):
        data["detector"] = tuple(data["detector"])
    try:
        rule = msgspec.convert(data, Rule)
        if rule.table:
            rows = _rows_of(rule, path, tables)
            rule = msgspec.structs.replace(rule, rows=rows)
    except msgspec.ValidationError as error:
        raise RuleError(f"{path}: {_key_first(str(error))}") from error
    for key, fault in _faults(rule, path):
        raise RuleError(f"{path}: key '{key}': {fault}")
    return rule


def _key_first(message: str) -> str:
    """msgspec writes the key last (`… - at `$.effort``); people look for it first."""
    place = re.search(r" - at `\$\.?([^`]*)`$", message)
    field = re.search(r"field `(\w+)`", message)
    key = ".".join(match[1] for match in (place, field) if match and match[1])
    said = message[: place.start()] if place else message
    return f"key '{key}': {said}" if key else said


def _faults(rule: Rule, path: pathlib.Path) -> Iterator[tuple[str, str]]:
    if rule.code != path.stem:
        yield "code", f"{rule.code} stands in a file named {path.name}"
    if not NAME.fullmatch(rule.name):
        yield "name", f"{rule.name!r} is not written in-lower-case-words"
    if rule.subject != path.parent.name:
        yield "subject", f"{rule.subject!r} stands in the folder {path.parent.name!r}"
    if not rule.bad:
        yield "bad", "a rule needs at least one example that it reports"
    if not rule.good:
        yield "good", "a rule needs at least one example that stays silent"
    if not (rule.symbols or rule.rows or rule.detectors or rule.fact or rule.emitted):
        yield "symbols", "the rule matches nothing: give symbols, table, detector or fact"
    if not (rule.verdict or rule.rows):
        yield "verdict", "the rule has no verdict for any target"
    if rule.effort.once[0] > rule.effort.once[1]:
        yield "effort.once", "the low end is above the high end"
    for index, verdict in enumerate(rule.verdict):
        if not re.match(r"https://|judgement$", verdict.evidence):
            yield f"verdict[{index}].evidence", "give an https address, or 'judgement'"
        if verdict.evidence == "judgement" and verdict.confidence != "inferred":
            yield f"verdict[{index}].confidence", "a judgement is 'inferred'"
    for index, fact in enumerate(rule.fact):
        for key in ("name", "value"):
            try:
                re.compile(getattr(fact, key))
            except re.error as error:
                yield f"fact[{index}].{key}", f"not a regular expression: {error}"


def _symbol_tables(root: pathlib.Path) -> dict[str, list[dict[str, str]]]:
    """Tables whose rows belong to rules: those with the columns `symbol` and `rule`."""
    tables = {}
    for path in sorted((root / "tables").glob("*.csv")):
        if {"symbol", "rule"} <= set(columns(path)):
            tables[path.stem] = read_table(path.stem, root)
    return tables


def _rows_of(
    rule: Rule, path: pathlib.Path, tables: dict[str, list[dict[str, str]]]
) -> dict[str, SymbolRow]:
    """The rule's rows by symbol; a cell of several names (`a;b`) makes a row for each."""
    if rule.table not in tables:
        raise RuleError(f"{path}: key 'table': there is no symbol table named {rule.table!r}")
    fields = SymbolRow.__struct_fields__
    rows = {}
    for raw in tables[rule.table]:
        if raw["rule"] != rule.code:
            continue
        cells = {k: v for k, v in raw.items() if k in fields and v}
        for symbol in filter(None, (s.strip() for s in raw["symbol"].split(";"))):
            try:
                rows[symbol] = msgspec.convert(cells | {"symbol": symbol}, SymbolRow, strict=False)
            except msgspec.ValidationError as error:
                where = f"tables/{rule.table}.csv: symbol {symbol!r}"
                raise RuleError(f"{path}: {where}: {_key_first(str(error))}") from error
    if not rows:
        raise RuleError(f"{path}: key 'table': {rule.table}.csv has no row for {rule.code}")
    return rows


def _digest(root: pathlib.Path) -> str:
    digest = hashlib.sha256()
    for path in sorted(p for p in root.rglob("*") if p.suffix in {".toml", ".csv"}):
        digest.update(path.relative_to(root).as_posix().encode() + b"\0" + path.read_bytes())
    return digest.hexdigest()[:16]
