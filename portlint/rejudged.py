"""A few edited files and the findings of the last run -> this run, if only theirs are others.

Findings speak of other files in few ways: places that use what a file brings, copies of a file,
libraries and stacks that are told of once. Where an edit touches one of these, all is judged again.
"""

from __future__ import annotations

import contextlib
from collections.abc import Collection, Iterable, Sequence
from pathlib import PurePosixPath
from typing import NamedTuple

from portlint.cache import archive
from portlint.cache.memory import Answer, Memory
from portlint.cache.question import settings
from portlint.catalog import Catalog
from portlint.config import Config
from portlint.copies import FAMILIES, MODULAR
from portlint.discover import Listing
from portlint.edited import Edit
from portlint.emitted import LIBRARY_RULE, UNUSED_IGNORE
from portlint.grounds import Grounds, copy_of, kept
from portlint.judged import Read, apart
from portlint.model import Finding
from portlint.notebook.relocate import relocated
from portlint.passes import Outcome
from portlint.reading import FileResult
from portlint.select import selected
from portlint.summing import Size

CUDA = (".cu", ".cuh")
NOTEBOOK = ".ipynb"


class Rejudged(NamedTuple):
    """The findings of a run that are shown, those that are not, and how much was analysed."""

    answer: Answer
    shown: Sequence[Finding]
    left_out: Sequence[Finding]
    size: Size


def rejudged(
    edit: Edit, memory: Memory, listing: Listing, rules: Catalog, config: Config
) -> Rejudged | None:
    """None where all files have to be judged."""
    with contextlib.suppress(*archive.TORN):
        grounds = kept(memory, settings(rules, config))
        answer = memory.told(grounds.question) if grounds is not None else None
        if grounds is None or answer is None:
            return None
        pairs = [(edit.known.outcome(n, edit.names[n]), new) for n, new in edit.new.items()]
        names = frozenset(edit.names)
        copies = [copy_of(new.result) for _, new in pairs if new.result.digest]
        local = all(_is_local(old.result, new.result, grounds, names) for old, new in pairs)
        if not local or len(copies) != len(frozenset(copies)):
            return None
        return _rejudged(pairs, grounds, answer, Read([], listing, rules, config))
    return None


def _rejudged(
    pairs: Sequence[tuple[Outcome, Outcome]], grounds: Grounds, answer: Answer, read: Read
) -> Rejudged | None:
    told = {f.path for f in (*answer.report.findings, *answer.left_out) if f.rule == UNUSED_IGNORE}
    shown, left_out = list(answer.report.findings), list(answer.left_out)
    size = grounds.size
    for old, new in pairs:
        path = new.result.path
        loud, unused = apart(read._replace(outcomes=[new]), read.config.target, grounds.around)
        if unused or path in told or any(map(_leads_elsewhere, loud)):
            return None
        wanted = sorted(relocated(loud, [new.result]), key=lambda f: f.sort_key)
        chosen = [f for f in wanted if selected(f, read.config, read.listing.root)]
        shown = _with(shown, path, chosen)
        left_out = _with(left_out, path, [f for f in wanted if f not in chosen])
        size = size._replace(lines=size.lines + new.result.lines - old.result.lines)
    return Rejudged(answer, shown, left_out, size)


def _with(findings: Iterable[Finding], path: str, new: Sequence[Finding]) -> list[Finding]:
    """The findings, those of a file in the place of what it had."""
    others = [f for f in findings if f.path != path]
    return sorted([*others, *new], key=lambda f: f.sort_key) if new else others


def _leads_elsewhere(finding: Finding) -> bool:
    """Whether it names places of a notebook, whose lines in its file only that tells."""
    others = (place.path for place in finding.related if place.path != finding.path)
    return any(path.endswith(NOTEBOOK) for path in others)


def _is_local(old: FileResult, new: FileResult, grounds: Grounds, names: Collection[str]) -> bool:
    """Whether no finding of another file depends on what an edit has changed."""
    return (
        (old.uses, old.exports) == (new.uses, new.exports)
        and not any(_fails(result) or _is_told_once(result, grounds) for result in (old, new))
        and not _is_copied(old, new, grounds, names)
        and not (new.cells and (new.uses or any(e.line for e in new.exports.values())))
        and PurePosixPath(new.path).suffix not in CUDA
    )


def _fails(result: FileResult) -> bool:
    return bool(result.not_analysed or result.crashes or result.unread)


def _is_told_once(result: FileResult, grounds: Grounds) -> bool:
    """Whether a file may be the place where the end of a library or of a stack is told."""
    ended = grounds.ended
    if any(s.rule == LIBRARY_RULE for s in result.sightings):
        return True
    first = ended is not None and result.path <= ended
    return first or (ended is not None and any(s.layer == "infra" for s in result.sightings))


def _is_copied(old: FileResult, new: FileResult, grounds: Grounds, names: Collection[str]) -> bool:
    """Whether a file is, or was, one of several copies, or of a family that is made from one."""
    count = grounds.copies.get
    if (old.digest and count(copy_of(old), 0) > 1) or (new.digest and count(copy_of(new), 0)):
        return True
    path = PurePosixPath(new.path)
    if path.name.startswith(MODULAR):
        return True
    head, _, name = path.stem.partition("_")
    return head in FAMILIES and str(path.with_name(f"{MODULAR}{name}.py")) in names
