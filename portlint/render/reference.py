"""Pages of rules -> the reference as Markdown: an index, and one document for each subject."""

import re
from collections.abc import Iterator, Mapping, Sequence
from pathlib import PurePosixPath
from urllib.parse import urlsplit

from portlint.model import Evidence
from portlint.page import Page, Said, Shown
from portlint.render.pages import effort, impact, summary
from portlint.render.words import by_stack, plural
from portlint.rule import SymbolRow

INDEX = "README.md"
GENERATED = "<!-- Written by `make docs` from rules/: change a rule there, not here. -->"
LANGUAGES = {
    ".py": "python",
    ".ipynb": "json",
    ".toml": "toml",
    ".yml": "yaml",
    ".yaml": "yaml",
    ".sh": "sh",
    ".cu": "cpp",
    ".cpp": "cpp",
    ".json": "json",
    ".tf": "hcl",
    ".cfg": "ini",
}
SITES = {"awsdocs-neuron.readthedocs-hosted.com": "Neuron documentation"}


def files(pages: Sequence[Page]) -> dict[str, str]:
    """File name -> text, for a folder of its own."""
    subjects: dict[str, list[Page]] = {}
    for page in sorted(pages, key=lambda page: page.code):
        subjects.setdefault(page.subject, []).append(page)
    found = {f"{subject}.md": _subject(subject, listed) for subject, listed in subjects.items()}
    return {INDEX: _index(subjects), **found}


def document(pages: Sequence[Page]) -> str:
    """The same as one text; links stay within the folder that `files` is for."""
    return "\n".join(files(pages).values())


def _index(subjects: Mapping[str, Sequence[Page]]) -> str:
    count = sum(map(len, subjects.values()))
    return "\n".join(_index_lines(subjects, count)) + "\n"


def _index_lines(subjects: Mapping[str, Sequence[Page]], count: int) -> Iterator[str]:
    yield from (GENERATED, "# Rules", "")
    yield f"The {count} rules of portlint by subject. A verdict holds for the newest release that"
    yield "ships the stack; `portlint query CODE --sdk X.Y` answers for another."
    for subject, pages in subjects.items():
        yield from ("", f"## [{title(subject)}]({subject}.md)", "")
        yield from ("| code | name | what |", "|---|---|---|")
        for page in pages:
            link = f"[{page.code}]({subject}.md#{anchor(page)})"
            yield f"| {link} | {page.name} | {cell(summary(page))} |"


def title(subject: str) -> str:
    """`cuda-runtime` -> `CUDA runtime`."""
    words = subject.replace("-", " ").replace("cuda", "CUDA")
    return words[0].upper() + words[1:]


def anchor(page: Page) -> str:
    """What a heading of this page is called in a link."""
    return f"{page.code.lower()}-{page.name}"


def prose(text: str) -> str:
    """Text outside of backticks, safe from being taken for markup."""
    parts = re.split(r"(`[^`]*`)", text)
    return "".join(p if p.startswith("`") else re.sub(r"([*<\\]|__)", r"\\\1", p) for p in parts)


def cell(text: str) -> str:
    """Text that may stand in a cell of a table."""
    return prose(text).replace("|", "\\|").replace("\n", " ")


def _subject(subject: str, pages: Sequence[Page]) -> str:
    head = [GENERATED, f"# {title(subject)}", "", f"{plural(len(pages), 'rule')}; [all]({INDEX})."]
    return "\n".join([*head, *(line for page in pages for line in ("", *lines(page)))]) + "\n"


def lines(page: Page) -> Iterator[str]:
    """One rule as a section of Markdown."""
    yield from (
        f"## {page.code} {page.name}",
        "",
        f"**{prose(summary(page))}**",
        "",
        prose(page.why),
    )
    yield from ("", f"Instead: {prose(page.instead)}", "", f"Effort: {effort(page)}.")
    if page.verdicts:
        yield from ("", "| on | verdict | instead | evidence |", "|---|---|---|---|")
        yield from map(_verdict, page.verdicts)
    if page.names:
        yield from ("", "| name | verdict | what | on native stacks | on xla | evidence |")
        yield "|---|---|---|---|---|---|"
        yield from _names(page.names)
    for example in page.reported:
        yield from ("", f"Reported{_about(example)}:", "", *_code(example))
    if page.not_reported:
        yield from ("", "<details><summary>Not reported</summary>")
        for example in page.not_reported:
            yield from ("", f"{_capital(example)}:" if example.about else "And:", "")
            yield from _code(example)
        yield from ("", "</details>")


def _verdict(said: Said) -> str:
    sure = f", {said.confidence}" if said.confidence else ""
    work = f" (in {said.workload})" if said.workload else ""
    note = f"; {said.note}" if said.note else ""
    cells = (by_stack(said.targets), f"{said.verdict}{sure}{work}{note}", said.instead)
    return f"| {' | '.join(map(cell, cells))} | {_links(said.evidence)} |"


def _names(rows: Sequence[SymbolRow]) -> Iterator[str]:
    """Names of which all the same is said share a line."""
    groups: dict[str, list[str]] = {}
    for row in rows:
        source = (Evidence(url=row.evidence, checked=row.checked),)
        cells = (f"{impact(row)}, {row.confidence}", row.what, row.native, row.xla)
        said = f"{' | '.join(map(cell, cells))} | {_links(source)} |"
        groups.setdefault(said, []).append(f"`{row.symbol}`")
    for said, names in groups.items():
        yield f"| {', '.join(names)} | {said}"


def _links(evidence: Sequence[Evidence]) -> str:
    return "; ".join(
        f"[{_site(item.url)}]({item.url}), {item.checked}" if "://" in item.url else "our judgement"
        for item in evidence
    )


def _site(url: str) -> str:
    """What a link is called: the site, of GitHub the repository."""
    parts = urlsplit(url)
    if parts.netloc == "github.com":
        return "/".join(PurePosixPath(parts.path).parts[1:3])
    return SITES.get(parts.netloc, parts.netloc)


def _about(example: Shown) -> str:
    return f" ({prose(example.about)})" if example.about else ""


def _capital(example: Shown) -> str:
    return prose(example.about[0].upper() + example.about[1:])


def _code(example: Shown) -> Iterator[str]:
    path = PurePosixPath(example.path)
    if example.path != "code.py":
        yield f"`{example.path}`"
        yield ""
    language = "dockerfile" if "ockerfile" in path.name else LANGUAGES.get(path.suffix, "")
    fence = "````" if "```" in example.code else "```"
    yield from (f"{fence}{language}", *example.code.split("\n"), fence)
