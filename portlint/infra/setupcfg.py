"""setup.cfg -> facts: install_requires, extras_require, python_requires."""

import configparser
import re
from collections.abc import Iterator

from portlint.errors import Unreadable
from portlint.infra.facts import Fact
from portlint.infra.pyproject import python_pin
from portlint.infra.requirement import requirement
from portlint.infra.requirements import misses
from portlint.model import Span

SECTION = re.compile(r"\[([^\]]+)\]")
KEY = re.compile(r"([\w.:\- ]+?)[ \t]*[=:](.*)")
WANTED = {
    "install_requires": None,
    "setup_requires": "only for the build",
    "tests_require": "tests",
}


def parse(text: str, name: str) -> Iterator[Fact]:
    """The facts of a setup.cfg."""
    try:
        configparser.ConfigParser(interpolation=None, strict=False).read_string(text)
    except configparser.Error as error:
        message = " ".join(str(error).split())[:200]
        raise Unreadable(f"is not a configuration file: {message}") from error
    facts = list(_facts(text))
    yield from facts
    yield from misses(facts)


def _facts(text: str) -> Iterator[Fact]:
    section = key = ""
    for number, line in enumerate(text.split("\n"), 1):
        bare = line.strip()
        if not bare or bare[0] in "#;":
            continue
        value = line
        if not line[0].isspace():
            if header := SECTION.match(line):
                section, key = header[1], ""
                continue
            match = KEY.match(line) if len(line) < 5000 else None
            key, value = (match[1].strip(), match[2]) if match else ("", "")
        value = re.split(r"\s#", value)[0].strip()
        if value:
            start = line.find(value) + 1
            yield from _value(section, key, value, Span(number, start, number, start + len(value)))


def _value(section: str, key: str, value: str, span: Span) -> Iterator[Fact]:
    if section == "options" and key in WANTED:
        yield from requirement(value, span, WANTED[key])
    elif section == "options" and key == "python_requires":
        yield from python_pin(value, span)
    elif section == "options.extras_require":
        yield from requirement(value, span, f"optional: the extra `{key}`")
