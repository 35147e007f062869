"""Sightings of operators in source and the words of an overlay -> sightings that agree with it."""

from collections.abc import Iterator, Mapping, Sequence

import msgspec

from portlint.catalog import Catalog
from portlint.graph.words import Word, words
from portlint.model import Target
from portlint.reading import FileResult, Sighting
from portlint.rule import Rule

KERNELS = frozenset(
    "operators:falls_back operators:falls_back_on_weight operators:falls_back_by_arguments"
    " operators:raises operators:fft operators:linear_algebra".split()
)
"""Detectors that say whether an operator has a kernel: the question a word answers."""
TOLD = {"falls-back": "NEU506", "unsupported": "NEU507"}
"""The rules that speak for an overlay."""
FLOATS = frozenset({"float32", "bfloat16", "float16"})


def settled(
    results: Sequence[FileResult], catalog: Catalog, target: Target
) -> Sequence[FileResult]:
    """The results in which no rule contradicts what an overlay says of an operator."""
    newer = words(catalog.newer, target)
    if not newer:
        return results
    return [
        msgspec.structs.replace(
            result, sightings=tuple(_agreeing(result.sightings, newer, catalog.rules))
        )
        for result in results
    ]


def _agreeing(
    sightings: Sequence[Sighting], newer: Mapping[str, tuple[Word, ...]], rules: Mapping[str, Rule]
) -> Iterator[Sighting]:
    for sighting in sightings:
        said = next((w for w in newer.get(sighting.symbol or "", ()) if _speaks(w)), None)
        if said is None or not KERNELS & set(rules[sighting.rule].detectors):
            yield sighting
        elif said.status in TOLD:
            code = TOLD[said.status]
            yield msgspec.structs.replace(sighting, rule=code, evidence=said.evidence)


def _speaks(word: Word) -> bool:
    """Whether a word holds for tensors of a dtype that the source does not tell: floats."""
    return not word.dtypes or bool(word.dtypes & FLOATS)
