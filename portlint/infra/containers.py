"""`docker run …` and its kin -> image, variables, and the options that hand over GPUs."""

import re
from collections.abc import Iterator, Sequence

from portlint.infra.facts import Fact
from portlint.infra.script import Script
from portlint.infra.shellwords import Word
from portlint.model import Span

FLAGS = frozenset(
    "-d -i -t -it -ti -dit -itd -dt --rm --privileged --init --detach --interactive --tty "
    "--read-only --no-healthcheck --oom-kill-disable -P --publish-all --quiet -q --nv --nvccli "
    "--rocm --cleanenv --contain --writable --writable-tmpfs --no-home --containall -e --sig-proxy "
    "--fakeroot --compat".split()
)
"""Options without an argument of their own."""
GPU_OPTION = re.compile(
    r"--gpus(=.*)?|--runtime=nvidia|--nv|--nvccli|--device=(nvidia\.com/gpu.*|/dev/nvidia\S*)"
)
IN_TEXT = re.compile(r"(?<![\w-])--(?:gpus(?:=|\s+)\S+|runtime(?:=|\s+)nvidia\b)")
IMAGE_NAME = re.compile(r"(\w*_)?(image|IMAGE)(_(uri|URI|name|NAME|url|URL))?")
IMAGE = re.compile(r"[a-z0-9][\w.-]*(?::\d+)?(?:/[\w.-]+)*(?::[\w.${}-]+)?(?:@sha256:\w+)?")
VERBS = ("run", "create", "exec", "shell")


def container(
    program: str, words: Sequence[Word], script: Script, guard: str | None
) -> Iterator[Fact]:
    """The facts of a command that starts a container, or pulls or builds an image."""
    texts = [word.text for word in words]
    verb = next((i for i, text in enumerate(texts[:3]) if text in VERBS), None)
    if "manifest" in texts[:3] or "network" in texts[:3] or "volume" in texts[:3]:
        return
    if verb is None:
        if "pull" in texts[:3] and not texts[-1].startswith("-"):
            yield from _image(words[-1], script, guard)
        return
    apptainer = program in ("singularity", "apptainer")
    at = verb + 1
    while at < len(words) and words[at].text.startswith("-"):
        word = words[at]
        alone = "=" in word.text or (word.text in FLAGS and (word.text != "-e" or apptainer))
        last = word if alone or at + 1 >= len(words) else words[at + 1]
        text = word.text if last is word else f"{word.text}={last.text}"
        yield from _option(program, text, script, word, last, guard)
        at += 1 if last is word else 2
    if (at < len(words) and texts[verb] != "exec") or (apptainer and at < len(words)):
        yield from _image(words[at], script, guard)
        if at + 1 < len(words) and not words[at + 1].text.startswith("-"):
            inner = words[at + 1 :]
            span = script.span(inner[0].start, inner[-1].end)
            line = " ".join(word.text for word in inner)[:2000]
            yield Fact("command", inner[0].text.rpartition("/")[2], line, span, guard=guard)


def _image(word: Word, script: Script, guard: str | None) -> Iterator[Fact]:
    """The image of a command, unless it is a variable that gave a fact where it was set."""
    variable = re.match(r"[\"']?\$\{?(\w+)\}?[\"']?$", script.text[word.start : word.end])
    if variable and IMAGE_NAME.fullmatch(variable[1]):
        return
    name = word.text.removeprefix("docker://")
    yield Fact("image", name, name, script.span(word.start, word.end), guard=guard)


def _option(
    program: str, text: str, script: Script, first: Word, last: Word, guard: str | None
) -> Iterator[Fact]:
    span = script.span(first.start, last.end)
    if GPU_OPTION.fullmatch(text):
        yield Fact("option", program, text.replace("=", " ", 1), span, guard=guard)
    option, _, rest = text.partition("=")
    if option in ("-e", "--env") and rest:
        name, _, value = rest.partition("=")
        yield Fact("env", name, value, span, guard=guard)


def named_image(name: str, value: str, span: Span, guard: str | None) -> Iterator[Fact]:
    """A variable that holds the name of an image: `BASE_IMAGE=nvidia/cuda:12.4.1-base`."""
    if IMAGE_NAME.fullmatch(name) and ":" in value and IMAGE.fullmatch(value):
        yield Fact("image", value, value, span, guard=guard)


def nvidia_options(name: str, word: Word, script: Script, guard: str | None) -> Iterator[Fact]:
    """Container options kept in a variable: `DOCKER_OPTS="--gpus all"`."""
    text = script.text[word.start : word.end]
    for found in IN_TEXT.finditer(text):
        span = script.span(word.start + found.start(), word.start + found.end())
        yield Fact("option", name, found[0].rstrip("\"'"), span, guard=guard)
