"""What the engine itself reports: comments that silence nothing, and stacks that are ending."""

from collections.abc import Iterable, Mapping, Sequence

from portlint import targets
from portlint.assemble import findings
from portlint.model import Finding, Span, Target
from portlint.reading import FileResult, Sighting
from portlint.rule import Rule
from portlint.suppress import Ignore

UNUSED_IGNORE = "NEU001"
END_OF_SUPPORT = "NEU002"
ENDED_LIBRARY = "NEU003"
LIBRARY_RULE = "NEU840"
"""The rule whose matches are uses of the libraries that live on PyTorch/XLA."""
ENDED = {
    "neuronx_distributed_inference": "NxD Inference is in maintenance, and ends on Trn2 and Trn3 "
    "with SDK 2.34",
    "neuronx_distributed_training": "NxD Training was last supported with SDK 2.31",
    "neuronx_distributed": "NxD Core was last updated with SDK 2.31",
    "transformers_neuronx": "Transformers NeuronX ended with SDK 2.26",
}
"""What became of each library."""
STACK_PACKAGES = ("torch-xla", "torch-neuronx", "neuronx-distributed", "torch")


def unused_ignores(
    unused: Sequence[tuple[str, Ignore]], rules: Mapping[str, Rule], target: Target
) -> list[Finding]:
    """A finding for every suppression comment that covers nothing on any target."""
    by_path: dict[str, list[Sighting]] = {}
    for path, mark in unused:
        span = Span(mark.line, mark.column, mark.line, mark.column + len(mark.text))
        sighting = Sighting(
            rule=UNUSED_IGNORE, span=span, layer="source", snippet=mark.source, value=mark.text
        )
        by_path.setdefault(path, []).append(sighting)
    results = [FileResult(path=path, sightings=tuple(found)) for path, found in by_path.items()]
    return findings(results, rules, target)


def end_of_support(
    results: Sequence[FileResult], rules: Mapping[str, Rule], target: Target
) -> list[Finding]:
    """One finding where the target's stack is no longer shipped for a workload that was asked for.

    It stands at the dependency line that brings the stack, or at the start of the first file.
    """
    ended = list(_ended(target))
    place = _place(results)
    if not ended or place is None:
        return []
    path, span, snippet = place
    message = f"{target.stack} on {target.chip}: " + "; ".join(ended)
    sighting = Sighting(
        rule=END_OF_SUPPORT,
        span=span,
        layer="infra",
        snippet=snippet,
        symbol=target.stack,
        message=message,
    )
    return findings([FileResult(path=path, sightings=(sighting,))], rules, target)


def ended_libraries(
    results: Sequence[FileResult], rules: Mapping[str, Rule], target: Target
) -> list[Finding]:
    """One finding for each library that is no longer developed, at its dependency line if any."""
    found: list[Finding] = []
    for library, words in ENDED.items():
        places = [
            (sighting.layer != "infra", result.path, sighting.span.line, sighting)
            for result in results
            for sighting in result.sightings
            if sighting.rule == LIBRARY_RULE
            and (sighting.symbol or "").replace("-", "_") == library
        ]
        if places:
            _, path, _, first = min(places, key=lambda place: place[:3])
            sighting = Sighting(
                rule=ENDED_LIBRARY,
                span=first.span,
                layer=first.layer,
                snippet=first.snippet,
                symbol=first.symbol,
                message=words,
            )
            found += findings([FileResult(path=path, sightings=(sighting,))], rules, target)
    return found


def _ended(target: Target) -> Iterable[str]:
    newest = targets.minor(targets.releases()[0]["sdk"])
    for row in targets.supported():
        fits = (row.chip, row.stack) == (target.chip, target.stack)
        if fits and row.last_sdk and target.workload in (row.workload, "both"):
            yield f"{row.workload} last shipped with SDK {row.last_sdk}, the newest is {newest}"


def _place(results: Sequence[FileResult]) -> tuple[str, Span, str] | None:
    for result in results:
        for sighting in result.sightings:
            if sighting.layer == "infra" and sighting.symbol in STACK_PACKAGES:
                return result.path, sighting.span, sighting.snippet
    first = min((r for r in results if r.lines), key=lambda r: r.path, default=None)
    return (first.path, Span(1, 1, 1, 1), "") if first else None
