"""`# expect: CODE[, CODE guarded]` marks in a file -> what must be reported, and nothing else.

`# traced: CODE` asks for what is reported only when the model is traced as well.
"""

import pathlib
import re
from collections.abc import Iterator

from portlint import config, engine
from portlint.catalog import shipped
from portlint.report import Report

MARK = re.compile(r"(?:#|//)\s*expect:\s*(?P<codes>NEU\d{3}[^\n]*)")
TRACED = re.compile(r"(?:#|//)\s*traced:\s*(?P<codes>NEU\d{3}[^\n]*)")
CODE = re.compile(r"(NEU\d{3})(?:\s+(guarded|test|example))?")
COMMENT = re.compile(r"\s*(#|//)")

Expected = tuple[str, int, str, str]
"""Path, line, code and context."""


def marks(text: str, path: str, traced: bool = False) -> Iterator[Expected]:
    """What the marks of one file ask for; a mark on a line of its own speaks of the next line."""
    lines = text.split("\n")
    for number, line in enumerate(lines, 1):
        for pattern in (MARK, TRACED) if traced else (MARK,):
            match = pattern.search(line)
            if match is None:
                continue
            place = number
            if not line[: match.start()].strip():
                place += 1
                while COMMENT.match(lines[place - 1]):
                    place += 1
            for code, context in CODE.findall(match["codes"]):
                yield path, place, code, context or "live"


def reported(report: Report) -> set[Expected]:
    return {(f.path, f.line, f.rule, f.context) for f in report.findings}


def run(folder: pathlib.Path, **flags: str | bool | tuple[str, ...] | None) -> Report:
    """The report on a folder, without looking for a configuration."""
    empty = folder.parent / "empty.toml"
    empty.touch()
    settings, _ = config.read((folder,), {"jobs": 1, **flags}, empty, shipped().rules)
    done = engine.run(settings)
    assert not done.internal_error, done.report.not_analysed
    return done.report
