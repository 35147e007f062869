"""Flags and [tool.portlint] -> one frozen Config; all mistakes are told at once."""

import os
import pathlib
from collections.abc import Callable, Mapping, Sequence
from typing import Any, NamedTuple, get_args

import msgspec

from portlint import targets
from portlint.baseline import file as baseline_file
from portlint.baseline.entries import Baseline
from portlint.cache import place
from portlint.contents import contents
from portlint.errors import Unreadable, UsageError
from portlint.ignored import is_pattern
from portlint.model import Confidence, Context, Frozen, Target, Workload
from portlint.overlay import Overlay, load
from portlint.rule import Rule
from portlint.select import unknown_selectors
from portlint.toml import document

FailOn = str
FAIL_ON = ("breaks", "accuracy", "slow", "info", "never")
CONFIDENCE_NAMES: tuple[str, ...] = get_args(Confidence)
NOT_LIVE: tuple[Context, ...] = ("guarded", "test", "example")


class Table(msgspec.Struct, forbid_unknown_fields=True, rename="kebab"):
    """The keys of [tool.portlint], as written."""

    chip: str | None = None
    stack: str | None = None
    sdk: str | None = None
    workload: str | None = None
    select: list[str] = []
    ignore: list[str] = []
    extend_exclude: list[str] = []
    per_file_ignores: dict[str, list[str]] = {}
    models: list[str] = []
    min_confidence: str | None = None
    include: list[str] = []
    fail_on: str | None = None
    max_score: int | None = None
    knowledge: str | None = None
    baseline: str | None = None
    cache_dir: str | None = None


class Tracing(Frozen, frozen=True, kw_only=True):
    """How models are traced: what they are given, and what they may use (seconds, GiB) and read."""

    inputs: str | None = None
    dtype: str | None = None
    batch: int | None = None
    seq_len: int | None = None
    timeout: float | None = None
    memory: float | None = None
    readable: tuple[pathlib.Path, ...] = ()


class Config(Frozen, frozen=True, kw_only=True):
    """Everything a run is told; paths as given, `base` is the configuration file's folder.

    `root` is a root given by hand: without one it follows from the paths. `diff_base` is a revision
    of git: what it had counts as little as what the baseline has. `cache` is the folder of what
    earlier runs found; None: it is neither looked for nor kept.
    """

    paths: tuple[pathlib.Path, ...]
    target: Target
    root: pathlib.Path | None = None
    base: pathlib.Path | None = None
    file: str | None = None
    select: tuple[str, ...] = ()
    ignore: tuple[str, ...] = ()
    per_file_ignores: tuple[tuple[str, tuple[str, ...]], ...] = ()
    extend_exclude: tuple[str, ...] = ()
    min_confidence: Confidence = "inferred"
    include: frozenset[str] = frozenset()
    fail_on: FailOn = "breaks"
    max_score: int | None = None
    jobs: int | None = None
    models: tuple[str, ...] = ()
    tracing: Tracing = Tracing()
    overlay: Overlay = Overlay()
    oracle_python: pathlib.Path | None = None
    traced_only: bool = False
    oracle: bool = False
    baseline: Baseline | None = None
    diff_base: str | None = None
    remarks: tuple[tuple[str, str], ...] = ()
    audit: bool = False
    matrix: bool = False
    no_triage: bool = False
    cache: pathlib.Path | None = None

    @property
    def counted(self) -> frozenset[str]:
        """The contexts that score and fail a run."""
        return self.include | {"live"}


class Source(NamedTuple):
    """Where the keys came from: the file (None: nowhere), its table, and what was wrong with it."""

    file: pathlib.Path | None
    table: Mapping[str, Any]
    remarks: tuple[tuple[str, str], ...] = ()


