"""Files -> file results, whatever one file does to its worker."""

from __future__ import annotations

import gc
import hashlib
import pathlib
import traceback
from collections.abc import Sequence
from typing import NamedTuple

import msgspec

from portlint.catalog import Catalog
from portlint.contents import contents, generated, opened
from portlint.discover import File, kind_of
from portlint.errors import Unreadable
from portlint.halves import whole
from portlint.infra.analyse import analyse as analyse_infra
from portlint.infra.analyse import weights
from portlint.infra.weights import read as head
from portlint.job import Job, Work, learns
from portlint.model import INTERNAL, NotAnalysed
from portlint.notebook.combine import combined
from portlint.notebook.read import read
from portlint.reading import FileResult, Sighting
from portlint.source.analyse import SNIPPET
from portlint.source.analyse import analyse as analyse_source
from portlint.source.doors import is_near, named
from portlint.source.exports import Externals
from portlint.source.glance import glance
from portlint.source.imports import Table, between, starts_of
from portlint.source.index import Index, build
from portlint.source.modules import module_name
from portlint.source.normal import Normal, normal
from portlint.source.relevant import Exporting
from portlint.source.text import LIMIT, decode
from portlint.suppress import Ignore, ignores
from portlint.turns import Turn

HUGE = 64_000_000
"""Bytes of a file that is not even read."""
COPIED = 1_000
"""Bytes from which two files of one name and content are one file that was copied."""
CRASHED = "made the parser crash; the other files were analysed"
DEEP = "nests too deeply to be read"


class Outcome(NamedTuple):
    """A file's result and the suppression comments in it."""

    result: FileResult
    ignores: Sequence[Ignore]


_jobs: list[Job] = []
"""The round this process works for, which comes with its first work."""
_indexes: dict[tuple[str, frozenset[str]], Index] = {}
"""By digest of the catalogue and audited packages: a process arranges it once."""


def start(catalog: Catalog, own: frozenset[str] = frozenset()) -> Index:
    """Prepare this process: arrange the catalogue, and keep the collector out of parsing."""
    key = (catalog.digest, own)
    if key not in _indexes:
        _indexes.clear()
        _indexes[key] = build(catalog, own)
        gc.freeze()
    return _indexes[key]


def prepared() -> Index:
    """What this process has arranged."""
    (index,) = _indexes.values()
    return index


def work(message: Work) -> list[Outcome | None]:
    """Analyse some files after some news; None for one that sees nothing new in a later round."""
    index = prepared()
    if message.job is not None:
        _jobs[:] = [message.job]
    (job,) = _jobs
    gc.disable()
    for item in message.news:
        job.exports.add(*item)
    done = [_guarded(turn, job, index) for turn in message.turns]
    gc.enable()
    gc.collect(0)
    return done


def ended() -> None:
    """Forget the round, which is over."""
    _jobs.clear()


def _guarded(turn: Turn, job: Job, index: Index) -> Outcome | None:
    """A file that makes portlint fail is an internal error of that file; the rest goes on."""
    file = turn.file
    try:
        return _one(turn, job, index)
    except RecursionError:
        return not_analysed(file, DEEP)
    except MemoryError:
        return not_analysed(file, "needs more memory than there is")
    except Exception as error:
        where = traceback.extract_tb(error.__traceback__)[-1]
        reason = f"{INTERNAL}: {error!r} in {where.name}, line {where.lineno}"
        crash = NotAnalysed(path=file.name, reason=reason)
        return Outcome(FileResult(path=file.name, not_analysed=reason, crashes=(crash,)), [])


def _one(turn: Turn, job: Job, index: Index) -> Outcome | None:
    file = turn.file
    try:
        if file.kind == "weights":
            with opened(file.where) as stream:
                return Outcome(whole(weights(head(stream), file.name, index.facts)), [])
        data = contents(file.where, HUGE)
    except OSError as error:
        return not_analysed(file, f"cannot be read: {error.strerror}")
    except Unreadable as error:
        return not_analysed(file, str(error))
    outcome = analyse_bytes(data, turn, job, index)
    if outcome is None or not outcome.result.sightings or len(data) < COPIED:
        return outcome
    digest = hashlib.blake2b(data, digest_size=12).hexdigest()
    return outcome._replace(result=msgspec.structs.replace(outcome.result, digest=digest))


def analyse_bytes(data: bytes, turn: Turn, job: Job, index: Index) -> Outcome | None:
    """One file's content; None where a later round has nothing new to say about it."""
    found = _content(data, turn, job, index)
    return found._replace(result=whole(found.result)) if found is not None else None


