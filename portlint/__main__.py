"""`python -m portlint` -> the command line.

Python puts the working folder on its path before it looks for anything: it is taken off before the
first import, for there may lie files that are called like our libraries. What Python itself imports
to get here comes earlier; `python -P -m portlint` and `portlint` never look there.
"""

import os
import sys

if not sys.flags.safe_path and sys.path[0] in ("", os.getcwd()):  # noqa: PTH109 (loads nothing)
    del sys.path[0]

from portlint.cli import main

main()
