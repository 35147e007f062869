"""Today's findings and a revision -> those that were there at it, and that nobody has touched.

The files of the revision are analysed as those of today are. A finding on a line that did not
change is new too if the revision had it not: something elsewhere made it.
"""

from __future__ import annotations

import pathlib
from collections import Counter
from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import NamedTuple

from portlint.analyse import analyse, ordered
from portlint.baseline.entries import mark
from portlint.baseline.lines import changed
from portlint.baseline.match import match
from portlint.baseline.tree import LARGEST, Tree, tree
from portlint.catalog import Catalog
from portlint.config import Config
from portlint.contents import contents
from portlint.discover import File, Listing, discover, kind_of, name_of
from portlint.errors import Unreadable
from portlint.judged import Read, everything
from portlint.model import Finding


class Watch(NamedTuple):
    """Told how many more files are read, and of each that was."""

    more: Callable[[int], None]
    step: Callable[[int], None]


def earlier(
    findings: Sequence[Finding],
    listing: Listing,
    commit: str,
    rules: Catalog,
    config: Config,
    watch: Watch,
) -> frozenset[int]:
    """The numbers of the findings that the commit had."""
    now = {file.name: file for file in listing.files}
    with tree(listing.root, config.paths, now, commit) as then:
        before = _listing(then, listing.root, config)
        was = {file.name: file for file in before.files}
        if was.keys() == now.keys() and all(_alike(was[name], now[name]) for name in now):
            return frozenset(range(len(findings)))
        watch.more(len(before.files))
        order = ordered(before.files, rules, config, listing.beside)
        outcomes = analyse(order, watch.step)
        found = everything(Read(outcomes, before, rules, config), config.target)
        return _old(findings, found, Lines(was, now))


def _listing(then: Tree, root: pathlib.Path, config: Config) -> Listing:
    """What the same run would have listed then, with names from the same root."""
    home = then.of(root)
    if not then.paths:
        return Listing(home, [], [], [])
    base = then.of(config.base) if config.base else None
    within = then.of(config.root) if config.root else None
    found = discover(then.paths, config.extend_exclude, base, within)
    files = [file._replace(name=name_of(file.path, home)) for file in [*found.files, *_held(found)]]
    return Listing(home, sorted(files, key=lambda file: file.name), [], [])


def _held(found: Listing) -> Iterator[File]:
    """Large files of today: no link of the commit is there, so those that are were put there."""
    for name, _ in found.unreadable:
        path, kind = found.root / name, kind_of(name)
        if kind is not None and path.is_symlink():
            yield File(path, name, kind)


def _alike(was: File, now: File) -> bool:
    """Whether a file did not change, but perhaps in how its lines end."""
    try:
        if was.path.samefile(now.path):
            return True
        one, other = contents(was.path, LARGEST), contents(now.path, LARGEST)
    except (OSError, Unreadable):
        return False
    return one == other or one.replace(b"\r\n", b"\n") == other.replace(b"\r\n", b"\n")


class Lines:
    """The lines of each file that changed, looked up when they are asked for."""

    def __init__(self, was: Mapping[str, File], now: Mapping[str, File]) -> None:
        self.was, self.now = was, now
        self.known: dict[str, frozenset[int] | None] = {}

    def of(self, path: str) -> frozenset[int] | None:
        """Numbers of lines; None of a file that was not there."""
        if path not in self.known:
            self.known[path] = self._read(path)
        return self.known[path]

    def _read(self, path: str) -> frozenset[int] | None:
        was, now = self.was.get(path), self.now.get(path)
        if was is None or now is None:
            return None if now else frozenset()
        try:
            return changed(contents(was.path, LARGEST), contents(now.path, LARGEST))
        except (OSError, Unreadable):
            return frozenset()


def _old(findings: Sequence[Finding], found: Sequence[Finding], lines: Lines) -> frozenset[int]:
    """A finding is new if the revision had no such one, or if its statement was edited below.

    Whether a model had it then nobody knows, for no model of then is run: it is new where its
    lines are.
    """

    def touched(number: int) -> bool:
        finding = findings[number]
        of_file = lines.of(finding.path)
        return of_file is None or not of_file.isdisjoint(_span(finding))

    marks = [mark(finding) for finding in findings]
    matched = match(marks, Counter(map(mark, found)), last=touched)
    old = {n for n in matched.old if not _edited(findings[n], lines)}
    traced = {n for n, m in enumerate(marks) if m.traced and not touched(n)}
    return frozenset(old | traced)


def _edited(finding: Finding, lines: Lines) -> bool:
    """Whether the statement changed but its first line, which is what a finding is known by."""
    changed_ = lines.of(finding.path) or frozenset()
    return finding.line not in changed_ and not changed_.isdisjoint(_span(finding))


def _span(finding: Finding) -> range:
    return range(finding.line, finding.end_line + 1)
