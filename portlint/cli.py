"""Command line -> exit code: reads flags, calls the engine, writes what the renderers made."""

import os
import pathlib
import sys
import threading
import traceback
from collections.abc import Callable, Sequence
from typing import Any, TypeVar

import click

from portlint import __version__
from portlint.errors import UsageError
from portlint.render import FORMATS

LATER = {
    "fix": "rewriting code",
    "query": "answering for one API",
    "init": "setting up a repository",
    "lsp": "the language server",
    "oracle": "live lowering",
    "diff": "comparing reports",
    "baseline": "baselines",
    "knowledge": "importing operator facts",
}
"""Commands of the contract that a later version brings, and what they do."""
F = TypeVar("F", bound=Callable[..., Any])


def main() -> None:
    """The entry point: every error is a sentence, every run ends in a known exit code."""
    try:
        code = cli.main(standalone_mode=False)
    except click.exceptions.NoArgsIsHelpError as error:
        click.echo(error.format_message(), err=True)
        sys.exit(2)
    except click.ClickException as error:
        click.echo(f"error: {error.format_message()}", err=True)
        sys.exit(2)
    except UsageError as error:
        for line in str(error).split("\n"):
            click.echo(f"error: {line}", err=True)
        sys.exit(2)
    except (KeyboardInterrupt, click.Abort):
        click.echo("interrupted", err=True)
        _leave(130)
    except Exception:
        # Python itself would end with 1, which says "findings".
        traceback.print_exc()
        click.echo(f"error: this is a fault of portlint {__version__}, not of your code", err=True)
        sys.exit(3)
    sys.exit(code if isinstance(code, int) else 0)


def _leave(code: int) -> None:
    """End the program although a thread may wait for a worker that is gone."""
    if threading.active_count() > 1:
        sys.stdout.flush()
        sys.stderr.flush()
        os._exit(code)
    sys.exit(code)


@click.group(context_settings={"help_option_names": ["-h", "--help"]})
@click.version_option(__version__, "-V", "--version", message="portlint %(version)s")
def cli() -> None:
    """Tells how hard PyTorch code is to move from CUDA to AWS Neuron, and what to write instead."""


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


def _split(
    context: click.Context, parameter: click.Parameter, value: Sequence[str]
) -> tuple[str, ...]:
    """`--select NEU1,NEU2 --select NEU3` -> three selectors."""
    return tuple(part.strip() for item in value for part in item.split(",") if part.strip())


_OPTIONS = (
    click.option("--chip", metavar="CHIP", help="inf2, trn1, trn2 (default) or trn3."),
    click.option("--stack", metavar="STACK", help="native-eager, native-compile, xla or vllm."),
    click.option(
        "--sdk", metavar="X.Y", help="Neuron SDK release (default: the newest that fits)."
    ),
    click.option("--workload", metavar="WORK", help="inference, training or both (default)."),
    click.option(
        "--select",
        multiple=True,
        callback=_split,
        metavar="CODES",
        help="Only these rules (codes, prefixes, names).",
    ),
    click.option(
        "--ignore", multiple=True, callback=_split, metavar="CODES", help="Not these rules."
    ),
    click.option(
        "--min-confidence", metavar="LEVEL", help="inferred (default), derived or documented."
    ),
    click.option(
        "--include",
        multiple=True,
        callback=_split,
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
        "--config",
        type=click.Path(readable=False, path_type=pathlib.Path),
        metavar="FILE",
        help="Use this file's keys instead of searching.",
    ),
    click.option(
        "--jobs", type=click.IntRange(1), metavar="N", help="Processes (default: one per core)."
    ),
    click.option("--cache-dir", type=click.Path(path_type=pathlib.Path), hidden=True),
    click.option("--no-cache", is_flag=True, hidden=True),
    click.option("--exit-zero", is_flag=True, help="End with 0 even when there are findings."),
    click.option("--strict", is_flag=True, help="End with 2 when a file could not be analysed."),
    click.option("--quiet", "-q", is_flag=True, help="No progress and no remarks."),
    click.option("--statistics", is_flag=True, help="Count findings per rule."),
    click.option(
        "--show-files", is_flag=True, help="List the files that would be read or skipped, and end."
    ),
    click.option("--show-settings", is_flag=True, help="Print the settings in force, and end."),
    click.option(
        "--color/--no-color", default=None, help="Colour (default: if the output is a terminal)."
    ),
    click.option("--stdin-filename", metavar="NAME", help="The name of what `-` reads."),
)


_PATHS = click.argument("paths", nargs=-1, type=click.Path(readable=False, path_type=pathlib.Path))
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
    click.option("--ops", is_flag=True, help="List every operator of the model."),
    click.option(
        "--save-graph",
        type=click.Path(path_type=pathlib.Path),
        metavar="FILE",
        help="Write the op records as JSON.",
    ),
)


@cli.command()
@_PATHS
@options
def check(**flags: Any) -> int:
    """Look at the source and the infrastructure of PATHS (default: the current folder)."""
    from portlint.command import run

    return run(flags)


@cli.command()
@click.argument("models", nargs=-1, required=True, metavar="MODEL...")
@options
@tracing
def trace(**flags: Any) -> int:
    """Run MODEL in a confined process and judge every operator it uses.

    MODEL is path/to/file.py:factory, package.module:factory, or a folder with a config.json.
    """
    from portlint.command import run

    return run(flags | {"paths": (), "traced_only": True})


@cli.command()
@_PATHS
@options
@tracing
@click.option("--model", "models", multiple=True, metavar="MODEL", help="Also trace this model.")
@click.option("--trace", is_flag=True, help="Also trace the models that the configuration lists.")
def audit(**flags: Any) -> int:
    """Check PATHS and report how hard the migration is: difficulty, effort and a plan."""
    from portlint.command import run

    return run(flags | {"audit": True})


@cli.command()
@click.argument("which", metavar="CODE|NAME", required=False)
@click.option("--all", "every", is_flag=True, help="List every rule.")
def rule(which: str | None, every: bool) -> int:
    """Explain one rule: what, why, what to write instead, verdicts, evidence, examples."""
    from portlint.explain import listing, page

    if every == (which is not None):
        raise UsageError("give a rule's code or name, or --all")
    click.echo(listing() if which is None else page(which), nl=False)
    return 0


@cli.command()
def targets() -> int:
    """List the chips, stacks and SDK releases the knowledge covers."""
    from portlint.explain import targets_table

    click.echo(targets_table(), nl=False)
    return 0


@cli.command()
def schema() -> int:
    """Print the JSON schema of the report."""
    from portlint.render.schema import render

    click.echo(render(), nl=False)
    return 0


def _later(name: str, what: str) -> None:
    @cli.command(name, hidden=True, context_settings={"ignore_unknown_options": True})
    @click.argument("words", nargs=-1)
    def command(words: Sequence[str]) -> int:
        raise UsageError(f"`portlint {name}` ({what}) is not part of version {__version__}")


for _name, _what in LATER.items():
    _later(_name, _what)
