"""`rule`, `query`, `targets`, `schema` and `knowledge`: what is known, without a repository."""

import pathlib
from datetime import date
from typing import Any

import click

from portlint.errors import UsageError
from portlint.options import ASKED_FORMAT, COLOR, FILE, KINDS, LISTED_FORMAT, split, targeting


@click.command()
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


@click.command()
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


@click.command()
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


@click.command()
def schema() -> int:
    """Print the JSON schema of the report."""
    from portlint.render.schema import render

    click.echo(render(), nl=False)
    return 0


@click.group()
def knowledge() -> None:
    """Bring newer facts about operators along."""


@knowledge.command("import")
@click.argument("file", type=FILE)
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
