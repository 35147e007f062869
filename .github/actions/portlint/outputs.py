"""REPORT SARIF COMMENT CODE -> outputs and summary of the step, as files that the runner named."""

import json
import os
import pathlib
import sys
import uuid
from typing import Any

ROOM = 1024 * 1024
"""Bytes that the host keeps of a step's summary; with more it keeps nothing."""
WRONG = "portlint did not finish (exit code {code}): the log of this step says why.\n"


def main() -> None:
    """What the run wrote is passed on; a run that wrote nothing says so in the summary."""
    report, sarif, comment = map(pathlib.Path, sys.argv[1:4])
    if report.is_file():
        found = outputs(json.loads(report.read_text(encoding="utf-8")))
        append("GITHUB_OUTPUT", lines(found | {"sarif": str(sarif), "comment": str(comment)}))
    text = comment.read_text(encoding="utf-8") if comment.is_file() else ""
    append("GITHUB_STEP_SUMMARY", fitted(text) or WRONG.format(code=sys.argv[4]))


def outputs(report: dict[str, Any]) -> dict[str, str]:
    """The figures of a report; empty where it has none."""
    summary = report["summary"]
    return {
        "score": "" if summary["score"] is None else str(summary["score"]),
        "difficulty": summary["difficulty"] or "",
        "hours": "-".join(f"{hours:g}" for hours in summary["hours"] or ()),
        "new": str(summary["new"]),
    }


def lines(values: dict[str, str]) -> str:
    """Each value between marks that nobody can guess: a path may hold a line break."""
    mark = f"end-{uuid.uuid4()}"
    return "".join(f"{name}<<{mark}\n{value}\n{mark}\n" for name, value in values.items())


def fitted(text: str) -> str:
    """What the host has room for."""
    return text.encode("utf-8")[: ROOM - 1].decode("utf-8", "ignore")


def append(variable: str, text: str) -> None:
    """To the file that the environment names; outside of a runner there is none."""
    if os.environ.get(variable):
        with pathlib.Path(os.environ[variable]).open("a", encoding="utf-8") as file:
            file.write(text)


if __name__ == "__main__":
    main()
