"""Findings that stand in a file and again in a copy of it -> one, with the copy as related place.

A copy is a file of the same name with the same bytes. A `modular_x.py` of transformers is one
too: nothing imports it, the `modeling_x.py` beside it is generated from it, and runs.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from pathlib import PurePosixPath

import msgspec

from portlint.model import Finding, Related
from portlint.reading import FileResult

Key = tuple[str, str, str, str]
MODULAR = "modular_"
FAMILIES = ("modeling", "processing", "configuration")
"""How the files begin that are generated from a modular one."""


def folded(findings: Iterable[Finding], results: Iterable[FileResult]) -> list[Finding]:
    """The findings without those of copies; the one that is kept names the places of the others."""
    found = list(findings)
    first = _originals(results)
    kept = {_key(f, first): f.fingerprint for f in reversed(found) if not _is_copy(f, first)}
    copies: dict[str, list[Related]] = {}
    left = []
    for finding in found:
        home = kept.get(_key(finding, first)) if _is_copy(finding, first) else None
        if home is None:
            left.append(finding)
            continue
        place = Related(path=finding.path, line=finding.line, message=_words(finding))
        copies.setdefault(home, []).append(place)
    return [
        msgspec.structs.replace(f, related=(*f.related, *copies.get(f.fingerprint, ())))
        for f in left
    ]


def _originals(results: Iterable[FileResult]) -> dict[str, str]:
    """File -> the file of its name and bytes that counts: the one with the shortest path."""
    groups: dict[tuple[str, str], list[str]] = {}
    for result in results:
        if result.digest:
            name = result.path.rpartition("/")[2]
            groups.setdefault((name, result.digest), []).append(result.path)
    return {
        path: min(paths, key=lambda p: (p.count("/"), p))
        for paths in groups.values()
        for path in paths
    }


def _is_copy(finding: Finding, first: Mapping[str, str]) -> bool:
    modular = finding.path.rpartition("/")[2].startswith(MODULAR)
    return modular or first.get(finding.path, finding.path) != finding.path


def _key(finding: Finding, first: Mapping[str, str]) -> Key:
    """Equal for a finding and the same one in a copy: rule, context, code, file or its family."""
    path = PurePosixPath(first.get(finding.path, finding.path))
    code = " ".join(finding.snippet.split())
    head, _, name = path.stem.partition("_")
    if f"{head}_" == MODULAR or head in FAMILIES:
        return (finding.rule, finding.context, code, f"{path.parent}/{name}")
    return (finding.rule, finding.context, f"{finding.line}:{finding.column}:{code}", str(path))


def _words(finding: Finding) -> str:
    if finding.path.rpartition("/")[2].startswith(MODULAR):
        return "written here: the file of the finding is generated from this one"
    return "the same file again"
