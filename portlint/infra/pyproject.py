"""pyproject.toml and Pipfile -> facts: dependencies of every build tool, and package indexes."""

import re
from collections.abc import Iterator, Mapping
from typing import Any

from portlint.infra.facts import Fact
from portlint.infra.requirement import admits, caret, requirement
from portlint.infra.requirements import misses
from portlint.infra.script import Script, whole
from portlint.model import Span
from portlint.toml import document

STRING = re.compile(r'"([^"\\\n]*)"|\'([^\'\n]*)\'')
KEY = re.compile(r"^[ \t]*[\"']?([\w.-]+)[\"']?[ \t]*=", re.MULTILINE)
HEADER = re.compile(r"^[ \t]*\[\[?([^\]\n]+)\]\]?", re.MULTILINE)
LINE = re.compile(r"at line (\d+)")


class Places:
    """Where strings and keys stand: the n-th use of a string is its n-th place in the file."""

    def __init__(self, script: Script) -> None:
        self.script = script
        self.strings: dict[str, list[tuple[int, int]]] = {}
        for match in reversed(list(STRING.finditer(script.text))):
            text = match[1] if match[1] is not None else match[2]
            self.strings.setdefault(text, []).append((match.start() + 1, match.end() - 1))
        self.keys: dict[tuple[str, str], tuple[int, int]] = {}
        headers = [(m.start(), m[1].strip().replace('"', "")) for m in HEADER.finditer(script.text)]
        at, section = 0, ""
        for match in KEY.finditer(script.text):
            while at < len(headers) and headers[at][0] < match.start():
                section, at = headers[at][1], at + 1
            self.keys.setdefault((section, match[1]), match.span(1))

    def string(self, text: str) -> Span:
        """The place of a string value; each place is given once, the last one again and again."""
        found = self.strings.get(text)
        if not found:
            return Span(1, 1, 1, 1)
        return self.script.span(*(found.pop() if len(found) > 1 else found[0]))

    def key(self, section: str, name: str) -> Span:
        """The place of a key in a section."""
        found = self.keys.get((section, name))
        return self.script.span(*found) if found else self.string(name)


def parse(text: str, name: str) -> Iterator[Fact]:
    """The facts of a pyproject.toml or Pipfile."""
    data = document(text)
    places = Places(whole(text))
    facts = list(_pipfile(data, places) if name.endswith("Pipfile") else _all(data, places))
    yield from facts
    yield from misses(facts)


def _all(data: Mapping[str, Any], places: Places) -> Iterator[Fact]:
    project, tool = _table(data.get("project")), _table(data.get("tool"))
    yield from _list(_table(data.get("build-system")).get("requires"), places, "only for the build")
    yield from _list(project.get("dependencies"), places, None)
    for extra, items in _table(project.get("optional-dependencies")).items():
        yield from _list(items, places, f"optional: the extra `{extra}`")
    for group, items in _table(data.get("dependency-groups")).items():
        yield from _list(items, places, f"optional: the group `{group}`")
    python = project.get("requires-python")
    if isinstance(python, str):
        yield from python_pin(python, places.string(python))
    yield from _poetry(_table(tool.get("poetry")), places)
    for name in ("pdm", "uv", "hatch"):
        section = _table(tool.get(name))
        yield from _indexes(section, places)
        for group, items in _table(section.get("dev-dependencies")).items():
            yield from _list(items, places, f"optional: the group `{group}`")
    for key in (
        "constraint-dependencies",
        "override-dependencies",
        "build-constraint-dependencies",
    ):
        yield from _list(_table(tool.get("uv")).get(key), places, None)


def _poetry(poetry: Mapping[str, Any], places: Places) -> Iterator[Fact]:
    yield from _mapping(poetry.get("dependencies"), "tool.poetry.dependencies", places, None)
    yield from _mapping(
        poetry.get("dev-dependencies"), "tool.poetry.dev-dependencies", places, "optional: `dev`"
    )
    for group, content in _table(poetry.get("group")).items():
        section = f"tool.poetry.group.{group}.dependencies"
        guard = f"optional: the group `{group}`"
        yield from _mapping(_table(content).get("dependencies"), section, places, guard)
    yield from _indexes(poetry, places)


def _pipfile(data: Mapping[str, Any], places: Places) -> Iterator[Fact]:
    yield from _mapping(data.get("packages"), "packages", places, None)
    yield from _mapping(data.get("dev-packages"), "dev-packages", places, "optional: `dev`")
    yield from _indexes(data, places)


def _table(value: object) -> Mapping[str, Any]:
    return value if isinstance(value, dict) else {}


def _list(items: object, places: Places, guard: str | None) -> Iterator[Fact]:
    for item in items if isinstance(items, list) else ():
        if isinstance(item, str):
            yield from requirement(item, places.string(item), guard)


def _mapping(items: object, section: str, places: Places, guard: str | None) -> Iterator[Fact]:
    """`name = "^1.2"` and `name = {version = "…", optional = true, url = "…"}`."""
    for name, value in _table(items).items():
        span = places.key(section, name)
        for one in value if isinstance(value, list) else [value]:
            spec = one if isinstance(one, str) else str(_table(one).get("version", ""))
            if name == "python":
                yield from python_pin(caret(spec), span)
                continue
            optional = _table(one).get("optional") is True
            link = _table(one).get("url") or _table(one).get("git")
            text = f"{name} @ {link}" if isinstance(link, str) else f"{name}{caret(spec)}"
            yield from requirement(text, span, "optional: an extra" if optional else guard)


def _indexes(section: Mapping[str, Any], places: Places) -> Iterator[Fact]:
    """`[[tool.poetry.source]]`, `[[tool.pdm.source]]`, `[[tool.uv.index]]`, `extra-index-url`."""
    tables = [*_items(section.get("source")), *_items(section.get("index"))]
    urls = [str(_table(table).get("url", "")) for table in tables]
    pip = _table(section.get("pip"))
    for holder in (section, pip):
        for key in ("index-url", "extra-index-url", "find-links"):
            urls += [url for url in _items(holder.get(key)) if isinstance(url, str)]
        backend = holder.get("torch-backend")
        if isinstance(backend, str):
            yield Fact("index", "torch-backend", backend, places.string(backend))
    for url in filter(None, urls):
        yield Fact("index", "index", url, places.string(url))


def _items(value: object) -> list[object]:
    return value if isinstance(value, list) else [] if value is None else [value]


def python_pin(specifier: str, span: Span) -> Iterator[Fact]:
    """Which Pythons a project admits."""
    admitted = admits("python", specifier)
    if admitted is not None:
        yield Fact("admits", "python", admitted, span)
