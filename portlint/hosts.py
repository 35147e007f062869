"""Calls of compiled operators -> guarded where the audited C++ has the operator for the host."""

from collections.abc import Iterable, Sequence

import msgspec

from portlint.reading import FileResult, Sighting


def with_hosts(results: Sequence[FileResult], rules: Iterable[str]) -> list[FileResult]:
    """The results in which calls of these rules that a build for the host takes are guarded."""
    codes = frozenset(rules)
    homes = {op: result.path for result in reversed(results) for op in result.hosted}
    return [_hosted(result, codes, homes) for result in results] if homes else list(results)


def _hosted(result: FileResult, codes: frozenset[str], homes: dict[str, str]) -> FileResult:
    def placed(sighting: Sighting) -> Sighting:
        home = homes.get((sighting.symbol or "").rpartition(".")[2])
        if sighting.rule not in codes or sighting.guard is not None or home is None:
            return sighting
        return msgspec.structs.replace(sighting, guard=f"{home} implements it for the host")

    if not any(sighting.rule in codes for sighting in result.sightings):
        return result
    return msgspec.structs.replace(result, sightings=tuple(map(placed, result.sightings)))
