"""A trace and the catalogue -> sightings by file: every graph detector over ops and events."""

from __future__ import annotations

import functools
import linecache
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any, NamedTuple

from portlint.catalog import Catalog
from portlint.graph.view import GraphFound, View
from portlint.model import FILE_START, INTERNAL, NotAnalysed, Related, Span
from portlint.reading import FileResult, Sighting
from portlint.record import Event, Op, Place, Trace
from portlint.rule import Rule
from portlint.source.index import RECORDS, load, takes

SNIPPET = 200
CODE = {".py", ".pyi"}
Detector = Callable[[Any, View], Iterator[GraphFound]]


class Seen(NamedTuple):
    """A match with the module it was found in ("" where it is no op's)."""

    rule: Rule
    found: GraphFound
    module: str


def detectors(catalog: Catalog) -> dict[type, list[tuple[Rule, Detector]]]:
    """The graph detectors of all rules by what they take."""
    found: dict[type, list[tuple[Rule, Detector]]] = {kind: [] for kind in (Op, Event, Trace)}
    for rule in catalog.rules.values():
        for name in rule.detectors:
            function = load(name, rule)
            for kind in takes(function) & RECORDS:
                found[kind].append((rule, function))
    return found


def match(view: View, catalog: Catalog, root: Path) -> list[FileResult]:
    """What the rules see in a trace, one result per file; a rule that fails costs only itself."""
    trace = view.trace
    wanted = detectors(catalog)
    seen: list[Seen] = []
    crashes: list[NotAnalysed] = []
    for kind, items in ((Op, trace.ops), (Event, trace.events), (Trace, (trace,))):
        for rule, detector in wanted[kind]:
            try:
                for item in items:
                    module = item.module if isinstance(item, Op) else ""
                    seen.extend(Seen(rule, found, module) for found in detector(item, view))
            except Exception as error:
                reason = f"{INTERNAL} in {rule.code}: {error!r}"
                crashes.append(NotAnalysed(path=trace.model, reason=reason))
    files = by_file(seen, trace, root)
    if crashes:
        files.append(FileResult(path=trace.model, crashes=tuple(crashes)))
    return files


def by_file(seen: list[Seen], trace: Trace, root: Path) -> list[FileResult]:
    """Equal matches of many ops on one line become one, which names the modules they are in."""
    groups: dict[tuple[str, GraphFound], list[str]] = {}
    rules = {item.rule.code: item.rule for item in seen}
    for item in seen:
        found = item.found._replace(place=item.found.place or trace.defined)
        groups.setdefault((item.rule.code, found), []).append(item.module)
    files: dict[str, list[Sighting]] = {}
    for (code, found), modules in groups.items():
        place = found.place or Place(
            path=str(Path(trace.model.partition(":")[0]).resolve()), line=1
        )
        path = shown(place, root)
        files.setdefault(path, []).append(_sighting(rules[code], found, modules, root))
    return [
        FileResult(path=path, sightings=tuple(sorted(sightings, key=_order)))
        for path, sightings in sorted(files.items())
    ]


def _order(sighting: Sighting) -> tuple[Span, str, str]:
    return (sighting.span, sighting.rule, sighting.symbol or "")


def _sighting(rule: Rule, found: GraphFound, modules: list[str], root: Path) -> Sighting:
    text = _line(found.place, root)
    stripped = text.strip()
    line = found.place.line if found.place else 1
    start = len(text) - len(text.lstrip()) + 1
    span = Span(line, start, line, start + len(stripped)) if stripped else FILE_START
    return Sighting(
        rule=rule.code,
        span=span,
        layer="graph",
        snippet=text.rstrip()[:SNIPPET],
        symbol=found.symbol,
        row=found.row,
        value=found.value,
        message=found.message,
        key=found.key,
        where=_modules([name for name in dict.fromkeys(modules) if name]),
        chips=found.chips,
        evidence=found.evidence,
        related=tuple(
            Related(path=shown(place, root), line=place.line, message=words)
            for place, words in found.related
        ),
    )


def _modules(names: list[str]) -> str:
    """`in layers.0.attn and 31 more modules`."""
    if not names:
        return ""
    more = f" and {len(names) - 1} more" if len(names) > 1 else ""
    return f"in `{names[0]}`{more}"


def _line(place: Place | None, root: Path) -> str:
    known = place is not None and _is_code(place.path, _resolved(root.absolute()))
    return linecache.getline(place.path, place.line) if place and known else ""


@functools.cache
def _is_code(path: str, root: Path) -> bool:
    """Whether a file may be quoted: a model says where a line is, and may name your keys."""
    try:
        real = Path(path).resolve()
        config = real.name == "config.json" and real.is_relative_to(root)
        return (real.suffix in CODE or config) and real.is_file()
    except (OSError, ValueError, RuntimeError):
        return False


def shown(place: Place, root: Path) -> str:
    """The path as a report gives it: from the root, or from the package of an installed library."""
    path = Path(place.path)
    if path.is_relative_to(base := _resolved(root.absolute())):
        return path.relative_to(base).as_posix()
    parts = path.parts
    for name in ("site-packages", "dist-packages"):
        if name in parts:
            return "/".join(parts[parts.index(name) + 1 :])
    return path.as_posix()


@functools.cache
def _resolved(root: Path) -> Path:
    """An absolute path without links: a relative one would mean another folder elsewhere."""
    return root.resolve()
