"""What the server and the process that analyses say to each other, and how it is framed."""

from __future__ import annotations

from typing import Any

import msgspec

from portlint.lsp.settings import Settings
from portlint.model import Finding, Frozen, Target

HEAD = 4
"""Bytes before each message that tell its length."""


class Place(Frozen, frozen=True, kw_only=True):
    """Where a document stands: its root and its POSIX name from there; `path` if it is a file.

    `folder` says that the root was opened as a folder: what a walk leaves out of it stays silent.
    """

    root: str
    name: str
    path: str | None = None
    folder: bool = False


class Analyse(Frozen, frozen=True, kw_only=True, tag=True):
    """Analyse a text.

    `typing` says that its user is amid a change: what is no Python may wait. `quick` asks for a
    first answer where the whole text would take long.
    """

    id: int
    place: Place
    text: str
    settings: Settings
    target: Target | None = None
    typing: bool = False
    quick: bool = False


class Choose(Frozen, frozen=True, kw_only=True, tag=True):
    """Complete a target that was named in part, for the place that is worked on."""

    id: int
    wanted: dict[str, str]


class Write(Frozen, frozen=True, kw_only=True, tag=True):
    """Write the page of a rule, by code or name, where a browser or an editor can open it."""

    id: int
    rule: str


class Cancel(Frozen, frozen=True, kw_only=True, tag=True):
    """Nobody waits for this answer any more."""

    id: int


class Forget(Frozen, frozen=True, kw_only=True, tag=True):
    """A file that says what is left out, or a configuration, has changed."""


class Rule(Frozen, frozen=True, kw_only=True):
    """What a hover tells of a rule, and its page as a URL."""

    name: str
    why: str
    fix: str
    page: str


class Analysed(Frozen, frozen=True, kw_only=True, tag=True):
    """What became of a text.

    `findings` of it, those that do not count by number in `dimmed`; or `left_out`, why `check`
    would not read it; or `fault`, why it could not be read, which stands at `line`. `crashes` are
    rules that failed, `wrong` says what keeps the configuration from being used. `first` is an
    answer that the whole text may still change.
    """

    id: int
    findings: tuple[Finding, ...] = ()
    dimmed: tuple[int, ...] = ()
    rules: dict[str, Rule] = msgspec.field(default_factory=dict)
    target: Target | None = None
    config: str | None = None
    remark: str | None = None
    left_out: str | None = None
    fault: str | None = None
    line: int = 1
    unread: tuple[str, ...] = ()
    crashes: tuple[str, ...] = ()
    wrong: str | None = None
    first: bool = False


class Chosen(Frozen, frozen=True, kw_only=True, tag=True):
    """A complete target, or why there is none; `pairs` are the chips and stacks there are."""

    id: int
    target: Target | None = None
    wrong: str | None = None
    pairs: tuple[tuple[str, str], ...] = ()


class Written(Frozen, frozen=True, kw_only=True, tag=True):
    """The URL of a rule's page, or why there is none."""

    id: int
    url: str | None = None
    wrong: str | None = None


class Ready(Frozen, frozen=True, kw_only=True, tag=True):
    """The process has loaded what it needs."""


Order = Analyse | Choose | Write | Cancel | Forget
Answer = Analysed | Chosen | Written | Ready


def framed(message: Order | Answer) -> bytes:
    """A message as bytes, with their number before them."""
    data = msgspec.msgpack.encode(message)
    return len(data).to_bytes(HEAD, "big") + data


def order(data: bytes) -> Order:
    """What the server asks for."""
    read: Any = msgspec.msgpack.decode(data, type=Order)
    return read  # type: ignore[no-any-return]


def answer(data: bytes) -> Answer:
    """What the process found."""
    read: Any = msgspec.msgpack.decode(data, type=Answer)
    return read  # type: ignore[no-any-return]
