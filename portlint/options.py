"""The flags of the command line, in the groups that commands share."""

import pathlib
from collections.abc import Callable, Sequence
from typing import Any, TypeVar

import click

from portlint.formats import FORMATS

F = TypeVar("F", bound=Callable[..., Any])


def options(function: F) -> F:
    """The flags that check, trace and audit share."""
    for decorator in reversed(_OPTIONS):
        function = decorator(function)
    return function


def tracing(function: F) -> F:
    """The flags of the commands that run a model."""
    for decorator in reversed(_TRACING):
        function = decorator(function)
    return function


def targeting(function: F) -> F:
    """The flags that say what to judge for, and from what."""
    for decorator in reversed(_TARGET):
        function = decorator(function)
    return function


def split(
    context: click.Context, parameter: click.Parameter, value: Sequence[str]
) -> tuple[str, ...]:
    """`--select NEU1,NEU2 --select NEU3` -> three selectors."""
    return tuple(part.strip() for item in value for part in item.split(",") if part.strip())


FILE = click.Path(readable=False, path_type=pathlib.Path)
COLOR = click.option(
    "--color/--no-color", default=None, help="Colour (default: if the output is a terminal)."
)
CONFIG = click.option(
    "--config",
    type=click.Path(readable=False, path_type=pathlib.Path),
    metavar="FILE",
    help="Use this file's keys instead of searching.",
)
FOLDER = click.option(
    "--dir",
    "folder",
    type=click.Path(path_type=pathlib.Path),
    metavar="DIR",
    help="The folder of the interpreter (default: in the user's cache).",
)
ORACLE = click.option(
    "--oracle", is_flag=True, help="Also ask the live torch-xla about every operator of a model."
)
ORACLE_PYTHON = click.option(
    "--oracle-python",
    type=click.Path(readable=False, path_type=pathlib.Path),
    metavar="PATH",
    help="The interpreter with torch-xla (default: that of `portlint oracle install`).",
)
ASKED_FORMAT = click.option(
    "--format",
    "format_",
    type=click.Choice(["text", "json"]),
    default="text",
    help="What to print (default: text).",
)
LISTED_FORMAT = click.option(
    "--format",
    "format_",
    type=click.Choice(["text", "json", "csv", "markdown"]),
    default="text",
    help="What to print (default: text); csv and markdown go with --kind.",
)
KINDS = (
    *("api", "attention", "compiler-error", "dtype", "environment", "feature", "hardware", "hlo"),
    *("kernel", "library", "model", "op", "port", "release"),
)
"""The kinds of facts; a test compares them with those of `portlint.row`."""
_TARGET = (
    click.option("--chip", metavar="CHIP", help="inf2, trn1, trn2 (default) or trn3."),
    click.option("--stack", metavar="STACK", help="native-eager, native-compile, xla or vllm."),
    click.option(
        "--sdk", metavar="X.Y", help="Neuron SDK release (default: the newest that fits)."
    ),
    click.option("--workload", metavar="WORK", help="inference, training or both (default)."),
    click.option(
        "--knowledge", metavar="DIR", help="Newer facts: a folder of `portlint knowledge import`."
    ),
    CONFIG,
)
_OPTIONS = (
    *_TARGET,
    click.option(
        "--root",
        type=click.Path(path_type=pathlib.Path),
        metavar="DIR",
        help="Audit DIR, but read only PATHS of it; what DIR leaves out stays out.",
    ),
    click.option(
        "--select",
        multiple=True,
        callback=split,
        metavar="CODES",
        help="Only these rules (codes, prefixes, names).",
    ),
    click.option(
        "--ignore", multiple=True, callback=split, metavar="CODES", help="Not these rules."
    ),
    click.option(
        "--min-confidence", metavar="LEVEL", help="inferred (default), derived or documented."
    ),
    click.option(
        "--include",
        multiple=True,
        callback=split,
        metavar="CONTEXTS",
        help="Count these too: guarded,test,example.",
    ),
    click.option(
        "--fail-on", metavar="IMPACT", help="breaks (default), accuracy, slow, info or never."
    ),
    click.option(
        "--max-score", type=int, metavar="N", help="Fail above this difficulty score (0-100)."
    ),
    click.option(
        "--baseline",
        type=FILE,
        metavar="FILE",
        help="Show and count only what this baseline has not.",
    ),
    click.option("--no-baseline", is_flag=True, help="Without the one of the configuration."),
    click.option(
        "--write-baseline",
        type=FILE,
        metavar="FILE",
        help="Write a baseline of what there is today; one that is there may only shrink.",
    ),
    click.option("--force", is_flag=True, help="With --write-baseline: it may also grow."),
    click.option(
        "--diff-base",
        metavar="REV",
        help="Show and count only what changed since HEAD left this revision of git.",
    ),
    click.option(
        "--format",
        "format_",
        type=click.Choice(FORMATS),
        default="text",
        help="What to print (default: text).",
    ),
    click.option(
        "--output",
        multiple=True,
        metavar="[FORMAT=]FILE",
        help="Write to a file; FORMAT=FILE can be repeated.",
    ),
    click.option(
        "--jobs", type=click.IntRange(1), metavar="N", help="Processes (default: one per core)."
    ),
    click.option(
        "--cache-dir",
        type=FILE,
        metavar="DIR",
        help="Keep what was found for the next run in DIR (default: in the user's cache).",
    ),
    click.option("--no-cache", is_flag=True, help="Look at every file anew, and keep nothing."),
    click.option(
        "--no-triage", is_flag=True, hidden=True, help="Parse what can hold no finding, too."
    ),
    click.option("--exit-zero", is_flag=True, help="End with 0 even when there are findings."),
    click.option("--strict", is_flag=True, help="End with 2 when a file could not be analysed."),
    click.option("--quiet", "-q", is_flag=True, help="No progress and no remarks."),
    click.option("--statistics", is_flag=True, help="Count findings per rule."),
    click.option(
        "--show-files", is_flag=True, help="List the files that would be read or skipped, and end."
    ),
    click.option("--show-settings", is_flag=True, help="Print the settings in force, and end."),
    COLOR,
    click.option("--stdin-filename", metavar="NAME", help="The name of what `-` reads."),
)


PATHS = click.argument("paths", nargs=-1, type=click.Path(readable=False, path_type=pathlib.Path))
_TRACING = (
    click.option("--inputs", metavar="NAME", help="What gives the inputs, beside the factory."),
    click.option("--dtype", metavar="DTYPE", help="Build the model in this dtype (bfloat16)."),
    click.option("--batch", type=click.IntRange(1), metavar="N", help="Batch of made-up inputs."),
    click.option("--seq-len", type=click.IntRange(1), metavar="N", help="Their sequence length."),
    click.option(
        "--trace-timeout",
        "timeout",
        type=click.FloatRange(min=1),
        metavar="SECONDS",
        help="Give up on a model after this long.",
    ),
    click.option(
        "--trace-memory",
        "memory",
        type=click.FloatRange(min=0.5),
        metavar="GIB",
        help="Memory a model may use.",
    ),
    click.option(
        "--trace-read",
        "readable",
        multiple=True,
        type=click.Path(exists=True, path_type=pathlib.Path),
        metavar="PATH",
        help="Let a model read this too: by default nothing of your home but its repository.",
    ),
    click.option("--ops", is_flag=True, help="List every operator of the model."),
    click.option(
        "--save-graph",
        type=click.Path(path_type=pathlib.Path),
        metavar="FILE",
        help="Write the op records as JSON.",
    ),
)
