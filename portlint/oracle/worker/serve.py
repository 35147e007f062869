"""A request -> its answers: one for an operator, one after the other for a whole program."""

import platform
from collections.abc import Callable
from typing import Any

import torch
import torch_xla

from . import graph, op
from .kernels import kernels

LIMIT = 16 << 20
"""Bytes of arguments on which an operator may still run on the host."""


def versions() -> dict[str, str]:
    """What answers."""
    return {
        "python": platform.python_version(),
        "torch": str(torch.__version__),
        "torch_xla": str(torch_xla.__version__),
    }


def answer(request: dict[str, Any], send: Callable[[dict[str, Any]], None]) -> None:
    """Send what there is to say; `limit` and `careful` are those of `watch.Watch`."""
    limit = int(request.get("limit", LIMIT))
    careful = frozenset(request.get("careful", ()))
    if "kernels" in request:
        send({"kernels": kernels()})
        return
    if "graph" not in request:
        send({"id": request["id"], **op.answer(request, limit, careful)})
        return
    skip = frozenset(request.get("skip", ()))
    try:
        graph.walk(request["graph"], skip, limit, careful, send)
    except Exception as error:
        send({"failed": op.sentence(error)})
