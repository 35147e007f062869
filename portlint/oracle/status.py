"""`portlint oracle status`: which interpreter answers, what it has, and whether it works."""

from __future__ import annotations

import pathlib
from collections.abc import Mapping
from typing import Any

import click
import msgspec

from portlint.errors import UsageError
from portlint.oracle import home, interpreter
from portlint.oracle.install import verified
from portlint.oracle.interpreter import Source
from portlint.render.words import visible


class Status(msgspec.Struct, frozen=True, kw_only=True):
    """What there is; `reason` says why it is not ready, and what to do."""

    ready: bool
    source: Source | None = None
    interpreter: str | None = None
    versions: dict[str, str] | None = None
    size: int | None = None
    reason: str | None = None


def main(flags: Mapping[str, Any]) -> int:
    """Print it; 0 whether it is ready or not: the answer was given."""
    found = status(flags["oracle_python"])
    if flags["format_"] == "json":
        click.echo(msgspec.json.format(msgspec.json.encode(found), indent=2).decode())
        return 0
    click.echo("\n".join(_lines(found)))
    return 0


def status(asked: pathlib.Path | None) -> Status:
    """Look at the interpreter that counts, and let it answer once."""
    try:
        named = interpreter.named(asked)
    except UsageError as error:
        return Status(ready=False, source="cache", reason=str(error))
    if named is None:
        return Status(ready=False, reason=interpreter.NONE)
    try:
        found = interpreter.look(named)
        versions = verified(pathlib.Path(found.python))
    except UsageError as error:
        return Status(
            ready=False, source=named.source, interpreter=str(named.python), reason=str(error)
        )
    own = named.source == "cache"
    return Status(
        ready=True,
        source=named.source,
        interpreter=found.python,
        versions=versions,
        size=home.size(home.environment()) if own else None,
    )


def _lines(found: Status) -> list[str]:
    lines = [f"{'ready' if found.ready else 'not ready'}"]
    if found.interpreter:
        by = {"env": interpreter.VARIABLE, "option": interpreter.OPTION, "cache": "cache"}
        lines.append(f"interpreter  {visible(found.interpreter)} ({by[found.source or 'cache']})")
    for name, version in (found.versions or {}).items():
        lines.append(f"{name:12} {visible(version)}")
    if found.size is not None:
        lines.append(f"{'size':12} {found.size / 1e9:.1f} GB")
    if found.reason:
        lines.append(visible(found.reason))
    return lines