def read(
    paths: Sequence[pathlib.Path],
    flags: Mapping[str, Any],
    file: pathlib.Path | None,
    rules: Mapping[str, Rule],
) -> tuple[Config, str | None]:
    """The configuration of a run and a remark on its target; UsageError lists every mistake."""
    source = (
        _explicit(file, pathlib.Path.read_bytes) if file is not None else find(_start(paths, flags))
    )
    faults: list[str] = []
    table = _convert(source, faults)
    merged = {name: getattr(table, name) for name in Table.__struct_fields__}
    merged.update({k: v for k, v in flags.items() if v not in (None, (), [])})
    overlay = _overlay(merged["knowledge"], flags, source, faults)
    target, remark = _target(merged, overlay, faults)
    _check(merged, rules, faults)
    baseline = _baseline(flags, table.baseline, source, faults)
    cache = _cache(flags, table.cache_dir, source, faults)
    if faults or target is None:
        raise UsageError("\n".join(faults))
    config = Config(
        paths=tuple(paths),
        target=target,
        root=flags.get("root"),
        base=source.file.parent if source.file else None,
        file=str(source.file) if source.file else None,
        select=tuple(merged["select"]),
        ignore=tuple(merged["ignore"]),
        per_file_ignores=tuple((k, tuple(v)) for k, v in merged["per_file_ignores"].items()),
        extend_exclude=tuple(merged["extend_exclude"]),
        min_confidence=merged["min_confidence"] or "inferred",
        include=frozenset(merged["include"]),
        fail_on=merged["fail_on"] or "breaks",
        max_score=merged["max_score"],
        jobs=merged.get("jobs"),
        models=tuple(merged["models"]) if flags.get("models") or flags.get("trace") else (),
        overlay=overlay,
        oracle_python=flags.get("oracle_python"),
        baseline=baseline,
        diff_base=flags.get("diff_base"),
        no_triage=bool(flags.get("no_triage")),
        cache=cache,
        remarks=source.remarks,
        audit=bool(flags.get("audit")),
        matrix=bool(flags.get("matrix")),
        traced_only=bool(flags.get("traced_only")),
        oracle=bool(flags.get("oracle")),
        tracing=Tracing(**{k: flags[k] for k in Tracing.__struct_fields__ if k in flags}),
    )
    return config, remark


def _start(paths: Sequence[pathlib.Path], flags: Mapping[str, Any]) -> Sequence[pathlib.Path]:
    return [flags["root"]] if flags.get("root") else paths


def find(paths: Sequence[pathlib.Path]) -> Source:
    """The nearest portlint.toml, or pyproject.toml with [tool.portlint], from the first path up.

    A pyproject.toml that is not TOML is data like any other file: it counts as no configuration.
    """
    start = paths[0].absolute() if paths else pathlib.Path.cwd()
    for folder in [start, *start.parents] if os.path.isdir(start) else start.parents:
        own = folder / "portlint.toml"
        if os.path.isfile(own):
            return _explicit(own, contents)
        project = folder / "pyproject.toml"
        if os.path.isfile(project):
            try:
                data = document(contents(project))
            except (OSError, Unreadable) as error:
                return Source(None, {}, ((str(project), str(error)),))
            tool = data.get("tool")
            if isinstance(tool, dict) and "portlint" in tool:
                return Source(project, _tool_table(project, data))
    return Source(None, {})


def _explicit(file: pathlib.Path, read: Callable[[pathlib.Path], bytes]) -> Source:
    """What a file says; one that a flag names may be a pipe, and is read as it is."""
    try:
        data: Mapping[str, Any] = document(read(file))
    except OSError as error:
        raise UsageError(f"{file}: cannot be read: {error.strerror}") from error
    except Unreadable as error:
        raise UsageError(f"{file}: {error}") from error
    if file.name == "pyproject.toml":
        data = _tool_table(file, data)
    return Source(file.absolute(), data)


def _tool_table(file: pathlib.Path, data: Mapping[str, Any]) -> Mapping[str, Any]:
    """[tool.portlint] of a pyproject.toml; empty where there is none."""
    tool = data.get("tool")
    table = tool.get("portlint", {}) if isinstance(tool, dict) else {}
    if not isinstance(table, dict):
        raise UsageError(f"{file}: key 'tool.portlint' must be a table")
    return table


def _convert(source: Source, faults: list[str]) -> Table:
    """Key by key, so that one wrong key does not hide the next."""
    table = Table()
    for key, value in source.table.items():
        try:
            one = msgspec.convert({key: value}, Table)
        except msgspec.ValidationError as error:
            reason = str(error).split(" - at ")[0]
            if "unknown field" in reason:
                known = ", ".join(
                    sorted(name.replace("_", "-") for name in Table.__struct_fields__)
                )
                reason = f"is not known: choose from {known}"
            faults.append(f"{source.file}: key '{key}': {reason}")
            continue
        field = key.replace("-", "_")
        setattr(table, field, getattr(one, field))
    return table


