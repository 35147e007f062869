"""Calls of compiled operators -> guarded where the audited C++ has the operator for the host."""

from collections.abc import Iterable, Mapping, Sequence

import msgspec

from portlint.reading import FileResult, Sighting


def with_hosts(results: Sequence[FileResult], rules: Iterable[str]) -> list[FileResult]:
    """The results in which calls of these rules that a build for the host takes are guarded."""
    codes = frozenset(rules)
    homes = homes_of({result.path: result.hosted for result in results})
    return [hosted(result, codes, homes) for result in results] if homes else list(results)


def homes_of(hosted: Mapping[str, Sequence[str]]) -> dict[str, str]:
    """The operators that files have for the host -> the first file that has each."""
    return {op: path for path in reversed([*hosted]) for op in hosted[path]}


def hosted(result: FileResult, codes: frozenset[str], homes: Mapping[str, str]) -> FileResult:
    """A result in which calls of operators that have such a home are guarded."""

    def placed(sighting: Sighting) -> Sighting:
        home = homes.get((sighting.symbol or "").rpartition(".")[2])
        if sighting.rule not in codes or sighting.guard is not None or home is None:
            return sighting
        return msgspec.structs.replace(sighting, guard=f"{home} implements it for the host")

    if not any(sighting.rule in codes for sighting in result.sightings):
        return result
    return msgspec.structs.replace(result, sightings=tuple(map(placed, result.sightings)))
