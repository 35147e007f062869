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
    requirement  distribution, normalised      specifier, or the URL
    index        "" or the option              URL of a package index
    instance     EC2 instance type             the same
    python-dep   …                             …
    cuda-source  file name                     inventory in words
    """

    kind: str
    name: str
    value: str
    span: Span
    related: tuple[tuple[int, str], ...] = ()


def line_span(line: int, text: str, part: str | None = None) -> Span:
    """The span of `part` in a line of text (the whole stripped line if it is not there)."""
    wanted = part if part is not None and part in text else text.strip()
    column = text.find(wanted) + 1 if wanted else 1
    return Span(line, column, line, column + len(wanted))
