"""A finished reading of the audited code, and a target -> the findings that are shown."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from types import MappingProxyType
from typing import TYPE_CHECKING, Any, NamedTuple

from portlint.around import Around
from portlint.assemble import findings
from portlint.catalog import Catalog
from portlint.config import Config
from portlint.copies import folded
from portlint.discover import Listing
from portlint.effort.sized import sized
from portlint.effort.weights import weights
from portlint.emitted import end_of_support, ended_libraries, unused_ignores
from portlint.join import join
from portlint.model import Finding, Target
from portlint.notebook.relocate import relocated
from portlint.passes import Outcome
from portlint.reading import FileResult
from portlint.select import selected
from portlint.settle import settled
from portlint.suppress import Ignore

if TYPE_CHECKING:
    from portlint.models import Traced


class Read(NamedTuple):
    """Everything that was read once and can be judged for any target.

    `configs` are the configurations of models in the audited tree, by path.
    """

    outcomes: Sequence[Outcome]
    listing: Listing
    rules: Catalog
    config: Config
    models: Sequence[Traced] = ()
    configs: Mapping[str, Mapping[str, Any]] = MappingProxyType({})

    @property
    def results(self) -> list[FileResult]:
        """What the source and the infra pass gave."""
        return [outcome.result for outcome in self.outcomes]

    @property
    def seen(self) -> list[FileResult]:
        """What the graph pass gave."""
        return [result for model in self.models for result in model.results]


def judged(read: Read, target: Target) -> list[Finding]:
    """The findings for a target, in the order of the report; files are not read again."""
    return chosen(everything(read, target), read)


def chosen(findings: Iterable[Finding], read: Read) -> list[Finding]:
    """Those that the configuration wants."""
    return [f for f in findings if selected(f, read.config, read.listing.root)]


def everything(read: Read, target: Target) -> list[Finding]:
    """Also the findings that the configuration leaves out, in the order of a report."""
    results, rules = read.results, read.rules.rules
    loud, unused = apart(read, target)
    kept = folded(loud, results)
    kept.extend(unused_ignores(unused, rules, target))
    kept.extend(end_of_support(results, rules, target))
    kept.extend(ended_libraries(results, rules, target))
    return sorted(relocated(kept, results), key=lambda f: f.sort_key)


def apart(
    read: Read, target: Target, known: Around | None = None
) -> tuple[list[Finding], list[tuple[str, Ignore]]]:
    """The findings of each file that no comment covers, and the comments that cover nothing.

    What is `known` of the files around them is needed where some are read alone.
    """
    results, rules = read.results, read.rules.rules
    told = [*settled(results, read.rules, target), *read.seen]
    whole = sized(findings(told, rules, target, known), rules, weights(read.rules).size)
    found = join(list(whole), rules)
    marks = {o.result.path: o.ignores for o in read.outcomes if o.ignores}
    return silence(found, results, marks)


def silence(
    found: Sequence[Finding], results: Sequence[FileResult], marks: Mapping[str, Sequence[Ignore]]
) -> tuple[list[Finding], list[tuple[str, Ignore]]]:
    """The findings no comment covers, and the comments that cover nothing on any target."""
    kept = [
        f
        for f in found
        if not any(mark.covers(f.line, f.end_line, f.rule) for mark in marks.get(f.path, ()))
    ]
    unused = [
        (result.path, mark)
        for result in results
        if result.not_analysed is None
        for mark in marks.get(result.path, ())
        if not any(mark.covers(s.span.line, s.span.end_line, s.rule) for s in result.sightings)
    ]
    return kept, unused
