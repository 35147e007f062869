"""What a child works on, where its parent can read it even if the child dies of it."""

import mmap
import pathlib

COUNT, LENGTH = slice(0, 8), slice(8, 12)
ROOM = 1 << 17


class Slate:
    """A small file in memory: how many inputs were tried, and the one that is tried now."""

    def __init__(self, path: pathlib.Path) -> None:
        if not path.exists():
            path.write_bytes(bytes(ROOM))
        with path.open("r+b") as file:
            self.memory = mmap.mmap(file.fileno(), ROOM)

    @property
    def count(self) -> int:
        """Inputs that were begun."""
        return int.from_bytes(self.memory[COUNT], "little")

    @property
    def now(self) -> bytes:
        """The last of them; empty once it ended well."""
        size = int.from_bytes(self.memory[LENGTH], "little")
        return self.memory[12 : 12 + size]

    def begin(self, data: bytes) -> None:
        """Another input."""
        self.memory[12 : 12 + len(data)] = data
        self.memory[LENGTH] = len(data).to_bytes(4, "little")
        self.memory[COUNT] = (self.count + 1).to_bytes(8, "little")

    def end(self) -> None:
        """It did not kill the process."""
        self.memory[LENGTH] = bytes(4)
