"""Command line -> exit code: reads flags, calls the engine, writes what the renderers made."""

import contextlib
import gc
import os
import pathlib
import signal
import sys
from collections.abc import Iterator, Sequence
from typing import Any

import click

from portlint import __version__
from portlint.commands import facts, oracle, reports
from portlint.errors import UsageError
from portlint.options import (
    COLOR,
    ORACLE,
    ORACLE_PYTHON,
    PATHS,
    options,
    split,
    tracing,
)

LATER = {
    "fix": "rewriting code",
}
"""Commands of the contract that a later version brings, and what they do."""


class Terminated(BaseException):
    """Somebody asked the program to end: what it made for the time being is taken away first."""


def main() -> None:
    """The entry point: every error is a sentence, every run ends in a known exit code."""
    # Nearly all values of a run live to its end: looking through them finds nothing.
    gc.set_threshold(200_000, 20, 20)
    try:
        with _terminable():
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
    except Terminated:
        _leave(128 + signal.SIGTERM)
    except Exception:
        import traceback

        # Python itself would end with 1, which says "findings".
        traceback.print_exc()
        click.echo(f"error: this is a fault of portlint {__version__}, not of your code", err=True)
        sys.exit(3)
    sys.exit(code if isinstance(code, int) else 0)


@contextlib.contextmanager
def _terminable() -> Iterator[None]:
    """Let SIGTERM end a run as an interrupt does; what stands at the end is as it was."""

    def terminate(number: int, frame: object) -> None:
        raise Terminated

    try:
        before = signal.signal(signal.SIGTERM, terminate)
    except ValueError:  # only the main thread may
        yield
        return
    try:
        yield
    finally:
        signal.signal(signal.SIGTERM, before)


def _leave(code: int) -> None:
    """End the program although a thread may wait for a worker that is gone."""
    import threading

    # Daemon threads keep no program from ending.
    others = (t for t in threading.enumerate() if t is not threading.current_thread())
    if any(not thread.daemon for thread in others):
        sys.stdout.flush()
        sys.stderr.flush()
        os._exit(code)
    sys.exit(code)


@click.group(context_settings={"help_option_names": ["-h", "--help"]})
@click.version_option(__version__, "-V", "--version", message="portlint %(version)s")
def cli() -> None:
    """Tells how hard PyTorch code is to move from CUDA to AWS Neuron, and what to write instead."""


@cli.command()
@PATHS
@options
def check(**flags: Any) -> int:
    """Look at the source and the infrastructure of PATHS (default: the current folder)."""
    from portlint.command import run

    return run(flags)


@cli.command()
@click.argument("models", nargs=-1, required=True, metavar="MODEL...")
@options
@tracing
@ORACLE
@ORACLE_PYTHON
def trace(**flags: Any) -> int:
    """Run MODEL in a confined process and judge every operator it uses.

    MODEL is path/to/file.py:factory, package.module:factory, or a folder with a config.json.
    """
    from portlint.command import run

    return run(flags | {"paths": (), "traced_only": True})


@cli.command()
@PATHS
@options
@tracing
@ORACLE
@ORACLE_PYTHON
@click.option("--model", "models", multiple=True, metavar="MODEL", help="Also trace this model.")
@click.option("--trace", is_flag=True, help="Also trace the models that the configuration lists.")
@click.option("--matrix", is_flag=True, help="Also judge for every other chip, stack and workload.")
@click.option("--explain-score", is_flag=True, help="Print every term of the hours and the score.")
def audit(**flags: Any) -> int:
    """Check PATHS and report how hard the migration is: difficulty, effort and a plan."""
    from portlint.command import run

    return run(flags | {"audit": True})


@cli.command()
@click.argument("folder", default=".", type=click.Path(path_type=pathlib.Path))
@click.option("--chip", metavar="CHIP", help="inf2, trn1, trn2 (default) or trn3.")
@click.option("--stack", metavar="STACK", help="native-eager, native-compile, xla or vllm.")
@click.option("--workload", metavar="WORK", help="inference, training or both (default).")
@click.option(
    "--only",
    multiple=True,
    callback=split,
    metavar="PARTS",
    help="Only these: config, github, gitlab, pre-commit, vscode.",
)
@click.option(
    "--source",
    metavar="WHERE",
    help="Where a CI gets portlint: git+URL@REVISION, or portlint==X.Y (default: as installed).",
)
@click.option("--yes", "-y", is_flag=True, help="Write without asking.")
@COLOR
def init(**flags: Any) -> int:
    """Set up FOLDER: configuration, CI, pre-commit, VS Code. Shows what it would write, asks."""
    from portlint.init.run import run

    return run(flags | {"version": __version__})


@cli.command()
@click.option(
    "--stdio", is_flag=True, help="Speak on standard input and output, as it always does."
)
def lsp(stdio: bool) -> int:
    """Serve an editor on standard input and output (needs the extra `lsp`)."""
    from portlint.lsp.serve import run

    return run()


for _command in (facts.rule, facts.query, facts.targets, facts.schema, facts.knowledge):
    cli.add_command(_command)
for _command in (reports.diff, reports.baseline, oracle.oracle):
    cli.add_command(_command)


def _later(name: str, what: str) -> None:
    @cli.command(name, hidden=True, context_settings={"ignore_unknown_options": True})
    @click.argument("words", nargs=-1)
    def command(words: Sequence[str]) -> int:
        raise UsageError(f"`portlint {name}` ({what}) is not part of version {__version__}")


for _name, _what in LATER.items():
    _later(_name, _what)
