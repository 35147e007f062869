"""An input as one text: some files, each under a line with its name."""

import re
from typing import NamedTuple

HEAD = re.compile(rb"^%% ([A-Za-z0-9_./-]{1,60})\n", re.MULTILINE)


class Part(NamedTuple):
    """A file of an input."""

    name: str
    data: bytes


def parts(data: bytes, default: str) -> list[Part]:
    """The files; what stands before the first name, or an input without one, is the default's."""
    found = HEAD.split(data)
    named = [Part(n.decode(), d) for n, d in zip(found[1::2], found[2::2], strict=True)]
    return [Part(default, found[0]), *named] if found[0] or not named else named


def joined(files: list[Part]) -> bytes:
    """The text that `parts` takes apart."""
    return b"".join(b"%% " + part.name.encode() + b"\n" + part.data for part in files)


def safe(name: str) -> bool:
    """Whether a name stays below the folder it is written to."""
    return not name.startswith("/") and not {"", ".", ".."} & set(name.split("/"))
