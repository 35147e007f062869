"""Paths -> the files to read and what each of them is; the only place that lists folders.

Folders may be closed to us: `os.path` answers no where `pathlib` before Python 3.14 raises.
"""

from portlint.discover.files import File, Listing
from portlint.discover.folders import skip
from portlint.discover.kinds import KINDS, kind_of
from portlint.discover.names import name_of
from portlint.discover.paths import discover

__all__ = ["KINDS", "File", "Listing", "discover", "kind_of", "name_of", "skip"]
