"""YAML, or JSON without comments -> PyYAML's nodes: places in the text, and values to compare."""

from collections.abc import Callable
from typing import Any

import yaml


def composed(text: str) -> yaml.Node | None:
    """The nodes of a text with one document; None where it is none."""
    try:
        return yaml.compose(text, yaml.SafeLoader)
    except (yaml.YAMLError, RecursionError, ValueError):
        return None


def entry(document: yaml.Node | None, key: str) -> yaml.Node | None:
    """The value of a top-level key."""
    pairs = document.value if isinstance(document, yaml.MappingNode) else ()
    return next((value for name, value in pairs if name.value == key), None)


def shape(node: yaml.Node | None) -> Any:
    """Tags and values; places do not count."""
    if isinstance(node, yaml.MappingNode):
        return [(shape(name), shape(value)) for name, value in node.value]
    if isinstance(node, yaml.SequenceNode):
        return [shape(item) for item in node.value]
    return (node.tag, node.value) if node else None


def grown(
    made: str, text: str, key: str, item: str, bare: Callable[[str], str] = str
) -> str | None:
    """What was made of the text, if its list has become the old one and the item, and no more."""
    before, after = composed(bare(text)), composed(bare(made))
    wanted = [*shape(entry(before, key)), shape(composed(item))]
    if shape(entry(after, key)) != wanted:
        return None
    others = [[p for p in shape(document) if p[0][1] != key] for document in (before, after)]
    return made if others[0] == others[1] else None
