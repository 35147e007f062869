"""Flags of check and audit -> a run, its output in every format asked for, and an exit code."""

import os
import pathlib
import shlex
import shutil
import sys
from collections.abc import Iterable, Mapping, Sequence
from typing import Any

import click
import msgspec

from portlint import catalog, config, engine
from portlint.baseline import file as baseline_file
from portlint.baseline.aged import marked
from portlint.baseline.entries import Baseline
from portlint.baseline.standing import remarks
from portlint.baseline.write import write as baseline_write
from portlint.config import Config
from portlint.errors import UsageError
from portlint.model import IMPACTS
from portlint.progress import progress
from portlint.render import FORMATS, Style, pieces, text
from portlint.render.words import visible
from portlint.replace import replace
from portlint.report import Report

STDIN = pathlib.Path("-")
PIECE = 1_000_000
"""Characters that are written at a time: a large report is not held twice."""
NAMES = (
    "chip stack sdk workload select ignore min_confidence include fail_on max_score jobs "
    "models trace audit matrix traced_only oracle inputs dtype batch seq_len timeout memory "
    "knowledge root baseline no_baseline write_baseline diff_base cache_dir no_cache no_triage"
).split()


def run(flags: Mapping[str, Any]) -> int:
    """Everything between click and the engine."""
    paths: Sequence[pathlib.Path] = flags["paths"] or (flags.get("root") or pathlib.Path(),)
    rules = catalog.shipped().rules
    outputs = _outputs(flags)
    stdin = STDIN in paths
    if stdin and len(paths) > 1:
        raise UsageError("`-` reads Python from standard input and stands alone")
    name = flags["stdin_filename"] or "stdin.py"
    search = (pathlib.Path(name).absolute(),) if stdin else tuple(paths)
    wanted = {key: flags.get(key) for key in NAMES}
    settings, remark = config.read(search, wanted, flags["config"], rules)
    if remark and not flags["quiet"]:
        click.echo(f"note: {remark}", err=True)
    for model in settings.models if settings.traced_only else ():
        file = pathlib.Path(model.partition(":")[0])
        if file.suffix == ".py" and not file.is_file():
            raise UsageError(f"{file}: there is no such file")
    if settings.oracle and not settings.models:
        raise UsageError("--oracle asks about models: name one with --model")
    _refuse(settings, flags, stdin)
    written = flags["write_baseline"]
    old = baseline_file.read(written) if written and written.is_file() else None
    if flags["show_settings"]:
        click.echo(msgspec.json.format(msgspec.json.encode(_plain(settings)), indent=2).decode())
        return 0
    if flags["show_files"]:
        return _show_files(settings)
    if stdin:
        done = engine.run_bytes(sys.stdin.buffer.read(), name, settings)
    else:
        with progress(enabled=not flags["quiet"]) as watch:
            done = engine.run(settings, watch)
    if flags.get("save_graph"):
        _save(flags["save_graph"], msgspec.json.encode(done.traces))
    if written:
        done = _renewed(done, settings, old, flags)
    elif settings.baseline and done.standing and not (stdin or flags["quiet"]):
        again = "".join(f" {shlex.quote(str(path))}" for path in flags["paths"])
        for line in remarks(done.standing, settings.baseline, settings.target, again):
            click.echo(f"note: {visible(line)}", err=True)
    _write(done, outputs, settings, flags)
    return _exit_code(done, settings, flags)


def _refuse(settings: Config, flags: Mapping[str, Any], stdin: bool) -> None:
    """Flags that make no sense together."""
    if flags["force"] and not flags["write_baseline"]:
        raise UsageError("--force goes with --write-baseline")
    if stdin and (flags["write_baseline"] or settings.diff_base):
        raise UsageError("--write-baseline and --diff-base look at files, not at standard input")
    if settings.traced_only and settings.diff_base:
        raise UsageError("--diff-base compares files: it goes with check and audit")


def _renewed(
    done: engine.Run, settings: Config, old: Baseline | None, flags: Mapping[str, Any]
) -> engine.Run:
    """Write the baseline; from then on it has all that was found."""
    file = flags["write_baseline"]
    told = baseline_write(
        done.report, done.left_out, done.listing, settings, old, file, flags["force"]
    )
    if not flags["quiet"]:
        click.echo(visible(told), err=True)
    every = range(len(done.report.findings))
    return done._replace(report=marked(done.report, every, settings.counted))


def _plain(settings: Config) -> Any:
    folder = msgspec.structs.replace(settings.overlay, rows=())
    plain = msgspec.to_builtins(
        msgspec.structs.replace(settings, overlay=folder, baseline=None),
        enc_hook=lambda value: sorted(value) if isinstance(value, frozenset) else str(value),
    )
    return plain | {"baseline": str(settings.baseline.file) if settings.baseline else None}


