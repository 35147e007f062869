"""rules/plan.toml -> the stages of a migration, and what has to be there before something else."""

import functools
import pathlib
import tomllib
from collections.abc import Sequence

import msgspec

from portlint.catalog import Catalog
from portlint.errors import UsageError
from portlint.model import Frozen


class Step(Frozen, frozen=True, kw_only=True):
    """A stage: which causes belong to it, by the beginning of their key, and what comes before."""

    name: str
    title: str
    why: str
    codes: tuple[str, ...]
    after: tuple[str, ...]


class Before(Frozen, frozen=True, kw_only=True):
    """Causes that come before others whatever file they are in."""

    first: tuple[str, ...]
    then: tuple[str, ...]
    why: str


class Steps(Frozen, frozen=True, kw_only=True):
    """All stages in order."""

    stage: tuple[Step, ...]
    before: tuple[Before, ...] = ()

    def of(self, key: str) -> int:
        """The stage of a root cause, by the longest beginning that fits."""
        fits = [
            (len(code), -number)
            for number, step in enumerate(self.stage)
            for code in step.codes
            if key.startswith(code)
        ]
        return -max(fits)[1] if fits else 0


def level(key: str, before: Sequence[Before]) -> int:
    """How many groups of causes have to be there before a root cause; 0 for most."""
    fits = [
        1 + max((level(code, before) for code in group.first), default=0)
        for group in before
        if key.startswith(group.then)
    ]
    return max(fits, default=0)


def steps(catalog: Catalog) -> Steps:
    """The stages of a catalogue."""
    return _read(catalog.folder / "plan.toml")


@functools.cache
def _read(file: pathlib.Path) -> Steps:
    found = msgspec.convert(tomllib.loads(file.read_text(encoding="utf-8")), Steps)
    order = {step.name: number for number, step in enumerate(found.stage)}
    for step in found.stage:
        for first in step.after:
            if order.get(first, len(order)) >= order[step.name]:
                raise UsageError(f"{file}: stage {step.name}: {first} does not come before it")
    return found
