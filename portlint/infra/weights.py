"""The head of a weights file -> facts: which dtypes a safetensors file holds, and what is GGUF.

Only the head is read: eight bytes and the JSON header they announce.
"""

import json
import os
from collections import Counter
from collections.abc import Iterator
from typing import BinaryIO

from portlint.errors import Unreadable
from portlint.infra.facts import Fact
from portlint.model import Span

START = Span(1, 1, 1, 1)
LIMIT = 100_000_000
"""Bytes of a header; the format's own library refuses more."""
POINTER = b"version https://git-lfs"


def read(file: BinaryIO) -> list[Fact]:
    """The facts of a weights file that is open for reading. Raises Unreadable."""
    head = file.read(8)
    if head[:4] == b"GGUF":
        return [Fact("weights", "GGUF", "GGUF", START)]
    if head + file.read(len(POINTER) - 8) == POINTER:
        raise Unreadable("is a pointer of Git LFS, not the weights")
    size, there = int.from_bytes(head, "little"), os.fstat(file.fileno()).st_size
    if len(head) < 8 or size > LIMIT or size + 8 > there:
        raise Unreadable("is no safetensors file, or is cut off")
    file.seek(8)
    return list(_dtypes(file.read(size)))


def _dtypes(header: bytes) -> Iterator[Fact]:
    try:
        entries = json.loads(header)
    except (ValueError, RecursionError) as error:
        raise Unreadable("has a header that is not JSON") from error
    if not isinstance(entries, dict):
        raise Unreadable("has a header without tensors")
    tensors = {k: v for k, v in entries.items() if k != "__metadata__" and isinstance(v, dict)}
    counts = Counter(str(tensor.get("dtype", "")) for tensor in tensors.values())
    for dtype, count in sorted(counts.items()):
        first = next(name for name, t in tensors.items() if str(t.get("dtype", "")) == dtype)
        noun = "tensor" if count == 1 else "tensors, the first"
        yield Fact("weights", dtype, f"{count} {noun} `{first[:100]}`", START)
