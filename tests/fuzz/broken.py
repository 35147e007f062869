"""How an input that breaks a law is told: which law, and where portlint was."""

import re
import traceback
from types import TracebackType


class Broken(AssertionError):
    """A law that does not hold: its words, which are the same for inputs of one cause."""

    def __init__(self, law: str, detail: str = "") -> None:
        super().__init__(f"{law}: {detail}" if detail else law)
        self.law = law


class Slow(BaseException):
    """An input took too long; no `except Exception` keeps it."""


def sign(error: BaseException) -> str:
    """The cause in a few words: inputs with the same ones are taken for one."""
    if isinstance(error, Broken):
        return error.law
    if isinstance(error, Slow):
        return f"takes too long in {_where(error.__traceback__)}"
    return f"{type(error).__name__} in {_where(error.__traceback__)}"


def _where(trace: TracebackType | None) -> str:
    """The innermost place in portlint."""
    frames = [f for f in traceback.extract_tb(trace) if "/portlint/" in f.filename]
    if not frames:
        return "the test itself"
    return re.sub(r".*/(portlint/)", r"\1", frames[-1].filename) + f":{frames[-1].name}"
