"""JSON as VS Code reads it and an item -> the text with the item at the end of a top-level list.

Comments and trailing commas stay where they are; what is not plain is refused (None).
"""

import json
import re
from typing import Any

import yaml

from portlint.init.change import like
from portlint.init.nodes import composed, entry, grown

TOKEN = re.compile(r'"(?:\\.|[^"\\\n])*"|//[^\n]*|/\*.*?\*/|,(?=\s*[}\]])|\t', re.DOTALL)
"""A string, or what strict JSON has no place for: comments, trailing commas; YAML knows no tabs."""


def with_item(text: str, key: str, item: Any) -> str | None:
    """The item is what JSON can hold."""
    bare = blanked(text)
    node = entry(composed(bare), key)
    if not isinstance(node, yaml.SequenceNode) or not _is_json(bare):
        return None
    made = _after(text, bare, node, item) if node.value else _first(text, node, item)
    return grown(made, text, key, json.dumps(item), blanked)


def _after(text: str, bare: str, node: yaml.SequenceNode, item: Any) -> str:
    """Below the line of the last item, so that a comment behind it stays with it."""
    last = node.value[-1]
    end, stop = last.end_mark.index, bare.find("\n", last.end_mark.index)
    if stop < 0 or bare[end:stop].strip():
        stop = end
    comma = "" if re.match(r"\s*,", text[end:]) else ","
    stop -= text[end:stop].endswith("\r")
    shown = like("\n" + _indented(item, _indent(text, last.start_mark.index)), text)
    return text[:end] + comma + text[end:stop] + shown + text[stop:]


def _first(text: str, node: yaml.SequenceNode, item: Any) -> str:
    start, end = node.start_mark.index + 1, node.end_mark.index - 1
    outer = _indent(text, start)
    shown = like(f"\n{_indented(item, outer + 4)}\n{' ' * outer}", text)
    return text[:start] + text[start:end].rstrip() + shown + text[end:]


def _indent(text: str, index: int) -> int:
    """Blanks at the beginning of a line; a tab counts as four."""
    line = text[text.rfind("\n", 0, index) + 1 : index + 1].expandtabs(4)
    return len(line) - len(line.lstrip(" "))


def _indented(item: Any, column: int) -> str:
    lines = json.dumps(item, indent=4, ensure_ascii=False).split("\n")
    return "\n".join(f"{' ' * column}{line}" for line in lines)


def blanked(text: str) -> str:
    """JSON with comments -> JSON, with every character in its place."""

    def blank(match: re.Match[str]) -> str:
        return match[0] if match[0].startswith('"') else re.sub(r"[^\n\r]", " ", match[0])

    # a comma is seen to be the last one only when the comment behind it is gone
    return TOKEN.sub(blank, TOKEN.sub(blank, text.replace("\ufeff", " ")))


def _is_json(text: str) -> bool:
    try:
        json.loads(text)
    except (ValueError, RecursionError):
        return False
    return True
