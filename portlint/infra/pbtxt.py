"""Triton's config.pbtxt -> facts: the kind of its instances, the backend that serves the model."""

import re
from collections.abc import Iterator

from portlint.infra.facts import Fact, line_span

FIELD = re.compile(r"\b(kind|platform|backend)\s*:\s*\"?([A-Za-z_]\w*)\"?")


def parse(text: str, name: str) -> Iterator[Fact]:
    """The fields of a model's configuration that say where it runs."""
    for number, line in enumerate(text.split("\n"), 1):
        for found in FIELD.finditer(line.partition("#")[0]):
            span = line_span(number, line, found[0])
            yield Fact("triton", found[1], found[2], span)
