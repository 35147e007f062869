"""Flags of `portlint init` -> the changes shown, a question, and the files written."""

import pathlib
import sys
from collections.abc import Iterator, Mapping, Sequence
from typing import Any, get_args

import click

from portlint import targets
from portlint.errors import UsageError
from portlint.init import github, gitlab, precommit, table, vscode
from portlint.init.candidates import candidates
from portlint.init.change import Change, Part, difference, write
from portlint.init.origin import origin
from portlint.init.place import Place, place
from portlint.init.setup import Setup
from portlint.model import Workload
from portlint.render.words import plural, visible

PARTS = {part.NAME: part.part for part in (table, github, gitlab, precommit, vscode)}
OF_A_REPOSITORY = ("github", "gitlab", "pre-commit")
"""These are read at the root of a repository only."""
SHOWN = 10
"""Models named; there may be hundreds."""
COLORS = {"+": "green", "-": "red", "@": "cyan"}


def run(flags: Mapping[str, Any]) -> int:
    """Show what would be written, ask, write; a second run has nothing to do."""
    setup, remarks = _setup(flags)
    names, left = _names(flags["only"], setup.place)
    parts = [PARTS[name](setup) for name in names]
    changes = [change for part in parts for change in part.changes]
    for line in _shown(changes, setup.place.folder):
        click.secho(visible(line), fg=COLORS.get(line[:1]), color=flags["color"])
    fetched = any(part.changes for part in parts if part.name in OF_A_REPOSITORY)
    told = [*remarks, *left] if fetched else left
    for remark in [*told, *(remark for part in parts for remark in part.remarks)]:
        click.echo(f"note: {remark}", err=True)
    if not changes:
        click.echo("nothing to do: " + _state(parts))
        return 0
    if not _agreed(changes, flags["yes"]):
        return 0
    for change in changes:
        write(change)
        click.echo(f"wrote {change.file.relative_to(setup.place.folder).as_posix()}")
    for line in _next(setup.place.folder):
        click.echo(line)
    return 0


def _setup(flags: Mapping[str, Any]) -> tuple[Setup, list[str]]:
    folder = flags["folder"].absolute()
    if not folder.is_dir():
        raise UsageError(f"{flags['folder']}: there is no such folder")
    loads = get_args(Workload)
    if flags["workload"] not in (None, *loads):
        raise UsageError(
            f"workload {flags['workload']!r} is not known: choose one of {', '.join(loads)}"
        )
    target, _ = targets.resolve(flags["chip"], flags["stack"], None, flags["workload"])
    source, guess = origin(flags["source"], flags["version"])
    asked = any(flags[name] for name in ("chip", "stack", "workload"))
    setup = Setup(place(folder), source, target, asked)
    return setup, [guess] if guess else []


def _names(only: Sequence[str], where: Place) -> tuple[list[str], list[str]]:
    """The parts to write, and why others are not."""
    unknown = [name for name in only if name not in PARTS]
    if unknown:
        raise UsageError(f"--only {unknown[0]} is not known: choose of {', '.join(PARTS)}")
    names = [name for name in PARTS if name in only or not only]
    left = []
    if where.root not in (None, where.folder):
        inside = [name for name in names if name in OF_A_REPOSITORY]
        names = [name for name in names if name not in inside]
        left = [f"{name}: belongs to the root of the repository, {where.root}" for name in inside]
    if not only and where.hosts:
        other = [name for name in names if name in ("github", "gitlab") and name not in where.hosts]
        names = [name for name in names if name not in other]
        (host,) = sorted(where.hosts)[:1]
        left += [f"{name}: left out, this is on {host}; --only {name} writes it" for name in other]
    return names, left


def _shown(changes: Sequence[Change], root: pathlib.Path) -> Iterator[str]:
    for change in changes:
        yield from difference(change, root)


def _state(parts: Sequence[Part]) -> str:
    by_hand = [part.name for part in parts if part.remarks]
    done = [part.name for part in parts if not part.remarks]
    said = f"{', '.join(done)} set up already" if done else ""
    rest = f"{', '.join(by_hand)} as noted above" if by_hand else ""
    return "; ".join(text for text in (said, rest) if text) or "no part was asked for"


def _agreed(changes: Sequence[Change], yes: bool) -> bool:
    if yes:
        return True
    if not (sys.stdin.isatty() and sys.stdout.isatty()):
        click.echo("nothing was written: there is no terminal to ask in, --yes writes it")
        return False
    agreed = click.confirm(f"write {plural(len(changes), 'file')}?")
    if not agreed:
        click.echo("nothing was written")
    return agreed


def _next(folder: pathlib.Path) -> Iterator[str]:
    yield "next: `portlint check` shows what there is; to fail on what is new only, write"
    yield "  `portlint check --write-baseline portlint-baseline.json` and commit that file with the"
    yield "  key `baseline` in the configuration"
    models = candidates(folder)
    if models:
        more = f" and {len(models) - SHOWN} more" if len(models) > SHOWN else ""
        yield f"models that could be traced (list yours as `models`; nothing was run){more}:"
        yield from (f"  {visible(model)}" for model in models[:SHOWN])
