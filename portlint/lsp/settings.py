"""What an editor says under `portlint` -> settings, and what of it could not be used."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Literal

import msgspec

from portlint.model import Frozen

FLAGS = (
    *("chip", "stack", "sdk", "workload", "select", "ignore", "min_confidence", "include"),
    "knowledge",
)
"""Settings that mean what the flags of `check` of the same name mean; they win as those do."""


class Settings(Frozen, frozen=True, kw_only=True, rename="camel"):
    """The keys of the section `portlint`, as editors write them.

    `guarded` says what becomes of findings that are not counted (behind a guard, in tests and
    examples, in the baseline): dimmed hints, or nothing. `debounce` is in milliseconds.
    """

    enable: bool = True
    chip: str | None = None
    stack: str | None = None
    sdk: str | None = None
    workload: str | None = None
    select: tuple[str, ...] = ()
    ignore: tuple[str, ...] = ()
    min_confidence: str | None = None
    include: tuple[str, ...] = ()
    knowledge: str | None = None
    config: str | None = None
    guarded: Literal["hint", "hide"] = "hint"
    debounce: int = 200

    @property
    def flags(self) -> dict[str, Any]:
        """The settings as flags."""
        return {name: getattr(self, name) for name in FLAGS}


def read(section: object, base: Settings | None = None) -> tuple[Settings, list[str]]:
    """The settings on top of `base`; a key that is wrong is left out and told in a sentence."""
    settings = base or Settings()
    if section is None:
        return settings, []
    if not isinstance(section, Mapping):
        return settings, ["the settings under 'portlint' must be a table of keys"]
    faults: list[str] = []
    known = dict(zip(Settings.__struct_encode_fields__, Settings.__struct_fields__, strict=True))
    for key, value in section.items():
        field = known.get(key) or key.replace("-", "_")
        if field not in Settings.__struct_fields__:
            faults.append(f"setting portlint.{key} is not known: choose from {', '.join(known)}")
        elif value is not None:
            settings = _with(settings, field, value, key, faults)
    return settings, faults


def _with(settings: Settings, field: str, value: Any, key: str, faults: list[str]) -> Settings:
    """One setting changed; an empty text is what editors write for "not set"."""
    name = Settings.__struct_encode_fields__[Settings.__struct_fields__.index(field)]
    try:
        one = msgspec.convert({name: value}, Settings) if value != "" else Settings()
    except msgspec.ValidationError as error:
        faults.append(f"setting portlint.{key}: {str(error).split(' - at ')[0]}")
        return settings
    return msgspec.structs.replace(settings, **{field: getattr(one, field)})
