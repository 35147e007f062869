"""Rows of what grows: more files, more rules; and whether shortcuts change what is found."""

from tests.bench import corpora, doubled
from tests.bench.bench import Bench, Row, at_most, size, thousands
from tests.bench.scaling import each
from tests.bench.timing import NoSuchFlag, Usage, in_turns, middle, run

SAMPLES = {200: 8, 1_000: 2, 4_000: 1}
"""Files of a sample, and how many samples: what a MB of 200 files costs lies up to a fifth above or
below what it costs in others, by what is in them."""


def files(bench: Bench) -> Row:
    """A MB must cost as much in 14 000 files as in 200.

    The samples are measured before the whole and after it: a machine is not always as fast.
    """
    tools, whole = bench.tools, bench.corpus("large")
    empty = tools.work / "samples" / "empty"
    empty.mkdir(parents=True, exist_ok=True)
    sizes = [
        corpora.samples(whole, count, min(parts, whole.files // count), tools.work / "samples")
        for count, parts in SAMPLES.items()
        if count < whole.files
    ]
    around = {part.name: tools.check(part.path) for parts in sizes for part in parts}
    around["0 MB"] = tools.check(empty)
    before = in_turns(around, 1)
    runs = {whole.name: [run(tools.check(whole.path))]}
    after = in_turns(around, 1)
    runs |= {name: before[name] + after[name] for name in around}
    start = middle(runs["0 MB"])
    cost = {
        parts[0].files: each(start, [(middle(runs[p.name]), p.megabytes) for p in parts])
        for parts in (*sizes, [whole])
    }
    first, *_, last = cost.values()
    told = [f"{thousands(count)} files {1000 * used:.0f} ms" for count, used in cost.items()]
    found = f"{last / first:.2f} times; a MB of {', '.join(told)}"
    few = f"one in {sizes[0][0].files} (samples: {len(sizes[0])})"
    what = f"a MB in {thousands(whole.files)} files against {few}, {whole.name} corpus"
    return Row(what, "1.3 times the CPU", found, at_most(last / first, 1.3), runs)


def quiet_rules(bench: Bench) -> Row:
    """Every rule has a twin on another library, which is not used."""
    return _doubled(bench, busy=False)


def busy_rules(bench: Bench) -> Row:
    """Every rule has a twin whose detector runs wherever the original's does, for nothing."""
    return _doubled(bench, busy=True)


def _doubled(bench: Bench, busy: bool) -> Row:
    tools, whole = bench.tools, bench.corpus("medium")
    trees = {
        "once": doubled.tree(tools.checkout, tools.work / "trees" / "once"),
        "twice": doubled.doubled(tools.checkout, tools.work / "trees" / "twice", busy),
    }
    lines = ("--format", "jsonl")
    commands = {
        name: tools.check(whole.path, *lines, checkout=tree) for name, tree in trees.items()
    }
    runs = in_turns(commands, 2)
    once, twice = (middle(runs[name]) for name in commands)
    same = _same(runs)
    dearer = 100 * (twice / once - 1)
    change = f"{abs(dearer):.0f} % {'more' if dearer >= 0 else 'less'}"
    found = f"{change}: {once:.1f} s, {twice:.1f} s{'' if same else '; other findings'}"
    kind = "that report nothing where the rules do" if busy else "for other names"
    what = f"twice as many rules, {whole.name} corpus: twins {kind}"
    asked = "" if busy else "10 % more CPU"
    return Row(what, asked, found, None if busy else same and dearer <= 10, runs)


def triage(bench: Bench) -> Row:
    """The same bytes with every shortcut off."""
    whole = bench.corpus("medium" if bench.full else "small")
    what = f"`--no-triage`, {whole.name} corpus ({size(whole)})"
    commands = {
        "with": bench.tools.check(whole.path),
        "without": bench.tools.check(whole.path, "--no-triage"),
    }
    try:
        runs = in_turns(commands, 1)
    except NoSuchFlag:
        return Row(what, "the same bytes", "no such flag yet")
    same = _same(runs)
    saved = middle(runs["without"]) / middle(runs["with"])
    found = f"{'the same' if same else 'other'} bytes; triage saves {saved:.1f} times the CPU"
    return Row(what, "the same bytes", found, same, runs)


def _same(runs: dict[str, list[Usage]]) -> bool:
    return len({used.digest for each in runs.values() for used in each}) == 1
