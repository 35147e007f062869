"""`portlint oracle remove`: takes away what `portlint oracle install` made, and nothing else."""

import shutil
from collections.abc import Mapping
from typing import Any

import click

from portlint.errors import UsageError
from portlint.oracle import home, mark
from portlint.oracle.lock import locked
from portlint.oracle.needs import GB


def main(flags: Mapping[str, Any]) -> int:
    """Remove the environment, and with the usual one the answers that were kept."""
    folder = home.environment(flags["folder"])
    if not folder.is_dir():
        click.echo(f"{folder}: there is nothing to remove")
        return 0
    if mark.read(folder) is None or folder.is_symlink():
        raise UsageError(f"{folder}: was not made by `portlint oracle install`: remove it yourself")
    with locked(folder, lambda: click.echo(f"{folder}: an install runs: waiting", err=True)):
        size = home.size(folder)
        try:
            shutil.rmtree(folder)
            if flags["folder"] is None:
                shutil.rmtree(home.home() / "answers", ignore_errors=True)
        except OSError as error:
            raise UsageError(f"{folder}: cannot be removed: {error.strerror}") from error
    click.echo(f"{folder}: removed, {size / GB:.1f} GB")
    return 0
