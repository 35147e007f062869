"""One process that tries inputs of one kind: guided by coverage where atheris is, else blindly."""

import gc
import os
import pathlib
import resource
import sys
from collections.abc import Sequence
from random import Random
from typing import NamedTuple

from tests.fuzz import limits
from tests.fuzz.slate import Slate

FULL = limits.MEMORY * 6 // 10 >> 10
"""Kilobytes from which a process makes room for a new one: what is left over adds up."""
SEEDS = 2000


class Task(NamedTuple):
    """Which inputs, how many, where they are kept, and where chance begins."""

    kind: str
    folder: pathlib.Path
    inputs: int
    chance: int
    blind: bool


def run(task: Task) -> None:
    """Try inputs until there are enough of them or this process has grown too large."""
    if not task.blind:
        import atheris  # type: ignore[import-untyped,import-not-found,unused-ignore]

        with atheris.instrument_imports(include=["portlint", "yaml"], enable_loader_override=False):
            _load()
    limits.confine()
    from tests.fuzz import reading

    reading.quickly()
    trial = Trial(task)
    if task.blind:
        _blindly(task, trial)
    else:
        _guided(task, trial)


def _load() -> None:
    """Import all that inputs come to, so that it is watched."""
    import tests.fuzz.kinds
    import tests.fuzz.laws

    for kind in tests.fuzz.kinds.KINDS.values():
        kind.check(next(iter(kind.seeds())))


class Trial:
    """Tries an input, and counts it."""

    def __init__(self, task: Task) -> None:
        from tests.fuzz.crashes import Crashes

        self.slate = Slate(task.folder / f"{task.kind}.slate")
        self.crashes = Crashes(task.kind, task.folder / "crashes")
        self.left = task.inputs

    def __call__(self, data: bytes) -> None:
        """What goes wrong is kept and told; the next input is tried all the same."""
        self.slate.begin(data)
        self.left -= 1
        if cause := self.crashes.check(data):
            self.crashes.keep(data, cause)
        self.slate.end()
        if self.left % 200 == 0:
            gc.collect()

    @property
    def is_over(self) -> bool:
        """Whether another process has to go on."""
        used = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
        return self.left <= 0 or used > FULL


def _blindly(task: Task, trial: Trial) -> None:
    from tests.fuzz.kinds import KINDS

    kind, random = KINDS[task.kind], Random(task.chance)
    pool: list[bytes] = list(kind.seeds())
    while not trial.is_over:
        data = kind.changed(random.choice(pool), random.choice(pool), random)
        trial(data)
        if random.random() < 0.1:
            if len(pool) < SEEDS:
                pool.append(data)
            else:
                pool[random.randrange(len(pool))] = data


def _guided(task: Task, trial: Trial) -> None:
    import atheris  # type: ignore[import-untyped,import-not-found,unused-ignore]

    from tests.fuzz.kinds import KINDS
    from tests.fuzz.texts import LARGEST

    kind = KINDS[task.kind]
    corpus = task.folder / "corpus" / task.kind
    if not corpus.exists():
        corpus.mkdir(parents=True)
        for number, seed in enumerate(kind.seeds()):
            (corpus / f"seed-{number}").write_bytes(seed)
    others: Sequence[bytes] = kind.seeds()

    def mutated(data: bytes, most: int, chance: int) -> bytes:
        random = Random(chance)
        if random.random() < 0.1:
            return bytes(atheris.Mutate(data, most))
        return kind.changed(data, random.choice(others), random)[:most]

    def one(data: bytes) -> None:
        if trial.is_over:
            sys.stdout.flush()
            os._exit(0)
        trial(data)

    words = [
        *("portlint-fuzz", f"-seed={task.chance}", f"-max_len={2 * LARGEST}", "-timeout=120"),
        *("-rss_limit_mb=0", "-len_control=0", "-reload=0", "-print_final_stats=0", "-verbosity=0"),
        *("-handle_abrt=0", f"-artifact_prefix={task.folder}/", str(corpus)),
    ]
    atheris.Setup(words, one, custom_mutator=mutated)
    atheris.Fuzz()
