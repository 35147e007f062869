"""Findings of two reports -> which are the same: by fingerprint, in another file, on a new line."""

from collections import Counter, defaultdict
from collections.abc import Callable, Hashable, Iterable, Sequence
from pathlib import PurePosixPath
from typing import NamedTuple

from portlint.diff.saved import SavedFinding

Pair = tuple[SavedFinding, SavedFinding]


class Matched(NamedTuple):
    """Pairs of old and new, and what has no counterpart."""

    same: Sequence[Pair]
    moved: Sequence[Pair]
    edited: Sequence[Pair]
    gone: Sequence[SavedFinding]
    new: Sequence[SavedFinding]

    @property
    def pairs(self) -> Sequence[Pair]:
        """Everything that is in both reports."""
        return [*self.same, *self.moved, *self.edited]


def match(old: Iterable[SavedFinding], new: Iterable[SavedFinding]) -> Matched:
    """Each finding has one counterpart at most; the surest way to find it comes first.

    A line in another file is the same finding if rule and words are the same; a rewritten line of
    the same file, if the rule says the same of it.
    """
    same, old, new = _by(lambda f: f.fingerprint, old, new)
    moved, old, new = _moved(old, new)
    edited, old, new = _by(lambda f: (f.rule, f.path, f.message), old, new)
    return Matched(same, moved, edited, old, new)


def _by(
    key: Callable[[SavedFinding], Hashable],
    old: Iterable[SavedFinding],
    new: Iterable[SavedFinding],
) -> tuple[list[Pair], list[SavedFinding], list[SavedFinding]]:
    """Pairs with the same key, in order, and the rest of both."""
    waiting: dict[Hashable, list[SavedFinding]] = defaultdict(list)
    for finding in old:
        waiting[key(finding)].append(finding)
    pairs, rest = [], []
    for finding in new:
        group = waiting.get(key(finding))
        if group:
            pairs.append((group.pop(0), finding))
        else:
            rest.append(finding)
    return pairs, [f for group in waiting.values() for f in group], rest


def _moved(
    old: Sequence[SavedFinding], new: Sequence[SavedFinding]
) -> tuple[list[Pair], list[SavedFinding], list[SavedFinding]]:
    """Pairs of different paths: between two files that have much in common first."""
    pairs: list[Pair] = []
    here, there = _files(old), _files(new)
    for before, after in _renames(old, new):
        found, here[before], there[after] = _by(_words, here[before], there[after])
        pairs += found
    gone = [f for group in here.values() for f in group]
    return pairs, gone, [f for group in there.values() for f in group]


def _files(findings: Iterable[SavedFinding]) -> dict[str, list[SavedFinding]]:
    files: dict[str, list[SavedFinding]] = defaultdict(list)
    for finding in findings:
        files[finding.path].append(finding)
    return files


def _renames(old: Sequence[SavedFinding], new: Sequence[SavedFinding]) -> list[tuple[str, str]]:
    """Pairs of paths that share lines: most lines first, then those of one file name."""
    here = _paths(old)
    there = _paths(new)
    shared: Counter[tuple[str, str]] = Counter()
    for words, paths in here.items():
        for after, count in there.get(words, Counter[str]()).items():
            for before, times in paths.items():
                if before != after:
                    shared[before, after] += min(count, times)
    return sorted(shared, key=lambda pair: (-shared[pair], _renamed(pair), pair))


def _renamed(pair: tuple[str, str]) -> bool:
    return PurePosixPath(pair[0]).name != PurePosixPath(pair[1]).name


def _paths(findings: Iterable[SavedFinding]) -> dict[Hashable, Counter[str]]:
    paths: dict[Hashable, Counter[str]] = defaultdict(Counter)
    for finding in findings:
        paths[_words(finding)][finding.path] += 1
    return paths


def _words(finding: SavedFinding) -> Hashable:
    """What a finding is wherever it stands: its rule and its line, or what is said without one."""
    line = " ".join(finding.snippet.split())
    return (finding.rule, line or finding.message)
