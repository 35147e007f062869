"""What is to be written: a file as it is and as it will be, and the difference to show."""

import difflib
import pathlib
from collections.abc import Iterator
from typing import NamedTuple

from portlint.contents import contents
from portlint.errors import Unreadable, UsageError
from portlint.replace import replace


class Change(NamedTuple):
    """A file, its text (None: there is none), and the text it is to have."""

    file: pathlib.Path
    old: str | None
    new: str


class Part(NamedTuple):
    """What one part of the set-up changes, and what a person has to know or do about it."""

    name: str
    changes: tuple[Change, ...] = ()
    remarks: tuple[str, ...] = ()


def read(file: pathlib.Path) -> str | None:
    """The text of a file with its line ends as they are; None where there is no file."""
    try:
        return contents(file).decode("utf-8")
    except FileNotFoundError:
        return None
    except OSError as error:
        raise UsageError(f"{file}: cannot be read: {error.strerror}") from error
    except Unreadable as error:
        raise UsageError(f"{file}: {error}") from error
    except UnicodeDecodeError as error:
        raise UsageError(f"{file}: is not text in UTF-8: convert it, or leave it out") from error


def like(text: str, other: str | None) -> str:
    """The text with the line ends of the other one."""
    return text.replace("\n", "\r\n") if other and "\r\n" in other else text


def write(change: Change) -> None:
    """Put the new text where it belongs; folders are made."""
    try:
        change.file.parent.mkdir(parents=True, exist_ok=True)
        replace(change.file, change.new.encode("utf-8"))
    except OSError as error:
        raise UsageError(f"{change.file}: cannot be written: {error.strerror}") from error


def difference(change: Change, root: pathlib.Path) -> Iterator[str]:
    """The change as lines of a unified diff."""
    name = change.file.relative_to(root).as_posix()
    before, after = (text.splitlines() for text in (change.old or "", change.new))
    source = "/dev/null" if change.old is None else f"a/{name}"
    yield from difflib.unified_diff(before, after, source, f"b/{name}", lineterm="")
