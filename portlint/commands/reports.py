"""`diff` and `baseline`: what earlier runs wrote, against what there is now."""

from typing import Any

import click

from portlint.options import COLOR, CONFIG, FILE, PATHS, split


@click.command()
@click.argument("old", type=FILE)
@click.argument("new", type=FILE)
@click.option(
    "--format",
    "format_",
    type=click.Choice(["text", "json", "markdown"]),
    default="text",
    help="What to print (default: text).",
)
@click.option(
    "--fail-on-worse", is_flag=True, help="End with 1 when something is new or became worse."
)
@click.option(
    "--fail-on",
    metavar="IMPACT",
    default="breaks",
    help="From which impact on: breaks (default), accuracy, slow or info.",
)
@click.option(
    "--include",
    multiple=True,
    callback=split,
    metavar="CONTEXTS",
    help="Count these too: guarded,test,example.",
)
@COLOR
def diff(**flags: Any) -> int:
    """Tell what became better or worse from OLD to NEW, two reports of `--format json`."""
    from portlint.comparing import run

    return run(flags)


@click.command()
@click.argument("file", type=FILE)
@PATHS
@click.option("--prune", is_flag=True, help="Take out what is no longer found.")
@CONFIG
@click.option("--jobs", type=click.IntRange(1), metavar="N", help="Processes.")
@click.option("--quiet", "-q", is_flag=True, help="No progress and no remarks.")
def baseline(**flags: Any) -> int:
    """Tell what of a baseline PATHS still have (default: the current folder), and shrink it.

    FILE is what --write-baseline wrote. Nothing is ever added to it here.
    """
    from portlint.pruning import run

    return run(flags)
