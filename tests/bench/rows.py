"""The rows of the table by name, in their order."""

import functools

from tests.bench import cold, growing, starting, warm
from tests.bench.bench import Measure

ROWS: dict[str, Measure] = {
    "torchfix": cold.torchfix,
    "ruff": cold.ruff,
    "warm": functools.partial(warm.unchanged, which="medium", limit=0.15),
    "warm-large": functools.partial(warm.unchanged, which="large", limit=0.6),
    "warm-ruff": warm.against_ruff,
    "changed": warm.changed,
    "file": warm.one_file,
    "new-file": warm.new_file,
    "version": starting.version,
    "rule": starting.rule,
    "processes": cold.processes,
    "memory": cold.memory,
    "growth": growing.files,
    "rules": growing.quiet_rules,
    "busy-rules": growing.busy_rules,
    "triage": growing.triage,
    "peers": cold.peers,
}
