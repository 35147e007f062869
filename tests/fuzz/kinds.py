"""The kinds of input: the seeds of each, how it is changed, and the law it is held to."""

import functools
from collections.abc import Callable, Sequence
from random import Random
from typing import NamedTuple

from tests.fuzz import caches, inputs, laws, programs, seeds, texts, values
from tests.fuzz.inputs import Part
from tests.fuzz.texts import LARGEST, Mutation


class Kind(NamedTuple):
    """A kind of input: the name of a file of it, the law, seeds, changes; tries in the tests."""

    default: str
    law: Callable[[bytes, str], None]
    seeds: Callable[[], Sequence[bytes]]
    mutations: tuple[Mutation, ...] = texts.ANY
    everyday: int = 40

    def check(self, data: bytes) -> None:
        """Hold an input to the law: what it raises is what is wrong."""
        self.law(data, self.default)

    def changed(self, data: bytes, other: bytes, random: Random) -> bytes:
        """The input with one of its files changed, once or some times."""
        mine, theirs = inputs.parts(data, self.default), inputs.parts(other, self.default)
        for _ in range(random.choice((1, 1, 2, 3, 6))):
            at = random.randrange(len(mine))
            name, body = mine[at]
            change = random.choice(self._for(name))
            mine[at] = Part(name, change(body, random.choice(theirs).data, random))
        return inputs.joined(mine)[: 2 * LARGEST]

    def _for(self, name: str) -> tuple[Mutation, ...]:
        is_python = self.mutations is MIXED and name.endswith(".py")
        return PYTHON if is_python else texts.ANY if self.mutations is MIXED else self.mutations


PYTHON: tuple[Mutation, ...] = (*programs.ALL, *programs.ALL, *texts.ANY)
MIXED: tuple[Mutation, ...] = (*texts.ANY,)
JSON: tuple[Mutation, ...] = (*(values.values,) * 6, *texts.ANY)


def files(default: str, *kinds: str, mutations: tuple[Mutation, ...] = texts.ANY) -> Kind:
    """A kind whose inputs are single files."""
    return Kind(default, laws.a_file, functools.partial(seeds.of, *kinds), mutations)


KINDS: dict[str, Kind] = {
    "source": files("a.py", "python", mutations=PYTHON),
    "notebook": files("a.ipynb", "notebook", mutations=(*(values.cells,) * 8, *JSON)),
    "setuppy": Kind("setup.py", laws.a_file, seeds.setups, PYTHON),
    "tree": Kind("a.py", laws.a_tree, seeds.trees, MIXED, 25),
    "configuration": Kind("portlint.toml", laws.a_configuration, seeds.configurations, everyday=25),
    "rule": Kind("cuda-runtime/NEU101.toml", laws.a_rule, seeds.rules),
    "knowledge": Kind("ops.csv", laws.some_knowledge, seeds.knowledge, everyday=25),
    "pyproject": files("pyproject.toml", "pyproject"),
    "yaml": files("a.yaml", "yaml"),
    "requirements": files("requirements.txt", "requirements"),
    "dockerfile": files("Dockerfile", "dockerfile"),
    "shell": files("run.sh", "shell"),
    "setupcfg": files("setup.cfg", "setupcfg"),
    "terraform": files("main.tf", "terraform"),
    "pbtxt": files("config.pbtxt", "pbtxt"),
    "cuda": files("k.cu", "cuda", "cpp"),
    "json": files("config.json", "json", mutations=JSON),
    "weights": Kind("m.safetensors", laws.some_weights, seeds.weights),
    "gitignore": Kind(".gitignore", laws.some_ignores, seeds.ignores, everyday=25),
    "cache": Kind(
        "run.bin", caches.a_cache, caches.seeds, (caches.forged, texts.octets, texts.cut), 25
    ),
}
