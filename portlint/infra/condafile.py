"""A conda environment, once it is a YAML tree -> facts: channels, packages, pip's part."""

import re
from collections.abc import Iterator

from portlint.infra.facts import Fact
from portlint.infra.packages import conda
from portlint.infra.pyproject import python_pin
from portlint.infra.requirement import caret, requirement
from portlint.infra.requirements import misses
from portlint.infra.tree import Mapping, Scalar, Sequence, scalars

OTHERS = frozenset("tensorflow tensorflow-gpu mxnet jax paddlepaddle paddlepaddle-gpu".split())
"""Frameworks whose environments say nothing of the one for PyTorch."""


def is_conda(document: Mapping) -> bool:
    """Whether the document lists packages as conda does."""
    dependencies = document.get("dependencies")
    return isinstance(dependencies, Sequence) and (
        document.get("channels") is not None
        or any(isinstance(item, Mapping) and item.get("pip") for item in dependencies.items)
    )


def environment_file(document: Mapping) -> Iterator[Fact]:
    """The facts of a conda environment."""
    facts = list(_conda(document))
    names = {fact.name for fact in facts if fact.kind == "requirement"}
    if names & OTHERS and "torch" not in names:
        facts = [fact for fact in facts if (fact.kind, fact.name) != ("admits", "python")]
    yield from facts
    yield from misses(facts)


def _conda(document: Mapping) -> Iterator[Fact]:
    for channel in scalars(document.get("channels")):
        yield Fact("index", "channel", channel.text, channel.span)
    dependencies = document.get("dependencies")
    for item in dependencies.items if isinstance(dependencies, Sequence) else ():
        if isinstance(item, Scalar):
            yield from conda(item.text, item.span)
            if match := re.fullmatch(r"python\s*([=<>!~].*)", item.text):
                yield from python_pin(caret(match[1].strip().replace(" ", "")), item.span)
        elif isinstance(item, Mapping):
            for line in scalars(item.get("pip")):
                yield from _pip_line(line)


def _pip_line(line: Scalar) -> Iterator[Fact]:
    option = re.match(r"(--(?:extra-)?index-url|--find-links|-f|-i)[ =]+(\S+)", line.text)
    if option:
        yield Fact("index", option[1], option[2], line.span)
    elif not line.text.startswith("-"):
        yield from requirement(line.text, line.span)
