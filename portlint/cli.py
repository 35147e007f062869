"""Command line -> exit code: reads flags, calls the engine, writes what the renderers made."""

import os
import pathlib
import sys
import threading
import traceback
from collections.abc import Sequence
from datetime import date
from typing import Any

import click

from portlint import __version__
from portlint.errors import UsageError
from portlint.options import (
    ASKED_FORMAT,
    COLOR,
    CONFIG,
    FILE,
    FOLDER,
    KINDS,
    LISTED_FORMAT,
    ORACLE,
    PATHS,
    options,
    split,
    targeting,
    tracing,
)

LATER = {
    "fix": "rewriting code",
}
"""Commands of the contract that a later version brings, and what they do."""


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
@click.option("--model", "models", multiple=True, metavar="MODEL", help="Also trace this model.")
@click.option("--trace", is_flag=True, help="Also trace the models that the configuration lists.")
@click.option("--matrix", is_flag=True, help="Also judge for every other chip, stack and workload.")
@click.option("--explain-score", is_flag=True, help="Print every term of the hours and the score.")
def audit(**flags: Any) -> int:
    """Check PATHS and report how hard the migration is: difficulty, effort and a plan."""
    from portlint.command import run

    return run(flags | {"audit": True})


@cli.command()
@click.argument("which", metavar="CODE|NAME", required=False)
@click.option("--all", "every", is_flag=True, help="List every rule.")
@click.option("--kinds", is_flag=True, help="List the kinds of attention that reports name.")
@click.option(
    "--format",
    "format_",
    type=click.Choice(["text", "markdown", "json"]),
    default="text",
    help="What to print (default: text).",
)
@click.option(
    "--into",
    type=click.Path(path_type=pathlib.Path),
    metavar="DIR",
    help="Write the reference of all rules, in Markdown, as files of this folder.",
)
def rule(
    which: str | None, every: bool, kinds: bool, format_: str, into: pathlib.Path | None
) -> int:
    """Explain one rule: what, why, what to write instead, verdicts, evidence, examples."""
    from portlint.explain import kinds_of_attention, rules, write

    if [which is not None, every, kinds].count(True) != 1:
        raise UsageError("give a rule's code or name, or --all, or --kinds")
    if kinds and into is None:
        click.echo(kinds_of_attention(format_), nl=False)
    elif into is None:
        click.echo(rules(which, format_), nl=False)
    elif every and format_ == "markdown":
        click.echo(f"{into}: {len(write(into))} files")
    else:
        raise UsageError("--into goes with --all --format markdown")
    return 0


@cli.command()
@click.argument("names", nargs=-1, metavar="NAME...")
@targeting
@click.option("--matrix", is_flag=True, help="Answer for every possible chip and stack.")
@click.option("--kind", type=click.Choice(KINDS), help="List every fact of a kind instead.")
@LISTED_FORMAT
@COLOR
def query(**flags: Any) -> int:
    """Tell what is known of NAME, without a repository.

    NAME is an API (torch.cuda.Stream, F.grid_sample), an operator (aten.cumsum), a library or
    distribution, a class of a model or module, a dtype, an error code of the compiler, an
    environment variable, a rule, or a call such as "F.interpolate(mode='bicubic')".
    """
    from portlint import asking, listing

    if bool(flags["kind"]) == bool(flags["names"]):
        raise UsageError("give names to ask for, or --kind KIND for a list")
    if flags["kind"]:
        return listing.run(flags)
    if flags["format_"] not in ("text", "json"):
        raise UsageError(f"--format {flags['format_']} goes with --kind")
    return asking.run(flags)


@cli.command()
@click.argument("old", type=click.Path(readable=False, path_type=pathlib.Path))
@click.argument("new", type=click.Path(readable=False, path_type=pathlib.Path))
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


@cli.command()
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


@cli.command()
@click.option("--knowledge", is_flag=True, help="Tell how sure and how old the facts are instead.")
@click.option("--overlay", metavar="DIR", help="With --knowledge: count the rows of DIR too.")
@ASKED_FORMAT
def targets(knowledge: bool, overlay: str | None, format_: str) -> int:
    """List the chips, stacks and SDK releases the knowledge covers."""
    from portlint.explain import knowledge_table, targets_json, targets_table

    if knowledge:
        click.echo(knowledge_table(format_, overlay, date.today()), nl=False)
    else:
        click.echo(targets_json() if format_ == "json" else targets_table(), nl=False)
    return 0


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


@cli.command()
def schema() -> int:
    """Print the JSON schema of the report."""
    from portlint.render.schema import render

    click.echo(render(), nl=False)
    return 0


@cli.group()
def knowledge() -> None:
    """Bring newer facts about operators along."""


@knowledge.command("import")
@click.argument("file", type=click.Path(readable=False, path_type=pathlib.Path))
@click.option("--evidence", metavar="URL", help="Where the table was published (needed).")
@click.option(
    "--stack",
    multiple=True,
    callback=split,
    metavar="STACKS",
    help="The stacks it speaks of, if it has no column for each; native is both native ones.",
)
@click.option("--chip", multiple=True, callback=split, metavar="CHIPS", help="Its chips only.")
@click.option("--sdk", metavar="X.Y", help="The release it was written for, or a range.")
@click.option("--checked", metavar="DAY", help="The day you read it (default: today).")
@click.option(
    "--into",
    type=click.Path(path_type=pathlib.Path),
    metavar="DIR",
    help="The folder to write to (default: portlint-knowledge).",
)
def import_(**flags: Any) -> int:
    """Turn a compatibility table of operators into facts for `--knowledge DIR`.

    FILE is Markdown or CSV. Its columns may be called operator, status, dtypes, fallback, notes and
    the like, or be one for each stack (eager, compile, xla, vllm).
    """
    from portlint.importing import run

    return run(flags)


@cli.group()
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
    """Make an interpreter with torch-xla 2.9: some 7 GB, or 1 GB from an index for the CPU."""
    from portlint.oracle.install import main as run

    return run(flags)


@oracle.command()
@CONFIG
@ASKED_FORMAT
def status(**flags: Any) -> int:
    """Tell which interpreter answers, what it has, and whether it works."""
    from portlint.oracle.status import main as run

    return run(flags)


@oracle.command()
@CONFIG
@ASKED_FORMAT
def verify(**flags: Any) -> int:
    """Compare the shipped tables with the torch-xla that is there."""
    from portlint.oracle.verify import main as run

    return run(flags)


@oracle.command("run")
@click.argument("models", nargs=-1, required=True, metavar="MODEL...")
@targeting
@tracing
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


def _later(name: str, what: str) -> None:
    @cli.command(name, hidden=True, context_settings={"ignore_unknown_options": True})
    @click.argument("words", nargs=-1)
    def command(words: Sequence[str]) -> int:
        raise UsageError(f"`portlint {name}` ({what}) is not part of version {__version__}")


for _name, _what in LATER.items():
    _later(_name, _what)
