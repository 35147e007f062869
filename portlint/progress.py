"""Progress on standard error, when a terminal watches and the work takes a while."""

import sys
from collections.abc import Iterator
from contextlib import contextmanager

from portlint.engine import Progress

MANY = 200
"""Files; fewer are done before a bar could be read."""


@contextmanager
def progress(enabled: bool) -> Iterator[Progress]:
    """What the engine reports to; silent unless standard error is a terminal."""
    if not (enabled and sys.stderr.isatty()):
        yield Progress()
        return
    from rich.console import Console
    from rich.progress import BarColumn, MofNCompleteColumn, TextColumn, TimeRemainingColumn
    from rich.progress import Progress as Bar

    columns = (TextColumn("reading"), BarColumn(), MofNCompleteColumn(), TimeRemainingColumn())
    with Bar(*columns, console=Console(stderr=True), transient=True) as bar:
        task = bar.add_task("files", total=None, visible=False)

        def begin(total: int) -> None:
            bar.update(task, total=total, visible=total >= MANY)

        yield Progress(begin, lambda done: bar.advance(task, done))
