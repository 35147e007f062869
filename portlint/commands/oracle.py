"""`oracle`: the real torch-xla, installed, asked and taken away."""

import pathlib
from typing import Any

import click

from portlint.options import ASKED_FORMAT, FOLDER, ORACLE_PYTHON, targeting, tracing


@click.group()
def oracle() -> None:
    """Ask the real torch-xla, on the CPU, what it makes of a model's operators."""


@oracle.command()
@click.option(
    "--python",
    type=click.Path(path_type=pathlib.Path),
    metavar="PATH",
    help="The Python to use, 3.10 to 3.13 (default: the first that is found).",
)
@click.option(
    "--index-url", metavar="URL", help="Another package index, or PyTorch's own for the CPU."
)
@FOLDER
def install(**flags: Any) -> int:
    """Make an interpreter with torch-xla 2.9: some 7 GB, less from an index for the CPU."""
    from portlint.oracle.install import main as run

    return run(flags)


@oracle.command()
@ORACLE_PYTHON
@ASKED_FORMAT
def status(**flags: Any) -> int:
    """Tell which interpreter answers, what it has, and whether it works."""
    from portlint.oracle.status import main as run

    return run(flags)


@oracle.command()
@ORACLE_PYTHON
@ASKED_FORMAT
def verify(**flags: Any) -> int:
    """Compare the shipped tables with the torch-xla that is there."""
    from portlint.oracle.verify import main as run

    return run(flags)


@oracle.command("run")
@click.argument("models", nargs=-1, required=True, metavar="MODEL...")
@targeting
@tracing
@ORACLE_PYTHON
@ASKED_FORMAT
@click.option("--graph", is_flag=True, help="Hand over the exported program as a whole, too.")
@click.option("--quiet", "-q", is_flag=True, help="No progress and no remarks.")
def run_oracle(**flags: Any) -> int:
    """Trace MODEL and tell of each of its operators what torch-xla makes of it."""
    from portlint.oracle.run import main as run

    return run(flags)


@oracle.command()
@FOLDER
def remove(**flags: Any) -> int:
    """Take away what `install` made."""
    from portlint.oracle.remove import main as run

    return run(flags)
