"""Rows and where they were measured <-> docs/bench.json."""

import datetime
import os
import pathlib
import platform
import subprocess

import msgspec

from portlint import __version__
from tests.bench.bench import Row
from tests.bench.peers import versions
from tests.bench.rows import ROWS


class Measured(msgspec.Struct, frozen=True):
    """A row, the day it was measured, and the revision it was measured on."""

    row: Row
    day: datetime.date
    revision: str


class Record(msgspec.Struct, frozen=True):
    """All rows by name that were measured with these versions on one machine."""

    machine: str
    versions: dict[str, str]
    rows: dict[str, Measured] = {}


def here() -> Record:
    """This machine and these versions, without rows."""
    return Record(machine(), {"portlint": __version__, **versions()})


def machine() -> str:
    """Processor, cores, system and Python, in a line."""
    memory = os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES") / 2**30
    python = f"{platform.python_implementation()} {platform.python_version()}"
    kind = f"{os.cpu_count()} cores, {memory:.0f} GiB, {platform.system()} on {platform.machine()}"
    return f"{_processor()}, {kind}, {python}"


def _processor() -> str:
    try:
        text = pathlib.Path("/proc/cpuinfo").read_text(encoding="utf-8")
    except OSError:
        return platform.processor() or "unknown processor"
    names = [line.partition(":")[2].strip() for line in text.splitlines() if "model name" in line]
    return names[0] if names else "unknown processor"


def revision(checkout: pathlib.Path) -> str:
    """The commit that is measured, with a + where the work tree differs; "" outside git."""
    asked = ("git", "-C", str(checkout), "describe", "--always", "--dirty=+", "--exclude=*")
    done = subprocess.run(asked, capture_output=True, text=True)
    return done.stdout.strip() if done.returncode == 0 else ""


def read(path: pathlib.Path) -> Record:
    """What was recorded earlier, as far as it can stand beside what is measured now."""
    now = here()
    if not path.exists():
        return now
    old = msgspec.json.decode(path.read_bytes(), type=Record)
    return old if (old.machine, old.versions) == (now.machine, now.versions) else now


def added(record: Record, name: str, measured: Measured) -> Record:
    """The record with this row, in the order of the table."""
    rows = record.rows | {name: measured}
    ordered = {known: rows[known] for known in ROWS if known in rows}
    return msgspec.structs.replace(record, rows=ordered)


def write(record: Record, path: pathlib.Path) -> None:
    """Keep it, for people and programs to read."""
    path.write_bytes(msgspec.json.format(msgspec.json.encode(record), indent=1) + b"\n")
