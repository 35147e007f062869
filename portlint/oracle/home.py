"""Where the oracle keeps its interpreter and its answers: the user's cache, as XDG names it."""

import os
import pathlib


def home() -> pathlib.Path:
    """The folder of the oracle; it need not exist."""
    named = pathlib.Path(os.environ.get("XDG_CACHE_HOME", ""))
    # what is no absolute path is to be ignored, says the specification
    base = named if named.is_absolute() else pathlib.Path.home() / ".cache"
    return base / "portlint" / "oracle"


def environment(folder: pathlib.Path | None = None) -> pathlib.Path:
    """The virtual environment of `portlint oracle install`, or of its `--dir`."""
    return folder.absolute() if folder else home() / "env"


def python(environment: pathlib.Path) -> pathlib.Path:
    """The interpreter of a virtual environment."""
    return environment / "bin" / "python"


def size(folder: pathlib.Path) -> int:
    """Bytes of all files below a folder; what goes away meanwhile counts nothing."""
    total = 0
    for parent, _, names in os.walk(folder):
        for name in names:
            try:
                total += pathlib.Path(parent, name).lstat().st_size
            except FileNotFoundError:
                continue
    return total
