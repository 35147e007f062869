"""`portlint lsp`: a server on standard input and output -> an exit code."""

from __future__ import annotations

import importlib.util
import io
import logging
import os
import sys
from collections.abc import Callable
from typing import BinaryIO

from portlint.errors import UsageError

MISSING = "the language server needs pygls: install portlint[lsp]"


class Input(io.BufferedIOBase):
    """Standard input that tells when it has ended."""

    def __init__(self, stream: BinaryIO, ended: Callable[[], None]) -> None:
        self.stream = stream
        self.ended = ended

    def readline(self, size: int | None = -1) -> bytes:
        """The next line; an editor that is gone sends none."""
        return self._told(self.stream.readline(-1 if size is None else size))

    def read(self, size: int | None = -1) -> bytes:
        """So many bytes."""
        return self._told(self.stream.read(-1 if size is None else size))

    def _told(self, data: bytes) -> bytes:
        if not data:
            self.ended()
        return data


def run() -> int:
    """Serve until the editor goes: 0 after it said goodbye, 1 where it did not."""
    if any(importlib.util.find_spec(name) is None for name in ("pygls", "lsprotocol")):
        raise UsageError(MISSING)
    from portlint.lsp.features import register
    from portlint.lsp.server import Server

    logging.basicConfig(level=logging.CRITICAL)
    # Whatever prints must not break the protocol.
    stdout = os.fdopen(os.dup(1), "wb")
    os.dup2(2, 1)
    server = Server()
    register(server)
    server.start_io(Input(sys.stdin.buffer, server.leave), stdout)  # type: ignore[arg-type]
    return server.code
