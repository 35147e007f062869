"""Bytes of a JSON report -> what a comparison needs of it, whichever version wrote it.

Fields that a report lacks are empty, those that are not known here are passed over: reports of one
schema differ in what they tell, never in what a field means.
"""

import msgspec

from portlint.errors import UsageError
from portlint.model import Context, Impact, Workload

SCHEMA = "portlint.report/1"
NONE = "is no report of portlint; `--format json` writes one"
Hours = tuple[float, float]


class Kept(msgspec.Struct, frozen=True, kw_only=True):
    """A value of a report; unknown keys are passed over."""


class SavedTool(Kept, frozen=True, kw_only=True):
    """Who wrote it."""

    name: str = "portlint"
    version: str = ""


class SavedKnowledge(Kept, frozen=True, kw_only=True):
    """From which facts."""

    sdk: str = ""
    checked: str = ""
    digest: str = ""


class SavedSummary(Kept, frozen=True, kw_only=True):
    """Its figures."""

    difficulty: str | None = None
    score: int | None = None
    hours: Hours | None = None
    hours_by_impact: dict[str, Hours] = {}
    by_subject: dict[str, int] = {}
    files: int = 0
    lines: int = 0


class SavedFinding(Kept, frozen=True, kw_only=True):
    """A finding, as far as it can be recognised and told."""

    rule: str
    impact: Impact
    path: str
    fingerprint: str
    name: str = ""
    context: Context = "live"
    layer: str = "source"
    message: str = ""
    line: int = 1
    snippet: str = ""
    root_cause: str = ""


class SavedPackage(Kept, frozen=True, kw_only=True):
    """A root cause of the plan."""

    title: str
    root_cause: str
    hours: Hours
    impact: Impact = "info"
    places: int = 0


class SavedAttention(Kept, frozen=True, kw_only=True):
    """A group of attentions."""

    kind: str
    verdict: str
    count: int = 1
    path: str | None = None


class SavedBreak(Kept, frozen=True, kw_only=True):
    """Where a graph ends."""

    reason: str
    path: str | None = None


class SavedModel(Kept, frozen=True, kw_only=True):
    """A traced model."""

    name: str
    captured_by: str | None = None
    coverage: dict[str, int] | None = None
    attention: tuple[SavedAttention, ...] = ()
    breaks: tuple[SavedBreak, ...] = ()


class SavedOption(Kept, frozen=True, kw_only=True):
    """A row of the matrix."""

    chip: str
    stack: str
    workload: str
    difficulty: str
    score: int
    hours: Hours


class SavedTarget(Kept, frozen=True, kw_only=True):
    """What it was judged for."""

    chip: str
    stack: str
    sdk: str
    workload: Workload = "both"


class SavedItem(Kept, frozen=True, kw_only=True):
    """What was not analysed."""

    path: str
    reason: str = ""


class Saved(Kept, frozen=True, kw_only=True):
    """A report."""

    target: SavedTarget
    summary: SavedSummary
    findings: tuple[SavedFinding, ...]
    tool: SavedTool = SavedTool()
    knowledge: SavedKnowledge = SavedKnowledge()
    models: tuple[SavedModel, ...] = ()
    plan: tuple[SavedPackage, ...] = ()
    matrix: tuple[SavedOption, ...] = ()
    not_analysed: tuple[SavedItem, ...] = ()


def saved(data: bytes, name: str) -> Saved:
    """The report, or one sentence about why there is none."""
    try:
        found = msgspec.json.decode(data.removeprefix(b"\xef\xbb\xbf"))
    except (msgspec.MsgspecError, UnicodeError, RecursionError) as error:
        raise UsageError(f"{name}: is not JSON: {error}") from error
    schema = found.get("schema") if isinstance(found, dict) else None
    if not isinstance(schema, str) or not schema.startswith("portlint.report/"):
        raise UsageError(f"{name}: {NONE}")
    if schema != SCHEMA:
        raise UsageError(f"{name}: is of schema {schema}, and this version reads {SCHEMA}")
    try:
        return msgspec.convert(found, Saved)
    except msgspec.ValidationError as error:
        raise UsageError(f"{name}: is no whole report: {error}") from error
