"""Scripts and command lines inside YAML -> facts, each at its line of the file."""

import re
import shlex
from collections.abc import Iterator

from portlint.infra.facts import Fact
from portlint.infra.script import Line, Script
from portlint.infra.shell import argv_facts, script_facts
from portlint.infra.shellwords import Word
from portlint.infra.tree import Mapping, Node, Scalar, Sequence, scalars


def container_command(mapping: Mapping, lines: list[str]) -> Iterator[Fact]:
    """Kubernetes' `command: ["bash", "-c"]` with the script in `args`."""
    command, args = mapping.get("command"), mapping.get("args")
    if command is None or args is None:
        return
    words = [*scalars(command), *scalars(args)]
    texts = [word.text for word in words]
    if texts and texts[0].rpartition("/")[2] in ("bash", "sh") and len(texts) > 1:
        yield from script_facts(_lines_of(words[-1], lines))
    else:
        yield from _argv(words)


def server_arguments(mapping: Mapping) -> Iterator[Fact]:
    """The arguments that a container hands to the program its image starts: vLLM's server."""
    if "vllm" not in mapping.text("image"):
        return
    for key in ("args", "command"):
        items = scalars(mapping.get(key))
        if items and items[0].text.startswith("-"):
            program = [items[0]._replace(text=word) for word in ("vllm", "serve")]
            yield from _argv([*program, *(word for item in items for word in _split(item))])
            return


def _split(item: Scalar) -> list[Scalar]:
    """The words of a scalar, all at its place."""
    try:
        return [item._replace(text=word) for word in shlex.split(item.text)]
    except ValueError:
        return [item]


def script(
    path: tuple[str, ...], value: Node, mapping: Mapping, lines: list[str]
) -> Iterator[Fact]:
    """A key that holds commands: one text, a list of lines, or a list of words."""
    if path[-1] in ("command", "args") and mapping.get("args") and mapping.get("command"):
        return
    shell = mapping.text("shell")
    if (shell and not re.match(r"(bash|sh|zsh)", shell)) or "with" in path[-2:-1]:
        return
    items = scalars(value)
    listed = isinstance(value, Sequence) and items
    if listed and not any(re.search(r"\s", item.text) for item in items):
        yield from _argv(items)
    elif listed and items[0].text.rpartition("/")[2] in ("bash", "sh"):
        yield from script_facts(_lines_of(items[-1], lines))
    else:
        known: dict[str, str] = {}
        for item in items:
            yield from script_facts(_lines_of(item, lines), known)


def _argv(items: list[Scalar]) -> Iterator[Fact]:
    """Words that make one command; each keeps its own place."""
    at, words = 0, []
    for item in items:
        words.append(Word(item.text, at, at + len(item.text)))
        at += len(item.text) + 1
    script = Script([Line(" ".join(i.text.split("\n")), *i.span[:2]) for i in items])
    yield from argv_facts(words, script) if words else ()


def _lines_of(scalar: Scalar, lines: list[str]) -> Script:
    """The lines of a scalar where they stand; a folded one is one line for the shell."""
    span = scalar.span
    if scalar.style not in ("|", ">"):
        quoted = bool(scalar.style)
        return Script([Line(scalar.text, span.line, span.column + quoted)])
    raw = lines[span.line : max(span.line, span.end_line - (span.end_column == 1))]
    indent = min((len(t) - len(t.lstrip()) for t in raw if t.strip()), default=0)
    fold = " \\" if scalar.style == ">" else ""
    return Script(
        Line(text[indent:] + (fold if text.strip() else ""), span.line + 1 + at, indent + 1)
        for at, text in enumerate(raw)
    )
