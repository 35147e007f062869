"""Inputs that break a law -> files in a folder, one for each cause, and a line for each."""

import hashlib
import pathlib
from collections.abc import Callable

from tests.fuzz.broken import sign
from tests.fuzz.kinds import KINDS
from tests.fuzz.limits import in_time
from tests.fuzz.shrink import shrink

SECONDS = 30.0
"""CPU for making one input shorter."""


class Crashes:
    """What was found of a kind, and where it is written."""

    def __init__(self, kind: str, folder: pathlib.Path) -> None:
        self.kind, self.folder = kind, folder
        folder.mkdir(parents=True, exist_ok=True)

    def check(self, data: bytes) -> str:
        """What is wrong with an input, in a few words; nothing where it keeps the law."""
        try:
            with in_time():
                KINDS[self.kind].check(data)
        except BaseException as error:
            if isinstance(error, KeyboardInterrupt | SystemExit):
                raise
            return sign(error)
        return ""

    def path(self, cause: str) -> pathlib.Path:
        """Where the input of a cause is kept."""
        return self.folder / f"{self.kind}-{hashlib.sha256(cause.encode()).hexdigest()[:8]}"

    def keep(self, data: bytes, cause: str, fails: Callable[[bytes], bool] | None = None) -> None:
        """Write the input, made shorter, and tell of it; a cause that is known is passed over."""
        path = self.path(cause)
        if path.exists():
            return
        path.write_bytes(data)
        short = shrink(data, fails or (lambda some: self.check(some) == cause), SECONDS)
        path.write_bytes(short)
        print(f"{self.kind}: {cause}: {path} ({len(short)} bytes of {len(data)})", flush=True)
