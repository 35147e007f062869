"""Terraform -> facts: instance types, images, charts and resources in its strings."""

import re
from collections.abc import Iterator

from portlint.infra.facts import Fact
from portlint.infra.instances import instance
from portlint.model import Span

STRING = re.compile(r'"([^"\\\n]*)"')
ATTRIBUTE = re.compile(r'^\s*"?([\w./-]+)"?\s*[=:]')
RESOURCE = re.compile(r"[a-z0-9-]+(\.[a-z0-9-]+)+/[\w.-]+")


def parse(text: str, name: str) -> Iterator[Fact]:
    """The facts of a Terraform file, by line: attribute names and string values."""
    comment = False
    for number, line in enumerate(text.split("\n"), 1):
        bare = line.lstrip()
        if comment or bare.startswith("/*"):
            comment = "*/" not in line
            continue
        if not bare or bare.startswith(("#", "//")):
            continue
        attribute = ATTRIBUTE.match(line) if len(line) < 5000 else None
        key = attribute[1] if attribute else ""
        if attribute and RESOURCE.fullmatch(key):
            yield Fact(
                "resource", key, line.split("=")[-1].strip(), _span(number, *attribute.span(1))
            )
        for match in STRING.finditer(line):
            value, span = match[1], _span(number, *match.span(1))
            if match.end(1) == (attribute.end(1) if attribute else -1):
                continue
            if found := instance(value):
                yield Fact("instance", found, found, span)
            if key:
                yield Fact("key", key, value[:1000], span)
            if key.endswith(("image", "image_uri")):
                yield Fact("image", value, value, span)


def _span(line: int, start: int, end: int) -> Span:
    return Span(line, start + 1, line, end + 1)
