"""Bytes of a cache -> a run that says what one without a cache says."""

import functools
import pathlib
import tempfile
from random import Random
from typing import Any

import msgspec

from portlint import config, engine
from portlint.cache import archive
from portlint.catalog import shipped
from portlint.config import Config
from tests.fuzz import texts
from tests.fuzz.broken import Broken

FILES = {
    "a.py": "import torch\nx = torch.cuda.Stream()\n",
    "pkg/__init__.py": "from .b import run\n",
    "pkg/b.py": "import torch\ndef run(x, device='cuda'):\n    return x.to(device)\n",
    "requirements.txt": "flash-attn==2.5\n",
}


class Kept:
    """A small tree, what a run says of it, and the cache that a run leaves."""

    def __init__(self) -> None:
        self.folder = tempfile.TemporaryDirectory()
        top = pathlib.Path(self.folder.name)
        root, self.cache = top / "root", top / "cache"
        for name, text in FILES.items():
            path = root / name
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_text(text)
        (top / "portlint.toml").touch()
        asked, _ = config.read((root,), {"jobs": 1}, None, shipped().rules)
        self.asked: Config = msgspec.structs.replace(asked, cache=self.cache)
        self.said = self.run()
        (self.file,) = self.cache.glob("run-*.bin")
        self.genuine = self.file.read_bytes()
        self.parts = self.parts_of(self.genuine)

    def run(self) -> bytes:
        """What a run says."""
        done = engine.run(self.asked)
        if done.internal_error:
            raise Broken("a cache makes a rule fail", repr(done.report.not_analysed))
        return msgspec.json.encode((done.report, done.left_out))

    def parts_of(self, data: bytes) -> dict[str, bytes]:
        """The parts of an archive that are whole."""
        self.file.write_bytes(data)
        with archive.reading(self.file, self.writer(self.genuine)) as found:
            parts = {name: found.part(name) for name in found.head.parts} if found else {}
        return {name: part for name, part in parts.items() if part is not None}

    def writer(self, data: bytes) -> str:
        """Who wrote a cache."""
        start = len(archive.MAGIC) + archive.DIGEST + 4
        size = int.from_bytes(data[start - 4 : start], "little")
        return msgspec.msgpack.decode(data[start : start + size], type=archive.Head).writer

    def sealed(self, parts: dict[str, bytes]) -> bytes:
        """An archive of these parts that looks like ours."""
        archive.write(self.file, self.writer(self.genuine), parts)
        return self.file.read_bytes()


@functools.cache
def kept() -> Kept:
    """Made once."""
    return Kept()


def seeds() -> list[bytes]:
    """What a run left."""
    return [kept().genuine]


def a_cache(data: bytes, default: str) -> None:
    """A run beside it says the same; one that was forged with care may say what it likes."""
    here = kept()
    forged = any(here.parts.get(name) != part for name, part in here.parts_of(data).items())
    here.file.write_bytes(data)
    if here.run() != here.said and not forged:
        raise Broken("a damaged cache changes what a run says")


def forged(data: bytes, other: bytes, random: Random) -> bytes:
    """Other contents of a part, under digests that fit."""
    here = kept()
    parts = here.parts_of(data) or dict(here.parts)
    name = random.choice(list(parts))
    change = random.choice((texts.octets, texts.cut, texts.odd, _turned))
    return here.sealed(
        {**parts, name: change(parts[name], random.choice(list(parts.values())), random)}
    )


def _turned(data: bytes, other: bytes, random: Random) -> bytes:
    """Other values, as msgpack writes them."""
    values: tuple[Any, ...] = (
        None,
        0,
        -1,
        2**63,
        1.5,
        "",
        "x",
        [],
        {},
        [[]],
        b"",
        {"a": 1},
        float("nan"),
    )
    at = random.randint(0, len(data))
    new = msgspec.msgpack.encode(random.choice(values))
    return data[:at] + new + data[at + random.randint(0, len(new)) :]