def _beside(named: str | None, source: Source) -> str | None:
    """A path of the configuration, which starts at its file, as an absolute one."""
    if named is None:
        return None
    base = source.file.parent if source.file else pathlib.Path()
    return str((base / pathlib.Path(named).expanduser()).absolute())


def _overlay(
    named: str | None, flags: Mapping[str, Any], source: Source, faults: list[str]
) -> Overlay:
    """The folder of newer facts; one that the configuration names starts at its file."""
    if named is None:
        return Overlay()
    configured = source.file is not None and not flags.get("knowledge")
    base = source.file.parent if source.file and configured else pathlib.Path()
    try:
        return load(base / named)
    except UsageError as error:
        faults.append(str(error))
        return Overlay()


def _baseline(
    flags: Mapping[str, Any], configured: str | None, source: Source, faults: list[str]
) -> Baseline | None:
    """What the flag or the configuration names; the run that writes it does without."""
    beside = _beside(configured, source)
    file = flags.get("baseline") or (pathlib.Path(beside) if beside else None)
    if file is None or flags.get("no_baseline"):
        return None
    written = flags.get("write_baseline")
    if written is not None and not file.exists() and written.absolute() == file.absolute():
        return None
    try:
        return baseline_file.read(file, found=not flags.get("baseline"))
    except UsageError as error:
        faults.append(str(error))
        return None


def _cache(
    flags: Mapping[str, Any], configured: str | None, source: Source, faults: list[str]
) -> pathlib.Path | None:
    """The folder that the flag or the configuration names, or the user's.

    Who wrote the configuration does not choose where on this machine something is written.
    """
    if flags.get("no_cache") or place.is_off():
        return None
    if flags.get("cache_dir"):
        return pathlib.Path(flags["cache_dir"]).absolute()
    beside = _beside(configured, source)
    if beside is None or source.file is None:
        return place.folder()
    chosen, home = pathlib.Path(beside).resolve(), source.file.parent.resolve()
    if not chosen.is_relative_to(home) or chosen == home:
        faults.append(f"cache-dir {configured!r} is no folder below {home}: use --cache-dir")
        return None
    return chosen


def _target(
    merged: Mapping[str, Any], overlay: Overlay, faults: list[str]
) -> tuple[Target | None, str | None]:
    loads: tuple[str, ...] = get_args(Workload)
    if merged["workload"] not in (None, *loads):
        faults.append(
            f"workload {merged['workload']!r} is not known: choose one of {', '.join(loads)}"
        )
        return None, None
    try:
        return targets.resolve(
            merged["chip"], merged["stack"], merged["sdk"], merged["workload"], overlay.releases
        )
    except UsageError as error:
        faults.append(str(error))
        return None, None


def _check(merged: Mapping[str, Any], rules: Mapping[str, Rule], faults: list[str]) -> None:
    choices = (
        ("min_confidence", CONFIDENCE_NAMES),
        ("fail_on", FAIL_ON),
    )
    for key, known in choices:
        if merged[key] not in (None, *known):
            faults.append(_wrong(key, merged[key], known))
    faults += [_wrong("include", v, NOT_LIVE) for v in merged["include"] if v not in NOT_LIVE]
    if merged["max_score"] is not None and not 0 <= merged["max_score"] <= 100:
        faults.append(f"max-score {merged['max_score']} is not between 0 and 100")
    faults += [
        f"{key} {pattern!r} is not a pattern: write it as in a .gitignore file"
        for key in ("extend-exclude", "per-file-ignores")
        for pattern in merged[key.replace("-", "_")]
        if not is_pattern(pattern)
    ]
    selectors = [*merged["select"], *merged["ignore"]]
    selectors += [code for codes in merged["per_file_ignores"].values() for code in codes]
    faults += [
        f"{selector!r} selects no rule: give a code (NEU101), its beginning (NEU1) or a name"
        for selector in unknown_selectors(selectors, rules)
    ]


def _wrong(key: str, value: str, known: Sequence[str]) -> str:
    return f"{key.replace('_', '-')} {value!r} is not known: choose one of {', '.join(known)}"
