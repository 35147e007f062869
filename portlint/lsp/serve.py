"""`portlint lsp`: a server on standard input and output -> an exit code."""

from __future__ import annotations

import importlib.util
import logging
import os
import sys

from portlint.errors import UsageError

MISSING = "the language server needs pygls: install portlint[lsp]"


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
    server.start_io(sys.stdin.buffer, stdout)
    return 0 if server.protocol._shutdown else 1
