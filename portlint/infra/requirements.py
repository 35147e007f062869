"""requirements and constraints files -> facts, one line at a time."""

import re
from collections.abc import Iterator

from portlint.infra.beside import ADDED, BASES
from portlint.infra.facts import Fact
from portlint.infra.requirement import requirement
from portlint.infra.script import Line, Script

COMMENT = re.compile(r"(^|\s)#.*$")
OPTION = re.compile(
    r"(?P<option>-i|-f|--index-url|--extra-index-url|--find-links)(?:\s+|=)(?P<url>\S+)"
)
OTHER_OPTION = re.compile(r"\s+(?:--hash|--config-settings|--global-option|--no-binary)\b.*$")
INCLUDED = re.compile(r"^[ \t]*(?:-r|--requirement)[ \t=]", re.MULTILINE)
LOOSE = re.compile(r"#.*\bupper bounds?\b.*\b(dropped|removed|relaxed|ignored|stripped)\b")
"""A comment that says that the package is installed without the bounds of its list."""
EDITABLE = re.compile(r"(?:-e|--editable)(?:\s+|=)")


def parse(text: str, name: str) -> Iterator[Fact]:
    """The facts of a requirements file."""
    facts = [fact for script in _logical_lines(text) for fact in _line(script)]
    guards = dict(_guards(text, name, facts))
    for fact in [*facts, *misses(facts)]:
        yield fact._replace(guard=fact.guard or guards.get("") or guards.get(fact.kind))


def _guards(text: str, name: str, facts: list[Fact]) -> Iterator[tuple[str, str]]:
    """Why the whole list may not count, or its facts of one kind."""
    folder, _, file = name.rpartition("/")
    stem = file.partition(".")[0]
    own = stem.removeprefix("requirements").strip("-_").lower()
    names = {fact.name for fact in facts if fact.kind == "requirement"} - {"torch"}
    listed = "requirements" in folder.split("/")
    if (listed or own != stem) and any(_named(own, one) for one in names):
        yield "", f"a list of its own for `{own}`"
    elif listed and not BASES & set(re.split("[-_]", stem)) and not INCLUDED.search(text):
        yield "", ADDED
    said = (line for line in text.split("\n") if "upper bound" in line and len(line) < 1000)
    if loose := next(filter(None, map(LOOSE.search, said)), None):
        yield "admits", f"`{loose[0].strip('# ')[:80]}`"


def _named(own: str, name: str) -> bool:
    """Whether a list is called after a distribution: `gptq.txt` with gptqmodel."""
    short, long = sorted((own.replace("-", "").replace("_", ""), name.replace("-", "")), key=len)
    return len(short) > 2 and long.startswith(short)


def _logical_lines(text: str) -> Iterator[Script]:
    """Lines with their continuations, without comments."""
    gathered: list[Line] = []
    for number, raw in enumerate(text.split("\n"), 1):
        line = COMMENT.sub("", raw) if "#" in raw else raw
        if line.endswith("\\"):
            gathered.append(Line(line[:-1], number, 1))
            continue
        gathered.append(Line(line, number, 1))
        yield Script(gathered)
        gathered = []
    if gathered:
        yield Script(gathered)


def _line(script: Script) -> Iterator[Fact]:
    text = script.text.replace("\n", " ")
    wanted = text.strip()
    start = len(text) - len(text.lstrip())
    if not wanted:
        return
    option = OPTION.match(wanted)
    if option:
        span = script.span(start, start + len(wanted))
        yield Fact("index", option["option"], option["url"], span)
        return
    editable = EDITABLE.match(wanted)
    if editable:
        start, wanted = start + editable.end(), wanted[editable.end() :]
    if wanted.startswith(("-", "./", "../", "/")) or len(wanted) > 20_000:
        return
    wanted = OTHER_OPTION.sub("", wanted).rstrip()
    yield from requirement(wanted, script.span(start, start + len(wanted)))


def misses(facts: list[Fact]) -> Iterator[Fact]:
    """`nki` where the native torch-neuronx is listed without it: it imports nki when it loads."""
    names = {fact.name for fact in facts if fact.kind == "requirement"}
    if "nki" in names:
        return
    for fact in facts:
        if fact.kind == "admits" and fact.name == "torch-neuronx" and _native(fact.value):
            yield Fact("misses", "nki", fact.name, fact.span, guard=fact.guard)


def _native(admitted: str) -> bool:
    return bool(admitted) and set(admitted.split()) <= {"2.13", "2.14"}
