"""A fact: one thing a file of the infrastructure says, with the place where it says it."""

from typing import NamedTuple

from portlint.model import Span


class Fact(NamedTuple):
    """What rules match on, whatever kind of file it came from.

    kind         name                          value
    image        repository[:tag]              the same
    env          variable                      its value ("" where unknown)
    command      program (no folders)          the whole command line
    option       program                       one option with its argument, `--gpus all`
    resource     key (`nvidia.com/gpu`)        its value
    key          dotted path of a YAML key     its scalar value
    label        `runs-on`, `tags`, `queue`    what a CI job asks of its runner
    requirement  distribution, normalised      specifier, or the URL
    admits       distribution                  minor releases that a pin admits, `2.9 2.13`
    misses       distribution                  what is listed without it, in the same file
    index        the option or key             URL of a package index, or a conda channel
    package      package manager               a system package
    instance     EC2 instance type             the same
    cuda-source  kind of source                inventory in words
    setting      program.key                   the value in a configuration file of the program
    argument     whose options (`vllm`)        one option of a command line with its value
    checkpoint   what of it (`quantised`)      the value in a JSON file beside the weights
    triton       field of a config.pbtxt       its value
    weights      dtype, or `GGUF`              how many tensors have it

    `guard` says why the place may not matter on Neuron: a test for CUDA around it, an extra.
    `lines` is how many lines of code a source has.
    """

    kind: str
    name: str
    value: str
    span: Span
    related: tuple[tuple[int, str], ...] = ()
    guard: str | None = None
    lines: int | None = None


def line_span(line: int, text: str, part: str | None = None) -> Span:
    """The span of `part` in a line of text (the whole stripped line if it is not there)."""
    wanted = part if part is not None and part in text else text.strip()
    column = text.find(wanted) + 1 if wanted else 1
    return Span(line, column, line, column + len(wanted))
