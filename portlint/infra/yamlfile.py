"""YAML of any kind -> facts: images, variables, scripts, resources, runners, environments.

What a key means is told from its name and its neighbours, as Kubernetes, Compose, CI workflows,
conda and CloudFormation use them; a file needs no declared kind.
"""

import re
from collections.abc import Iterator

from portlint.errors import Unreadable
from portlint.infra.alternatives import guarded
from portlint.infra.condafile import environment_file, is_conda
from portlint.infra.facts import Fact
from portlint.infra.instances import instance
from portlint.infra.settings import settings
from portlint.infra.templates import by_line, is_template, neutralised
from portlint.infra.tree import Mapping, Node, Scalar, documents, scalars, walk
from portlint.infra.yamlscripts import container_command, script, server_arguments
from portlint.infra.yamlvalues import IMAGE_KEY, image, labels, options, variables

ENV_KEYS = frozenset(
    "env environment variables envs container_env containerEnv Environment".split()
)
SCRIPT_KEYS = frozenset(
    "run script before_script after_script commands command args cmd entrypoint setup "
    "setup_commands head_setup_commands worker_setup_commands initialization_commands UserData "
    "user_data install_script postCreateCommand onCreateCommand".split()
)
LABEL_KEYS = frozenset(["runs-on", "resource_class"])
RESOURCE = re.compile(r"[a-z0-9-]+(\.[a-z0-9-]+)+/[\w.-]+")
RESOURCE_PARENTS = frozenset("limits requests resources hard capacity allocatable".split())
JSON_COMMENT = re.compile(r"^[^\S\n]*//.*$", re.MULTILINE)


def parse(text: str, name: str) -> Iterator[Fact]:
    """The facts of a YAML or JSON file; templates are read as far as they are YAML."""
    lines = text.split("\n")
    gitlab = name.rpartition("/")[2].startswith(".gitlab-ci")
    for document in _documents(text, name):
        facts = [*settings(document, name), *_document(document, lines, gitlab)]
        yield from guarded(facts, document)


def _documents(text: str, name: str) -> list[Node]:
    if name.endswith(".json"):
        text = JSON_COMMENT.sub("", text).replace("\t", " ")
    try:
        return documents(text)
    except Unreadable:
        if not is_template(text):
            raise
    try:
        return documents(neutralised(text))
    except Unreadable:
        return [Mapping(list(by_line(text)))]


def _document(document: Node, lines: list[str], gitlab: bool) -> Iterator[Fact]:
    if isinstance(document, Mapping) and is_conda(document):
        yield from environment_file(document)
    for path, mapping in walk(document):
        yield from container_command(mapping, lines)
        yield from server_arguments(mapping)
        for key, value in mapping.pairs:
            here = (*path, key.text)
            yield from _pair(here, key, value)
            if _has_labels(here, gitlab):
                yield from labels(key.text, value)
            if key.text in SCRIPT_KEYS:
                yield from script(here, value, mapping, lines)


def _pair(path: tuple[str, ...], key: Scalar, value: Node) -> Iterator[Fact]:
    """What one key says by itself."""
    name, parent = key.text, path[-2] if len(path) > 1 else ""
    dotted = ".".join(path)
    for scalar in scalars(value):
        yield Fact("key", dotted, scalar.text[:1000], scalar.span)
        if found := instance(scalar.text):
            yield Fact("instance", found, found, scalar.span)
    if RESOURCE.fullmatch(name) and parent in RESOURCE_PARENTS and isinstance(value, Scalar):
        yield Fact("resource", name, value.text, key.span)
    if name in ENV_KEYS:
        yield from variables(value)
    if IMAGE_KEY.fullmatch(name) or name == "uses":
        yield from image(value)
    yield from options(name, value)


def _has_labels(path: tuple[str, ...], gitlab: bool) -> bool:
    """Whether a key says which runner a CI job wants."""
    if path[-1] in LABEL_KEYS or (gitlab and path[-1] == "tags"):
        return True
    return path[-1] == "queue" and "agents" in path[-2:]
