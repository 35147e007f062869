"""Values of well-known YAML keys -> facts: images, variables, runner labels, container options."""

import re
from collections.abc import Iterator

from portlint.infra.containers import IMAGE, IN_TEXT, named_image
from portlint.infra.facts import Fact
from portlint.infra.shell import environment
from portlint.infra.tree import Mapping, Node, Scalar, Sequence, scalars

IMAGE_KEY = re.compile(
    r"(.*[_-])?image([_-]?(uri|name|url))?|container|.*Image(Uri)?", re.IGNORECASE
)
PICTURE = re.compile(r".*\.(png|jpe?g|svg|gif|webp|img|iso|qcow2|py|txt|md)", re.IGNORECASE)
OPTION_KEY = re.compile(r".*(options|args|opts|flags)", re.IGNORECASE)


def variables(value: Node) -> Iterator[Fact]:
    """`NAME: value`, `- NAME=value`, and Kubernetes' `- name: NAME, value: …`."""
    if isinstance(value, Mapping):
        for key, item in value.pairs:
            text = item.text if isinstance(item, Scalar) else ""
            yield from environment(key.text, text, key.span)
            yield from named_image(key.text, text, key.span, None)
    elif isinstance(value, Sequence):
        for entry in value.items:
            if isinstance(entry, Scalar):
                name, _, text = entry.text.partition("=")
                yield from environment(name, text, entry.span)
            elif isinstance(entry, Mapping):
                named = entry.get("name") or entry.get("Name")
                if isinstance(named, Scalar):
                    text = entry.text("value") or entry.text("Value")
                    yield from environment(named.text, text, named.span)


def image(value: Node) -> Iterator[Fact]:
    """`image: name:tag`, and `image: {registry: …, repository: …, tag: …}` as Helm writes it."""
    match value:
        case Scalar(text=text, span=span):
            text = text.removeprefix("docker://").removeprefix("docker:")
            named = ("/" in text or ":" in text) and len(text) < 400 and IMAGE.fullmatch(text)
            if named and not PICTURE.fullmatch(text):
                yield Fact("image", text, text, span)
        case Mapping():
            name = value.get("repository") or value.get("name")
            if isinstance(name, Scalar):
                parts = [value.text("registry"), name.text]
                tag = value.text("tag") or value.text("version")
                text = "/".join(filter(None, parts)) + (f":{tag}" if tag else "")
                yield from image(name._replace(text=text))


def labels(name: str, value: Node) -> Iterator[Fact]:
    """What a CI job asks of its runner, one label at a time."""
    if isinstance(value, Mapping):  # `runs-on: {group: …, labels: […]}`
        for key, item in value.pairs:
            if key.text in ("group", "labels"):
                yield from labels(name, item)
        return
    for scalar in scalars(value):
        yield Fact("label", name, scalar.text[:200], scalar.span)


def options(name: str, value: Node) -> Iterator[Fact]:
    """Container options in a key of their own: `options: --gpus all`, `runArgs: [--gpus, all]`."""
    if not OPTION_KEY.fullmatch(name):
        return
    items = scalars(value)
    for at, item in enumerate(items):
        following = f"{item.text} {items[at + 1].text}" if at + 1 < len(items) else item.text
        text = following if item.text in ("--gpus", "--runtime") else item.text
        if len(text) < 1000 and (found := IN_TEXT.search(text)):
            yield Fact("option", name, found[0], item.span)
