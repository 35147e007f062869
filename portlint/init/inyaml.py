"""A YAML text and an item -> the text with the item at the end of a top-level list.

Everything else stays byte by byte: comments, quotes, order. What PyYAML's marks do not make plain
is refused (None).
"""

import yaml

from portlint.init.change import like
from portlint.init.nodes import composed, entry, grown


def with_item(text: str, key: str, item: str) -> str | None:
    """The item is YAML in block style, without its dash and without indentation."""
    node = entry(composed(text), key)
    if not isinstance(node, yaml.SequenceNode) or (node.flow_style and node.value):
        return None
    if node.value:
        end = _line_end(text, _last(node))
        added = like("\n" + _dashed(item, node.start_mark.column), text)
        made = text[:end] + added + text[end:]
    else:
        before = text[: node.start_mark.index].rstrip(" ")
        made = before + like("\n" + _dashed(item, 2), text) + text[node.end_mark.index :]
    return grown(made, text, key, item)


def _dashed(item: str, column: int) -> str:
    first, *rest = item.rstrip("\n").split("\n")
    return "\n".join(
        [f"{' ' * column}- {first}", *(f"{' ' * (column + 2)}{line}" for line in rest)]
    )


def _last(node: yaml.Node) -> yaml.Node:
    """The node that ends where a block ends: marks of blocks themselves lie behind comments."""
    while isinstance(node, yaml.CollectionNode) and not node.flow_style and node.value:
        node = node.value[-1] if isinstance(node, yaml.SequenceNode) else node.value[-1][1]
    return node


def _line_end(text: str, node: yaml.Node) -> int:
    """The end of the line that a node ends in; a block scalar ends where the next line begins."""
    end: int = node.end_mark.index
    found = end - 1 if text[:end].endswith("\n") else text.find("\n", end)
    found = len(text) if found < 0 else found
    return found - text[:found].endswith("\r")
