"""What was found on the way -> its place in a listing: read, or told why it is not."""

import pathlib
import re
import stat

from portlint.discover.files import File, Listing
from portlint.discover.walk import Found, inside


def sort(found: Found, listing: Listing, named: bool) -> None:
    """A file that was `named` on the command line is never passed over in silence."""
    kind = found.kind
    if kind is None and not named:
        return
    try:
        regular = found.regular or stat.S_ISREG(pathlib.Path(found.path).stat().st_mode)
    except OSError as error:
        listing.unreadable.append((found.name, f"cannot be read: {error.strerror}"))
        return
    if not regular:
        listing.unreadable.append((found.name, "is not a regular file"))
    elif not (named or found.regular or inside(pathlib.Path(found.path), listing.root)):
        listing.unreadable.append((found.name, "is a link out of the folder: it is not followed"))
    elif kind is not None or _python_script(pathlib.Path(found.path)):
        listing.files.append(File(found.path, found.name, kind or "python"))
    else:
        listing.unreadable.append((found.name, "is no kind of file that portlint reads"))


def _python_script(path: pathlib.Path) -> bool:
    """Whether a file without a telling name starts like a Python program."""
    try:
        with path.open("rb") as file:
            return re.match(rb"#!.*python", file.readline(200)) is not None
    except OSError:
        return False