def _content(data: bytes, turn: Turn, job: Job, index: Index) -> Outcome | None:
    file = turn.file
    try:
        text = decode(data)
    except Unreadable as error:
        return not_analysed(file, str(error))
    if file.kind == "notebook":
        return _notebook(text, turn, job, index)
    if len(text) > LIMIT and file.kind != "python":
        return not_analysed(file, generated(len(text)))
    marks = ignores(text, file.kind == "python") if len(text) <= LIMIT else []
    if file.kind != "python":
        return Outcome(analyse_infra(text, file.name, file.kind, index.facts), marks)
    result = _module(text, turn, job, index)
    return None if result is None else Outcome(result, marks)


def _module(text: str, turn: Turn, job: Job, index: Index) -> FileResult | None:
    """One Python module, with what it imports from others known as far as they were read.

    None where it was read before and sees nothing of the tables that it did not see then. Whoever
    had a glance at it knows the imports, which are then left out.
    """
    module, package = module_name(turn.file.name)
    source = normal(text)
    text = source.text
    imported, inner = turn.glance or glance(text, module, package)
    starts = starts_of(module, package, job.roots)
    others = between(module, imported)

    def look(exports: Exporting, limit: int | None = None) -> Table:
        return exports.seen(others, starts, text, limit)

    before, asked = job.before, job.watched.get(module, ())
    is_asked = before is None or asked != before.watched.get(module, ())
    if not (is_asked or before is None or learns(turn, job.exports, before, look)):
        return None
    table = look(job.exports, turn.limit if before is None else None)
    watched = [*asked, *(pair for pair in inner if is_near(pair, module))]
    externals = Externals(module, package, table, job.roots, watched, asked)
    result = _python(source, turn.file, externals, index, job)
    words = tuple(dict.fromkeys(named(text)))
    if turn.glance is not None:
        return msgspec.structs.replace(result, named=words)
    return msgspec.structs.replace(result, imports=imported, inner=inner, named=words)


def _notebook(text: str, turn: Turn, job: Job, index: Index) -> Outcome | None:
    """A notebook's program, shell commands and the files it writes, each read as what it is."""
    file = turn.file
    try:
        notebook = read(text)
    except Unreadable as error:
        return not_analysed(file, str(error))
    program = _module(notebook.python, turn, job, index)
    if program is None:
        return None
    results = [program]
    results.append(analyse_infra(notebook.shell, file.name, "shell", index.facts))
    for name, body in notebook.written:
        kind = kind_of(name)
        if kind == "python":
            results.append(_python(normal(body), file, Externals("", False, {}), index, job))
        elif kind not in (None, "notebook"):
            results.append(analyse_infra(body, file.name, kind, index.facts))
    marks = ignores(notebook.python, True) + ignores(notebook.shell, False)
    return Outcome(combined(notebook, results, marks), marks)


def not_analysed(file: File, reason: str) -> Outcome:
    """The outcome of a file that cannot be read."""
    return Outcome(FileResult(path=file.name, not_analysed=reason), [])


def _python(source: Normal, file: File, externals: Externals, index: Index, job: Job) -> FileResult:
    text, everything = source.text, job.everything or not source.whole
    count = text.count("\n") + bool(text and not text.endswith("\n"))
    setup = file.name.rsplit("/", 1)[-1] == "setup.py"
    known = externals.table or externals.asked
    spelled = index.gates.needles.find(text)
    if not (setup or everything or known or index.gates.opens(spelled)):
        return FileResult(path=file.name, lines=count)
    if len(text) > LIMIT:
        return FileResult(path=file.name, lines=count, not_analysed=generated(len(text)))
    result = analyse_source(text, file.name, index, externals, everything, spelled)
    if setup:
        result = _with(result, analyse_infra(text, file.name, "setuppy", index.facts).sightings)
    return result if text == source.written else _quoting(result, source.written)


def _quoting(result: FileResult, written: str) -> FileResult:
    """The result with the lines of a text in which names are spelled in another way."""
    lines = written.split("\n")
    sightings = tuple(
        msgspec.structs.replace(s, snippet=lines[s.span.line - 1].rstrip()[:SNIPPET])
        for s in result.sightings
    )
    return msgspec.structs.replace(result, sightings=sightings)


def one(
    data: bytes,
    name: str,
    catalog: Catalog,
    everything: bool = False,
    own: frozenset[str] = frozenset(),
) -> Outcome:
    """Analyse one file that is not on disk; names that end in nothing known are Python."""
    file = File(pathlib.Path(name), name, kind_of(name) or "python")
    job = Job(Exporting(), everything=everything)
    outcome = analyse_bytes(data, Turn(file), job, start(catalog, own))
    assert outcome is not None
    return outcome


def _with(result: FileResult, more: Sequence[Sighting]) -> FileResult:
    merged = tuple(
        sorted({*result.sightings, *more}, key=lambda s: (s.span, s.rule, s.symbol or ""))
    )
    return msgspec.structs.replace(result, sightings=merged)
