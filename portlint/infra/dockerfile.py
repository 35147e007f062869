"""Dockerfiles -> facts: base images, variables, what RUN installs and CMD starts."""

import json
import re
from collections.abc import Iterator

from portlint.infra.facts import Fact
from portlint.infra.script import Line, Script
from portlint.infra.shell import argv_facts, environment, script_facts
from portlint.infra.shellwords import Word, body_end, expand

INSTRUCTION = re.compile(r"[ \t]*(?:ONBUILD[ \t]+)?([A-Za-z]+)[ \t]+")
HEREDOC = re.compile(r"<<-?[ \t]*['\"]?(\w+)['\"]?")
OPTIONS = re.compile(r"(?:--[\w-]+(?:=\S+)?[ \t\n]+)*")
PAIR = re.compile(
    r"(?<![\w.-])([\w.-]+)=((?:\"(?:[^\"\\]|\\.)*\"|'[^']*'|\\.|[^\s\"'\\])*)", re.DOTALL
)
FROM = re.compile(r"(\S+)(?:[ \t\n]+[Aa][Ss][ \t\n]+(\S+))?")
COPY_FROM = re.compile(r"--from=(\S+)")
HEALTH = re.compile(r"(?:--\S+[ \t\n]+)*CMD[ \t\n]+", re.IGNORECASE)


def parse(text: str, name: str) -> Iterator[Fact]:
    """The facts of a Dockerfile."""
    reader = _Reader()
    for instruction, script in _instructions(text):
        yield from reader.facts(instruction, script)


def _instructions(text: str) -> Iterator[tuple[str, Script]]:
    """Each instruction with its continuation lines and here-documents, comments left out."""
    lines = text.split("\n")
    at = 0
    while at < len(lines):
        match = INSTRUCTION.match(lines[at])
        if match is None:
            at += 1
            continue
        gathered: list[Line] = []
        cut, more = match.end(), True
        while more and at < len(lines):
            line = lines[at]
            if not gathered or line.strip():
                comment = gathered and line.lstrip().startswith("#")
                kept = "" if comment else line
                more = bool(comment) or kept.rstrip().endswith(("\\", "`"))
                if more and not comment:
                    kept = kept.rstrip()[:-1] + "\\"
                gathered.append(Line("\\" if comment else kept[cut:], at + 1, cut + 1))
            cut, at = 0, at + 1
        if match[1].upper() in ("RUN", "COPY", "ADD"):
            at = _documents(gathered, lines, at)
        yield match[1].upper(), Script(gathered)


def _documents(gathered: list[Line], lines: list[str], at: int) -> int:
    """Take in the here-documents that the instruction's last line opens."""
    for mark in HEREDOC.findall(gathered[-1].text):
        while at < len(lines):
            gathered.append(Line(lines[at], at + 1, 1))
            at += 1
            if gathered[-1].text.strip() == mark:
                break
    return at


class _Reader:
    """Remembers arguments, variables and stage names from one instruction to the next."""

    def __init__(self) -> None:
        self.known: dict[str, str] = {}
        self.where: dict[str, int] = {}
        self.stages: set[str] = {"scratch"}
        self.count = 0

    def facts(self, instruction: str, script: Script) -> Iterator[Fact]:
        match instruction:
            case "FROM":
                yield from self._from(script)
            case "ARG" | "ENV":
                yield from self._variables(instruction, script)
            case "COPY":
                yield from self._copy(script)
            case "RUN":
                yield from self._run(script)
            case "CMD" | "ENTRYPOINT" | "SHELL":
                yield from self._start(script)
            case "HEALTHCHECK":
                if match := HEALTH.match(script.text):
                    yield from self._start(script.part(match.end(), len(script.text)))

    def _from(self, script: Script) -> Iterator[Fact]:
        at = _past_options(script.text)
        match = FROM.match(script.text, at)
        if match is None:
            return
        used = [n for n in re.findall(r"\$\{?(\w+)", match[1]) if n in self.where]
        image = expand(match[1], self.known)
        if image.lower() not in self.stages and not image.isdigit() and "$" not in image:
            related = tuple((self.where[n], f"the default of `{n}`") for n in used)
            yield Fact("image", image, image, script.span(*match.span(1)), related)
        if match[2]:
            self.stages.add(match[2].lower())

    def _copy(self, script: Script) -> Iterator[Fact]:
        match = COPY_FROM.match(script.text)
        if match:
            image = expand(match[1], self.known)
            if image.lower() not in self.stages and not image.isdigit() and "$" not in image:
                yield Fact("image", image, image, script.span(*match.span(1)))

    def _variables(self, instruction: str, script: Script) -> Iterator[Fact]:
        text = script.text
        pairs = [(m[1], m[2], m.span()) for m in PAIR.finditer(text)]
        if instruction == "ENV" and not re.match(r"\s*[\w.-]+=", text):
            name, _, value = text.strip().partition(" ")
            start = len(text) - len(text.lstrip())
            pairs = [(name, value.strip(), (start, start + len(text.strip())))]
        for name, raw, span in pairs:
            value = expand(raw.strip("\"'"), self.known)
            if len(value) < 500:
                self.known[name] = value
            place = script.span(*span)
            self.where[name] = place.line
            if instruction == "ENV" or name.isupper():
                yield from environment(name, value, place)

    def _run(self, script: Script) -> Iterator[Fact]:
        at = _past_options(script.text)
        heredoc = re.match(r"<<-?[ \t]*['\"]?(\w++)['\"]?[^\n]*\n", script.text[at:])
        if heredoc:
            start = at + heredoc.end()
            stop, _ = body_end(script.text, start, heredoc[1])
            yield from script_facts(script.part(start, stop), dict(self.known))
        else:
            yield from self._start(script.part(at, len(script.text)))

    def _start(self, script: Script) -> Iterator[Fact]:
        words = _exec_form(script)
        if words:
            yield from argv_facts(words, script)
        else:
            yield from script_facts(script, dict(self.known))


def _past_options(text: str) -> int:
    match = OPTIONS.match(text)
    return match.end() if match else 0


def _exec_form(script: Script) -> list[Word]:
    """`["program", "argument"]` as words."""
    text = script.text.strip()
    if not text.startswith("["):
        return []
    try:
        items = json.loads(text.replace("\\\n", ""))
    except (ValueError, RecursionError):
        return []
    at, words = 0, []
    for item in items if isinstance(items, list) else ():
        if isinstance(item, str):
            found = script.text.find(item, at)
            start = found if found >= 0 else at
            at = start + len(item) if found >= 0 else at
            words.append(Word(item, start, max(at, start + 1)))
    return words
