"""Shell scripts -> facts: variables set, programs started, GPUs asked for, packages installed."""

import re
from collections.abc import Iterator, Sequence
from typing import NamedTuple

from portlint.infra.arguments import arguments
from portlint.infra.commands import commands
from portlint.infra.containers import container, named_image, nvidia_options
from portlint.infra.facts import Fact
from portlint.infra.instances import instance
from portlint.infra.levels import Command
from portlint.infra.packages import INDEX_VARIABLE, PYTHON, SYSTEM, installs
from portlint.infra.script import Script, whole
from portlint.infra.shellwords import Word
from portlint.model import Span

WRAPPERS = frozenset(
    "sudo exec time nohup env command nice eval xargs watch timeout srun mpirun mpiexec numactl "
    "stdbuf setsid taskset tini dumb-init chroot gosu ionice parallel".split()
)
"""Programs that start the program named in their arguments."""
VERSION = re.compile(r"nvcc (-V|--version)")
"""A question whose answer is only shown, unless a substitution takes it."""
PROBES = frozenset("which type hash whereis".split())
CONTAINERS = frozenset(
    "docker podman nerdctl nvidia-docker nvidia-docker2 singularity apptainer enroot".split()
)
SHELLS = frozenset("bash sh zsh dash ksh".split())
PIP = re.compile(r"pip[\d.]*|uv|poetry|pdm|pipenv|conda|mamba|micromamba")
BATCH = frozenset("srun salloc sbatch flux".split())
DIRECTIVE = re.compile(r"^[ \t]*#(?P<kind>SBATCH|PBS|BSUB|\$)[ \t]+(?P<rest>[^\n]*)", re.MULTILINE)
GPU_REQUEST = re.compile(
    r"--(gres|gpus|gpus-per-\w+|cpus-per-gpu|mem-per-gpu|ntasks-per-gpu|gpu-bind|gpu-freq|tres-per-\w+)"
    r"|-G"
)
VERBATIM = 3
"""How deep `bash -c '…'` within `bash -c '…'` is followed."""
LONG_LINE = 2_000
"""Characters of a command line that are quoted in a fact."""


def parse(text: str, name: str) -> Iterator[Fact]:
    """The facts of a shell script or batch job."""
    script = whole(text)
    yield from directives(script)
    yield from script_facts(script)


def directives(script: Script) -> Iterator[Fact]:
    """Options in the comments that batch systems read: `#SBATCH --gres=gpu:8`."""
    for match in DIRECTIVE.finditer(script.text):
        program = {"SBATCH": "sbatch", "PBS": "qsub", "BSUB": "bsub", "$": "qsub"}[match["kind"]]
        rest = re.split(r"\s#", match["rest"])[0].rstrip()
        if rest:
            span = script.span(match.start("rest"), match.start("rest") + len(rest))
            yield Fact("option", program, rest, span)


class Here(NamedTuple):
    """Where a command stands: its script, the variables known there, and what decides it."""

    script: Script
    known: dict[str, str]
    guard: str | None = None
    conditional: bool = False
    depth: int = 0
    taken: bool = False


def script_facts(
    script: Script,
    variables: dict[str, str] | None = None,
    guard: str | None = None,
    depth: int = 0,
) -> Iterator[Fact]:
    """The facts of all commands of a script, wherever it was written."""
    known = {} if variables is None else variables
    for command in commands(script.text, known):
        here = Here(
            script, known, command.guard or guard, command.conditional, depth, command.taken
        )
        yield from _command(command, here)


def argv_facts(words: Sequence[Word], script: Script) -> Iterator[Fact]:
    """The facts of a command given as a list of words."""
    yield from _program(words, Here(script, {}))


def _command(command: Command, here: Here) -> Iterator[Fact]:
    for word in command.assignments:
        yield from setting(word, here.script, here.guard)
    words = command.words
    if not words:
        return
    yield from _program(words, here)
    if command.body and words[0].text in SHELLS | {"sbatch", "ssh"} and here.depth < VERBATIM:
        body = here.script.part(*command.body)
        yield from directives(body)
        yield from script_facts(body, here.known, here.guard, here.depth + 1)


