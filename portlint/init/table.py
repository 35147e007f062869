"""The target -> [tool.portlint] in pyproject.toml, or portlint.toml where there is none."""

import pathlib
import tomllib

from portlint.config import find
from portlint.init.change import Change, Part, like, read
from portlint.init.setup import Setup, filled

NAME = "config"


def part(setup: Setup) -> Part:
    """Nothing where a configuration holds already, also that of a folder above."""
    folder = setup.place.folder
    there = find([folder]).file
    if there is not None:
        keep = f"{there} has a configuration: change the target there"
        return Part(NAME, remarks=(keep,) if setup.asked else ())
    project = folder / "pyproject.toml"
    text = read(project)
    made = _grown(text, setup) if text is not None else None
    if made is not None:
        return Part(NAME, (Change(project, text, made),))
    own = folder / "portlint.toml"
    return Part(NAME, (Change(own, read(own), _table(setup, "")),), _why(text, project))


def _why(text: str | None, project: pathlib.Path) -> tuple[str, ...]:
    """Why a file of its own is written although there is a pyproject.toml."""
    if text is None:
        return ()
    return (f"{project} cannot take a table: portlint.toml holds the configuration",)


def _grown(text: str, setup: Setup) -> str | None:
    """The text with the table at its end, if that reads as what it was and the table."""
    gap = "" if not text.strip() else "\n" if text.endswith("\n") else "\n\n"
    made = text + like(gap + _table(setup, "[tool.portlint]\n"), text)
    try:
        old, new = tomllib.loads(text), tomllib.loads(made)
    except tomllib.TOMLDecodeError:
        return None
    mine = new["tool"].pop("portlint")
    old.setdefault("tool", {})
    return made if mine and new == old else None


def _table(setup: Setup, head: str) -> str:
    target = setup.target
    return head + filled(
        "table.toml", chip=target.chip, stack=target.stack, workload=target.workload
    )
