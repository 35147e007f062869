"""Tables that have a shape of their own -> rows of knowledge."""

from collections.abc import Callable, Iterator
from datetime import date
from pathlib import Path

import msgspec

from portlint.attention.kinds import kinds
from portlint.attention.table import table
from portlint.catalog import read_table
from portlint.fates import operators
from portlint.row import Row, split
from portlint.targets import minor

STATUS = {
    "breaks": "unsupported",
    "accuracy": "differs",
    "slow": "slow",
    "none": "supported",
}
"""What an impact of a rule is called as a status."""
FAMILIES = (("native", ("native-eager", "native-compile", "vllm")), ("xla", ("xla",)))


def symbols(table: str, kind: str, info: str) -> Callable[[Path], Iterator[Row]]:
    """A table whose rows belong to rules, a row for each family of stacks.

    `info` is the status of what is only worth knowing: a call that does nothing, a library that
    needs a look.
    """

    def adapt(folder: Path) -> Iterator[Row]:
        for cells in read_table(table, folder):
            names = split(cells["symbol"])
            pips = tuple(p for p in split(cells.get("pip", "")) if p not in names)
            for family, stacks in FAMILIES:
                impact = (family == "xla" and cells["impact_xla"]) or cells["impact"]
                judged = cells["evidence"] == "judgement"
                yield Row(
                    name=names[0],
                    aliases=names[1:] + pips,
                    kind=kind,
                    status=(STATUS | {"info": info})[impact],
                    restriction=cells["what"],
                    instead=cells[family],
                    stack=stacks,
                    evidence="judgement" if judged else cells["evidence"],
                    confidence=cells["confidence"],  # type: ignore[arg-type]
                    checked=date.fromisoformat(cells["checked"]),
                    rule=cells["rule"],
                    table=table,
                )

    return adapt


def kernels(folder: Path) -> Iterator[Row]:
    """nki_library.csv: what a CUDA kernel is called there, and its kernel in the NKI library."""
    for cells in read_table("nki_library", folder):
        yield Row(
            name=cells["kernel"],
            kind="kernel",
            status="supported",
            restriction="stands in for CUDA and Triton kernels of that name",
            evidence=cells["evidence"],
            confidence="inferred",
            checked=date.fromisoformat(cells["checked"]),
            table="nki_library",
        )


def hardware(folder: Path) -> Iterator[Row]:
    """hardware.csv: the memory a process may count on."""
    for cells in read_table("hardware", folder):
        cores = f"{cells['gib_per_core']} GiB for a core that a process sees"
        yield Row(
            name=cells["chip"],
            kind="hardware",
            status="supported",
            restriction=f"{cores} (LNC={cells['lnc']}): {cells['note']}",
            chip=(cells["chip"],),
            evidence=cells["evidence"],
            confidence=cells["confidence"],  # type: ignore[arg-type]
            checked=date.fromisoformat(cells["checked"]),
            table="hardware",
        )


def degrees(folder: Path) -> Iterator[Row]:
    """degrees.csv: over how many cores of a chip a tensor-parallel model may go."""
    for cells in read_table("degrees", folder):
        note = f": {cells['note']}" if cells["note"] else ""
        yield Row(
            name=f"tensor-parallel degrees of {cells['chip']}",
            kind="hardware",
            status="supported",
            restriction=f"{', '.join(split(cells['degrees']))} cores{note}",
            chip=(cells["chip"],),
            evidence=cells["evidence"],
            confidence=cells["confidence"],  # type: ignore[arg-type]
            checked=date.fromisoformat(cells["checked"]),
            table="degrees",
        )


def releases(folder: Path) -> Iterator[Row]:
    """releases.csv: what each SDK shipped."""
    for cells in read_table("releases", folder):
        shipped = (("torch", cells["torch"]), ("Python", cells["python"]))
        said = "; ".join(f"{k} {', '.join(split(v))}" for k, v in shipped if v)
        yield Row(
            name=f"SDK {cells['sdk']}",
            aliases=(cells["sdk"],),
            kind="release",
            status="supported",
            restriction=f"{cells['date'] or 'day not published'}; {said}",
            chip=split(cells["instances"]),
            sdk=f"=={minor(cells['sdk'])}.*",
            evidence=cells["evidence"],
            confidence="documented",
            checked=date.fromisoformat(cells["checked"]),
            table="releases",
        )


def targets(folder: Path) -> Iterator[Row]:
    """targets.csv: the releases that ship a stack for a chip and a workload."""
    for cells in read_table("targets", folder):
        last = f",<={cells['last_sdk']}" if cells["last_sdk"] else ""
        yield Row(
            name=f"{cells['chip']} {cells['stack']}",
            kind="release",
            status="supported",
            restriction=cells["note"],
            stack=(cells["stack"],),
            chip=(cells["chip"],),
            workload=(cells["workload"],),
            sdk=f">={cells['first_sdk']}{last}",
            evidence=cells["evidence"],
            confidence="documented",
            checked=date.fromisoformat(cells["checked"]),
            table="targets",
        )


def attention(folder: Path) -> Iterator[Row]:
    """attention_paths.csv: what serves each kind; limits are those of features, not of kinds."""
    known = kinds()
    for row in table(folder):
        for name in () if row.when else (kind for kind in known if kind in row.kinds):
            yield msgspec.structs.replace(row.fact, name=name, aliases=known[name].aliases)


ADAPTERS: dict[str, Callable[[Path], Iterator[Row]]] = {
    "aten": operators,
    "attention_paths": attention,
    "cuda_api": symbols("cuda_api", "api", "ignored"),
    "libraries": symbols("libraries", "library", "restricted"),
    "nki_library": kernels,
    "hardware": hardware,
    "degrees": degrees,
    "releases": releases,
    "targets": targets,
}
"""Table -> its adapter; a table of words for one rule alone has none."""
