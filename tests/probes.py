"""Asks torch-xla every call of rules/oracle/probes.jsonl again and writes what it says today.

`python -m tests.probes` needs the interpreter that `portlint oracle status` names. A new probe is a
line with a name and a call; the answer is filled in here. Look at the difference before it stays.
"""

from __future__ import annotations

import sys
import tempfile
from pathlib import Path
from typing import Any

import msgspec

from portlint.catalog import rules_folder
from portlint.oracle import interpreter
from portlint.oracle.protocol import Answer, Query
from portlint.oracle.session import Session

FILE = rules_folder() / "oracle" / "probes.jsonl"


def line(name: str, call: Query, answer: Answer) -> bytes:
    """A probe as it is written: what has its default is left out."""
    asked: dict[str, Any] = {"op": call.op, "kwargs": call.kwargs}
    said = {k: v for k, v in msgspec.to_builtins(answer).items() if v != getattr(EMPTY, k)}
    return msgspec.json.encode(
        {"name": name, "call": asked, "answer": {"status": answer.status, **said}}
    )


EMPTY = Answer(status="lowered")


def main() -> int:
    """Rewrite the file; 0. Nothing is taken from the cache of answers."""
    lines = [msgspec.json.decode(text) for text in FILE.read_bytes().splitlines()]
    calls = [msgspec.convert(item["call"], Query) for item in lines]
    with (
        tempfile.TemporaryDirectory() as folder,
        Session(interpreter.find(None), folder=Path(folder)) as session,
    ):
        answers = session.ask(calls)
    written = [line(i["name"], c, a) for i, c, a in zip(lines, calls, answers, strict=True)]
    FILE.write_bytes(b"".join(text + b"\n" for text in written))
    print(f"{FILE}: {len(written)} probes")
    return 0


if __name__ == "__main__":
    sys.exit(main())
