"""A run's rules, settings and files -> the digest by which its answer is known."""

from __future__ import annotations

import os

import msgspec

from portlint.cache.memory import Key, Memory
from portlint.catalog import Catalog
from portlint.config import Config
from portlint.overlay import Overlay


def question(rules: Catalog, config: Config, memory: Memory) -> Key:
    """All that a report depends on."""
    return memory.question(settings(rules, config))


def settings(rules: Catalog, config: Config) -> bytes:
    """The same without the files: not how fast it is made, nor what is done with it then."""
    asked = msgspec.structs.replace(
        config, overlay=Overlay(), baseline=None, diff_base=None, jobs=None, cache=None
    )
    plain = msgspec.to_builtins(asked, enc_hook=_plain)
    place = os.fsencode(os.path.abspath(""))  # noqa: PTH100 - bytes: a name need not be UTF-8
    return msgspec.msgpack.encode((rules.digest, place, plain))


def _plain(value: object) -> object:
    return sorted(value) if isinstance(value, frozenset) else os.fsencode(str(value))
