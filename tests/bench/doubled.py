"""A checkout -> a tree of it whose catalogue has every rule twice: what a rule costs to have.

A twin has a free code and verdicts that report nothing, so that the findings stay what they are.
"""

import csv
import datetime
import pathlib
import shutil
import tomllib
from collections.abc import Iterator, Mapping
from typing import Any

import tomlkit

EMITTED = "emitted"
SILENT = {
    "impact": "none",
    "confidence": "inferred",
    "evidence": "judgement",
}
"""The verdict of a twin: what it matches works everywhere."""
HOT = "hot:"
EVER = datetime.date(2026, 1, 1)


def tree(checkout: pathlib.Path, into: pathlib.Path) -> pathlib.Path:
    """A copy of package and rules, as they are."""
    shutil.rmtree(into, ignore_errors=True)
    skip = shutil.ignore_patterns("__pycache__")
    for name in ("portlint", "rules"):
        shutil.copytree(checkout / name, into / name, ignore=skip)
    return into


def doubled(checkout: pathlib.Path, into: pathlib.Path, busy: bool) -> pathlib.Path:
    """A copy with twins that look for names nobody uses; `busy` ones' detectors run all the same.

    Without `busy` a twin's detector waits for a substring of its own, as a rule on another library
    does.
    """
    rules = tree(checkout, into) / "rules"
    originals = {path.stem: path for path in sorted(rules.glob("*/NEU*.toml"))}
    declared = {c: tomllib.loads(p.read_text(encoding="utf-8")) for c, p in originals.items()}
    codes = dict(zip(doubling(declared), free(declared), strict=False))
    for code, other in codes.items():
        text = tomlkit.dumps(twin(declared[code], other, busy))
        (originals[code].parent / f"{other}.toml").write_text(text, encoding="utf-8")
    for path in sorted((rules / "tables").glob("*.csv")):
        extend(path, codes)
    return into


def doubling(declared: Mapping[str, Mapping[str, Any]]) -> list[str]:
    """The rules that look for something."""
    return [code for code, rule in declared.items() if not rule.get(EMITTED)]


def free(taken: Mapping[str, object]) -> Iterator[str]:
    """Codes that no rule has."""
    return (code for number in range(1000) if (code := f"NEU{number:03}") not in taken)


def twin(rule: Mapping[str, Any], code: str, busy: bool) -> dict[str, Any]:
    """The same rule under another code, for other symbols, which reports nothing."""
    checked = [verdict["checked"] for verdict in rule.get("verdict", ())]
    gates = [other_gate(gate) for gate in rule.get("gates", ())]
    changed = {
        "code": code,
        "name": f"{rule['name']}-twin",
        "symbols": [other(symbol) for symbol in rule.get("symbols", ())],
        "gates": [*rule.get("gates", ()), *gates] if busy else gates,
        "verdict": [SILENT | {"checked": checked[0] if checked else EVER}],
    }
    kept = {key: value for key, value in rule.items() if key not in ("covers", "places")}
    return kept | changed


def other(symbol: str) -> str:
    """A name beside this one that nobody uses: `torch.cuda.Stream` -> `torch.cuda.maertS_twin`."""
    path, dot, last = symbol.removesuffix(".*").rpartition(".")
    return path + dot + _strange(last) + symbol[len(symbol.removesuffix(".*")) :]


def _strange(name: str) -> str:
    turned = f"{name[::-1]}_twin"
    return turned if turned.isidentifier() else f"n{turned}"


def other_gate(gate: str) -> str:
    """A gate that stays closed: a name beside the one it asks for, or the text backwards."""
    hot = HOT if gate.startswith(HOT) else ""
    asked = gate.removeprefix(HOT)
    if all(part.isidentifier() for part in asked.removesuffix(".*").split(".")):
        return hot + other(asked)
    return f"{hot}{asked[::-1]}_twin"


def extend(path: pathlib.Path, codes: Mapping[str, str]) -> None:
    """Add the rows of the twins to a table whose rows belong to rules by their symbols."""
    with path.open(encoding="utf-8", newline="") as file:
        reader = csv.DictReader(file)
        fields = list(reader.fieldnames or ())
        rows = [row for row in reader if row.get("rule") in codes]
    if not {"symbol", "rule"} <= set(fields):
        return
    with path.open("a", encoding="utf-8", newline="") as file:
        writer = csv.DictWriter(file, fields, lineterminator="\n")
        writer.writerows(_row(row, codes[row["rule"]]) for row in rows)


def _row(row: Mapping[str, str], code: str) -> dict[str, str]:
    symbols = ";".join(other(symbol.strip()) for symbol in row["symbol"].split(";"))
    silent = {"impact": "none", "impact_xla": "", "rule": code, "symbol": symbols}
    return {**row, **silent}