def _program(words: Sequence[Word], here: Here) -> Iterator[Fact]:
    program = words[0].text.rpartition("/")[2]
    if not program or program.startswith(("-", "$")) or program in PROBES:
        return
    script, guard = here.script, here.guard
    line = " ".join(word.text for word in words)[:LONG_LINE]
    span = script.span(words[0].start, words[-1].end)
    if here.taken or not VERSION.fullmatch(" ".join([program, *(w.text for w in words[1:3])])):
        yield Fact("command", program, line, span, guard=guard)
    yield from _instances(words[1:], here)
    yield from arguments(program, words, script, guard)
    if program in ("export", "env", "declare", "typeset", "setenv"):
        for word in words[1:]:
            if re.match(r"[A-Za-z_]\w*=", word.text):
                yield from setting(word, script, guard)
    if program in BATCH:
        yield from _gpu_requests(program, words, script, guard)
    if program in CONTAINERS:
        yield from container(program, words, script, guard)
    if program in SYSTEM or PIP.fullmatch(program) or PYTHON.fullmatch(program):
        either = guard or ("behind a condition" if here.conditional else None)
        yield from installs(program, words, script, either)
    if here.depth < VERBATIM:
        yield from _inner(program, words, here)


def _instances(words: Sequence[Word], here: Here) -> Iterator[Fact]:
    """Instance types spelled here; what a variable brings was told where it was set."""
    for word in words:
        found = instance(word.text.partition("=")[2] or word.text)
        if found and found in here.script.text[word.start : word.end]:
            span = here.script.span(word.start, word.end)
            yield Fact("instance", found, found, span, guard=here.guard)


def _inner(program: str, words: Sequence[Word], here: Here) -> Iterator[Fact]:
    """The command that this one starts: `sudo X`, `srun X`, `bash -c 'X'`, `docker run I X`."""
    texts = [word.text for word in words]
    if program in SHELLS or "bash" in texts or "sh" in texts:
        flag = next((f for f in texts[:-1] if re.fullmatch(r"-[a-bd-z]*c[a-z]*", f)), None)
        if flag:
            word = words[texts.index(flag) + 1]
            quoted = here.script.text[word.start] in "'\""
            body = here.script.part(word.start + quoted, word.end - quoted)
            yield from script_facts(body, here.known, here.guard, here.depth + 1)
            return
    if program in WRAPPERS and texts[1:2] != ["-v"]:
        rest = list(words[1:])
        while rest and (rest[0].text.startswith("-") or re.match(r"\w+=|[\d.]+\w?$", rest[0].text)):
            rest = rest[1:]
        if rest:
            yield from _program(rest, here._replace(depth=here.depth + 1))


def setting(word: Word, script: Script, guard: str | None = None) -> Iterator[Fact]:
    """`NAME=value`: a variable, and what its value asks for."""
    name, _, value = word.text.partition("=")
    span = script.span(word.start, word.end)
    yield from environment(name.removesuffix("+"), value, span, guard)
    yield from named_image(name, value, span, guard)
    if "--" in value:
        yield from nvidia_options(name, word, script, guard)


def environment(name: str, value: str, span: Span, guard: str | None = None) -> Iterator[Fact]:
    """The facts of a variable that is set, wherever it is set."""
    yield Fact("env", name, value, span, guard=guard)
    if INDEX_VARIABLE.fullmatch(name):
        yield Fact("index", name, value, span, guard=guard)
    if found := instance(value):
        yield Fact("instance", found, found, span, guard=guard)


def _gpu_requests(
    program: str, words: Sequence[Word], script: Script, guard: str | None
) -> Iterator[Fact]:
    """The options of `srun` and its kin, up to the program they start."""
    at = 1
    while at < len(words) and words[at].text.startswith("-"):
        word = words[at]
        alone = "=" in word.text or at + 1 >= len(words) or words[at + 1].text.startswith("-")
        last = word if alone else words[at + 1]
        if GPU_REQUEST.fullmatch(word.text.partition("=")[0]):
            text = word.text if alone else f"{word.text} {last.text}"
            yield Fact("option", program, text, script.span(word.start, last.end), guard=guard)
        at += 1 if alone else 2
