"""What single files gave -> the same after the passes over all of them."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import NamedTuple

from portlint.callers import Met, met
from portlint.discover import File
from portlint.edited import Codes
from portlint.hosts import with_hosts
from portlint.lifted import Lifted, lifted
from portlint.reached import behind, hidden, reach
from portlint.reread import text_of
from portlint.rounds import PYTHON, Rounds
from portlint.source.modules import not_its_own
from portlint.spread import Setting


class Across(NamedTuple):
    """The outcomes, and what was found on the way to them.

    `unreached` are the files that do not run on a Neuron host, `met` the defaults that calls
    replace, `lifted` what is used behind guards only.
    """

    unreached: Mapping[str, str]
    met: Met
    lifted: Lifted


def across(
    read: Rounds,
    files: Sequence[File],
    setting: Setting,
    own: Mapping[str, set[str]],
    codes: Codes,
) -> Across:
    """Guard what other files say does not run, or is not used, on a Neuron host.

    The outcomes are taken out of what was `read`.
    """
    python = [file for file in files if file.kind in PYTHON]
    placed = {file.name: file for file in python}
    results = [outcome.result for outcome in read.done.values()]
    unreached = hidden(reach(results, setting.roots))
    done = [
        outcome._replace(result=behind(not_its_own(outcome.result, own), unreached.get(path)))
        for path, outcome in sorted(read.done.items())
    ]
    read.done.clear()  # what was replaced is not held beside what replaces it
    found = met(
        [outcome.result for outcome in done],
        codes.defaults,
        lambda name: text_of(placed[name].where),
    )
    results = with_hosts(found.results, codes.calls)
    outcomes = [o._replace(result=result) for o, result in zip(done, results, strict=True)]
    del done
    last = lifted(outcomes, setting.catalog, python, unreached, setting, read.known)
    return Across(unreached, found, last)
