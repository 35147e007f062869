"""A whole run -> the same with guards lifted from call sites, as `portlint.barred` finds them."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import NamedTuple

from portlint.barred import Barred, barred
from portlint.catalog import Catalog
from portlint.crew import Crew
from portlint.discover import File
from portlint.mentioned import Mentioned
from portlint.passes import Outcome, ended, prepared
from portlint.reading import FileResult, Pairs
from portlint.reread import lines_of
from portlint.rule import Rule
from portlint.shelf import Guards, Shelf
from portlint.shelves import Died, shelves
from portlint.source.exports import Externals
from portlint.source.imports import Table, between, starts_of
from portlint.source.index import Index
from portlint.source.mentions import Mention
from portlint.source.modules import module_name
from portlint.source.relevant import Exporting
from portlint.source.sites import Key, guards
from portlint.spread import Setting
from portlint.uncollected import uncollected


def lifted(
    outcomes: Sequence[Outcome],
    rules: Catalog,
    files: Sequence[File],
    unreached: Mapping[str, str],
    setting: Setting,
    table: Table,
) -> Lifted:
    """The outcomes, with what is used behind guards only guarded.

    `unreached` are the files that do not run on a Neuron host, `table` what modules export.
    """
    results = [o.result for o in outcomes]
    placed = {file.name: file for file in files}
    imports = {result.path: result.imports for result in results}

    def stocked(part: Sequence[str]) -> Stock:
        mine = {name: placed[name] for name in part}
        return Stock(mine, {name: imports[name] for name in part}, setting.roots, table)

    def found(crew: Crew | None) -> Barred:
        def mentioned(live: Mapping[str, FileResult]) -> Mentioned:
            sizes = {path: result.lines for path, result in live.items()}
            held = shelves(sizes, stocked, crew)
            return Mentioned(live, stocked(list(live)).read, setting.roots, held)

        with uncollected():
            setting.prepare()
            return barred(results, counting(rules), unreached, mentioned)

    try:
        last = found(setting.crew)
    except Died:
        last = found(None)
    done = [o._replace(result=result) for o, result in zip(outcomes, last.results, strict=True)]
    return Lifted(done, last)


class Stock(NamedTuple):
    """What a shelf of some files is made of: them and their imports, and what all export."""

    files: Mapping[str, File]
    imports: Mapping[str, Pairs]
    roots: Sequence[str]
    table: Table

    def read(self, name: str) -> bytes:
        """The bytes of one of the files."""
        return lines_of(self.files[name].where)

    def shelf(self) -> Shelf:
        """The shelf, in a process that has the rules arranged."""
        ended()
        index = prepared()
        look = sites(self.imports, self.table, self.roots, index)
        return Shelf(list(self.files), self.read, look, telling(self.table, index))


class Lifted(NamedTuple):
    """The outcomes, and what was found out for them."""

    outcomes: list[Outcome]
    found: Barred


def counting(rules: Catalog) -> list[str]:
    """The rules that matter."""
    return [rule.code for rule in rules.rules.values() if _counts(rule)]


def telling(table: Table, index: Index) -> list[str]:
    """Words of other files and of libraries that make a condition worth a look."""
    return [*_flags(table), *(index.libraries - index.unbound)]


def _counts(rule: Rule) -> bool:
    """Whether a rule says more than something to know."""
    every = {v.impact for v in rule.verdict} | {row.impact for row in rule.rows.values()}
    return not every <= {"info", "none"}


def _flags(table: Table) -> set[str]:
    """Names that say to other files whether a device or a library is there."""
    every = (item for names in table.values() for item in names.items())
    return {name for name, export in every if export.kind == "flag"}


def sites(imports: Mapping[str, Pairs], table: Table, roots: Sequence[str], index: Index) -> Guards:
    """What finds the guards around mentions in a file, with what other files mean known."""
    exports = Exporting(table)

    def found(path: str, text: str, asked: list[Mention]) -> dict[Key, str]:
        name, package = module_name(path)
        starts = starts_of(name, package, roots)
        pairs = between(name, imports[path])
        seen = exports.seen(pairs, starts, text)
        externals = Externals(name, package, seen, roots)
        return guards(text, asked, externals, index.libraries, index.unbound)

    return found
