"""Everything that a run is told, as one frozen value."""

from __future__ import annotations

import pathlib
from typing import get_args

from portlint.baseline.entries import Baseline
from portlint.model import Confidence, Context, Frozen, Target
from portlint.overlay import Overlay

FailOn = str
FAIL_ON = ("breaks", "accuracy", "slow", "info", "never")
CONFIDENCE_NAMES: tuple[str, ...] = get_args(Confidence)
NOT_LIVE: tuple[Context, ...] = ("guarded", "test", "example")


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
