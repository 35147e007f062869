"""Arguments -> what the command line prints and its exit code, without a process of its own."""

import contextlib
import io
import os
import pathlib
import sys
from collections.abc import Mapping
from typing import Any, NamedTuple
from unittest import mock

import msgspec

from portlint.cli import main


class Done(NamedTuple):
    """How a command ended."""

    code: int
    out: str
    err: str

    @property
    def json(self) -> Any:
        return msgspec.json.decode(self.out)


class Stream(io.TextIOWrapper):
    """A standard stream that may claim to be a terminal."""

    def __init__(self, data: bytes = b"", terminal: bool = False) -> None:
        super().__init__(io.BytesIO(data), encoding="utf-8", write_through=True)
        self.terminal = terminal

    def isatty(self) -> bool:
        return self.terminal

    @property
    def text(self) -> str:
        return self.buffer.getvalue().decode()  # type: ignore[attr-defined,no-any-return]


def portlint(
    *arguments: str | pathlib.Path,
    cwd: pathlib.Path,
    stdin: bytes = b"",
    env: Mapping[str, str | None] | None = None,
    terminal: bool = False,
) -> Done:
    """Run one command in a folder; `terminal` is what standard output and error claim to be."""
    out, err = Stream(terminal=terminal), Stream(terminal=terminal)
    clean = {k: v for k, v in os.environ.items() if k not in {"NO_COLOR", "FORCE_COLOR", "COLUMNS"}}
    clean |= {"TERM": "xterm"} | {k: v for k, v in (env or {}).items() if v is not None}
    with (
        contextlib.chdir(cwd),
        mock.patch.dict(os.environ, clean, clear=True),
        mock.patch.object(sys, "argv", ["portlint", *map(str, arguments)]),
        mock.patch.object(sys, "stdin", Stream(stdin)),
        mock.patch.object(sys, "stdout", out),
        mock.patch.object(sys, "stderr", err),
    ):
        try:
            main()
        except SystemExit as end:
            return Done(int(end.code or 0), out.text, err.text)
    raise AssertionError("main() returns only by exiting")
