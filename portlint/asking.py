"""`portlint query`: names and flags -> answers on standard output, and an exit code."""

import shutil
from collections.abc import Mapping
from typing import Any

import click
import msgspec

from portlint import catalog, config
from portlint.command import click_color, write
from portlint.errors import UsageError
from portlint.model import Target
from portlint.overlay import over
from portlint.query.answer import Answers
from portlint.query.known import prepare
from portlint.query.nearest import nearest
from portlint.query.said import answer
from portlint.query.subject import subject
from portlint.render import answers
from portlint.render.words import visible
from portlint.targets import resolve, supported


def run(flags: Mapping[str, Any]) -> int:
    """0 when something is known of every name, 1 when a name is unknown."""
    wanted = {key: flags[key] for key in ("chip", "stack", "sdk", "workload", "knowledge")}
    settings, remark = config.read((), wanted, flags["config"], catalog.shipped().rules)
    if remark:
        click.echo(f"note: {remark}", err=True)
    known = prepare(over(catalog.shipped(), settings.overlay))
    target = None if flags["matrix"] else settings.target
    every = pairs(settings, flags["sdk"])
    asked = {name: subject(name, known) for name in dict.fromkeys(flags["names"])}
    found = Answers(
        digest=known.catalog.digest,
        answers=tuple(answer(about, known, target, every) for about in asked.values() if about),
        unknown={name: nearest(name, known) for name, about in asked.items() if about is None},
    )
    if flags["format_"] == "json":
        write(msgspec.json.format(msgspec.json.encode(found), indent=2).decode() + "\n")
    else:
        shown = answers.text(found, min(shutil.get_terminal_size((100, 24)).columns, 120))
        write(shown if click_color(flags["color"]) else click.unstyle(shown))
    for name, near in found.unknown.items():
        meant = f": did you mean {', '.join(near)}?" if near else ""
        click.echo(f"nothing is known of {visible(name)!r}{meant}", err=True)
    return int(bool(found.unknown))


def pairs(settings: config.Config, sdk: str | None) -> list[Target]:
    """Every possible pair of chip and stack, at the release asked for or the newest it has."""
    found = []
    for chip, stack in dict.fromkeys((row.chip, row.stack) for row in supported()):
        try:
            target, _ = resolve(
                chip, stack, sdk, settings.target.workload, settings.overlay.releases
            )
        except UsageError:
            continue  # not shipped for this workload, or not yet at this release
        found.append(target)
    return found
