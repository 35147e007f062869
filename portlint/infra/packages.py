"""Command lines of pip, uv, conda and system package managers -> what they install, and whence."""

import re
from collections.abc import Iterator, Sequence

from portlint.infra.facts import Fact
from portlint.infra.requirement import caret, requirement
from portlint.infra.script import Script
from portlint.infra.shellwords import Word
from portlint.model import Span

INDEX_OPTIONS = frozenset(
    "--index-url --extra-index-url -i -f --find-links --index --default-index "
    "--torch-backend".split()
)
VALUED = frozenset(
    "-r --requirement -c --constraint -e --editable -t --target --python -p --prefix --root "
    "--platform --python-version --no-binary --only-binary --cache-dir --trusted-host --upgrade-"
    "strategy --src --timeout --retries --progress-bar --prerelease --resolution -n --name "
    "--index-strategy --config-settings -C --global-option --build-option --group --extra "
    "-o --option --package --no-build-isolation-package --override --build-constraint".split()
)
SYSTEM = frozenset("apt-get apt aptitude yum dnf microdnf apk zypper tdnf".split())
PYTHON = re.compile(r"(python|pypy)[\d.]*")
INDEX_VARIABLE = re.compile(
    r"(PIP|UV)_(EXTRA_|DEFAULT_)?(INDEX|INDEX_URL|FIND_LINKS|TORCH_BACKEND)"
)
CONDA_NAMES = {"pytorch": "torch", "pytorch-gpu": "torch"}
CONDA_SPEC = re.compile(r"(?:[\w-]+::)?([\w.-]+?)\s*((?:[=<>!~^]|\s\d).*)?")


def installs(
    program: str, words: Sequence[Word], script: Script, guard: str | None
) -> Iterator[Fact]:
    """The facts of one command; `words[0]` is the program."""
    if program in SYSTEM:
        yield from _system(program, words, script, guard)
    elif program in ("conda", "mamba", "micromamba"):
        yield from _conda(words, script, guard)
    else:
        yield from _pip(_pip_arguments(program, words), script, guard)


def _pip_arguments(program: str, words: Sequence[Word]) -> Sequence[Word]:
    """What follows the verb of `pip install`, `python -m pip install`, `uv pip install` …"""
    texts = [word.text for word in words[:6]]
    if PYTHON.fullmatch(program):
        if "-m" not in texts or texts[texts.index("-m") + 1 :][:1] not in (["pip"], ["uv"]):
            return []
        at = texts.index("-m") + 2
    elif re.fullmatch(r"pip[\d.]*|uv|poetry|pdm|pipenv|rye", program):
        at = 1
    else:
        return []
    verbs = ("install", "add", "download", "wheel")
    found = next((i for i in range(at, len(texts)) if texts[i] in verbs), None)
    return [] if found is None else words[found + 1 :]


def _pip(words: Sequence[Word], script: Script, guard: str | None) -> Iterator[Fact]:
    skip = ""
    for word in words:
        text = word.text
        span = script.span(word.start, word.end)
        option, _, value = text.partition("=")
        if skip:
            if skip in INDEX_OPTIONS:
                yield Fact("index", skip, text, span, guard=guard)
            skip = ""
        elif text.startswith("-"):
            if value and option in INDEX_OPTIONS:
                yield Fact("index", option, value, span, guard=guard)
            elif not value and text in INDEX_OPTIONS | VALUED:
                skip = text
        elif not text.startswith((".", "/", "$")) and "$(" not in text:
            yield from requirement(text, span, guard)


def _conda(words: Sequence[Word], script: Script, guard: str | None) -> Iterator[Fact]:
    if not {"install", "create"} & {word.text for word in words[1:4]}:
        return
    skip = ""
    for word in words[2:]:
        span = script.span(word.start, word.end)
        if skip:
            if skip in ("-c", "--channel"):
                yield Fact("index", "channel", word.text, span, guard=guard)
            skip = ""
        elif word.text.startswith("-"):
            skip = word.text if word.text in VALUED | {"-c", "--channel", "--file", "-p"} else ""
        elif word.text not in ("install", "create", "env"):
            yield from conda(word.text, span, guard)


def conda(text: str, span: Span, guard: str | None = None) -> Iterator[Fact]:
    """One conda match specification: `pytorch::pytorch=2.1`, `pytorch-cuda=12.1`, `python>=3.9`."""
    match = CONDA_SPEC.fullmatch(text.strip()) if len(text) < 300 else None
    if match is None:
        return
    name = CONDA_NAMES.get(match[1].lower(), match[1])
    version = re.split(r"(?<=[\w*])[=\s](?=[\w*])", (match[2] or "").strip())[0]
    yield from requirement(f"{name}{caret(version)}", span, guard)


def _system(
    program: str, words: Sequence[Word], script: Script, guard: str | None
) -> Iterator[Fact]:
    verbs = [
        i for i, word in enumerate(words[:8]) if word.text in ("install", "add", "localinstall")
    ]
    for word in words[verbs[0] + 1 :] if verbs else ():
        if not word.text.startswith("-"):
            span = script.span(word.start, word.end)
            yield Fact("package", program, word.text.split("=")[0], span, guard=guard)