def _outputs(flags: Mapping[str, Any]) -> list[tuple[str, pathlib.Path | None]]:
    """Format and file of each output; None is standard output."""
    named: list[tuple[str, pathlib.Path | None]] = []
    for item in flags["output"]:
        format_, _, file = item.partition("=")
        if format_ in FORMATS and "=" in item:
            if not file:
                raise UsageError(f"--output {item}: give a file after {format_}=")
            named.append((format_, pathlib.Path(file)))
        elif len(flags["output"]) > 1:
            raise UsageError(
                f"--output {item}: write FORMAT=FILE, with one of {', '.join(FORMATS)}"
            )
        else:
            return [(flags["format_"], pathlib.Path(item))]
    return [(flags["format_"], None), *named]


def _show_files(settings: Config) -> int:
    from portlint.discover import discover

    listing = discover(settings.paths, settings.extend_exclude, settings.base, settings.root)
    for file in listing.files:
        click.echo(f"{file.kind:12} {visible(file.name)}")
    for name, reason in sorted([*listing.skipped, *listing.unreadable]):
        click.echo(f"{'skipped':12} {visible(name)} ({reason})")
    return 0


def _write(
    done: engine.Run,
    outputs: Sequence[tuple[str, pathlib.Path | None]],
    settings: Config,
    flags: Mapping[str, Any],
) -> None:
    """Files first: a reader that closes the pipe early must not cost them."""
    style = Style(
        rules=catalog.shipped().rules,
        width=min(shutil.get_terminal_size((100, 24)).columns, 120),
        statistics=flags["statistics"],
        audit=settings.audit,
        ops=bool(flags.get("ops")),
        explain=bool(flags.get("explain_score")),
        counted=settings.counted,
        fail_on=settings.fail_on,
        files=tuple(file.name for file in done.listing.files),
        prefix=_prefix(done.listing.root),
        name=done.listing.root.resolve().name,
    )
    for format_, file in sorted(outputs, key=lambda output: output[1] is None):
        if file is None:
            colored = style._replace(color=click_color(flags["color"]))
            write_all(pieces(done.report, format_, colored))
            if format_ == "concise" and not flags["quiet"]:
                _sums(done.report, style)
            continue
        shown = pieces(done.report, format_, style)
        _save(file, b"".join(piece.encode("utf-8", "replace") for piece in shown))


def _save(file: pathlib.Path, data: bytes) -> None:
    try:
        replace(file, data)
    except OSError as error:
        raise UsageError(f"{file}: cannot be written: {error.strerror}") from error


def _prefix(root: pathlib.Path) -> str:
    """From the working directory to the audited root; "" where it is not below it."""
    prefix = os.path.relpath(root).replace(os.sep, "/")
    outside = prefix == ".." or prefix.startswith("../")
    return "" if prefix == "." or outside else f"{prefix}/"


def write(rendered: str) -> None:
    """To standard output as UTF-8; a reader that has gone (`| head`) is no error."""
    write_all([rendered])


def write_all(parts: Iterable[str]) -> None:
    """Several texts as one."""
    try:
        for part in parts:
            for at in range(0, len(part), PIECE):
                sys.stdout.buffer.write(part[at : at + PIECE].encode("utf-8", "replace"))
        sys.stdout.buffer.flush()
    except OSError as error:
        nowhere = os.open(os.devnull, os.O_WRONLY)
        os.dup2(nowhere, sys.stdout.fileno())  # what Python still holds goes there at its end
        if not isinstance(error, BrokenPipeError):
            raise UsageError(f"standard output: cannot be written: {error.strerror}") from error


def _sums(report: Report, style: Style) -> None:
    """What `concise` leaves out of standard output."""
    for line in text.statistics(report) if style.statistics else ():
        click.echo(line, err=True)
    for line in text.summary(report, style):
        click.echo(line, err=True)


def click_color(wanted: bool | None) -> bool:
    """The flag, else NO_COLOR and FORCE_COLOR, else whether standard output is a terminal."""
    if wanted is not None:
        return wanted
    if os.environ.get("NO_COLOR"):
        return False
    return bool(os.environ.get("FORCE_COLOR")) or (
        sys.stdout.isatty() and os.environ.get("TERM") != "dumb"
    )


def _exit_code(done: engine.Run, settings: Config, flags: Mapping[str, Any]) -> int:
    """3 for a rule that failed, 2 for unread files under --strict, 1 for findings, else 0."""
    if done.internal_error:
        for item in done.report.not_analysed:
            if item.internal:
                click.echo(f"error: {visible(f'{item.path}: {item.reason}')}", err=True)
        return 3
    report = done.report
    if flags["strict"] and report.not_analysed:
        return 2
    over = settings.max_score is not None and (report.summary.score or 0) > settings.max_score
    if flags["exit_zero"]:
        return 0
    return int(over or fails(report, settings))


def fails(report: Report, settings: Config) -> bool:
    """Whether a finding that counts and is new is at least as bad as --fail-on."""
    if settings.fail_on == "never":
        return False
    level = IMPACTS.index(settings.fail_on)
    return any(
        IMPACTS.index(f.impact) >= level for f in report.findings if f.counts(settings.counted)
    )
