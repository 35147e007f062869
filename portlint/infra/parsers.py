"""Which parser reads which kind of file."""

from collections.abc import Callable, Iterator

from portlint.infra import (
    cxx,
    dockerfile,
    jsonfile,
    pbtxt,
    pyproject,
    requirements,
    setupcfg,
    setuppy,
    shell,
    terraform,
    yamlfile,
)
from portlint.infra.facts import Fact

PARSERS: dict[str, Callable[[str, str], Iterator[Fact]]] = {
    "requirements": requirements.parse,
    "pyproject": pyproject.parse,
    "setupcfg": setupcfg.parse,
    "setuppy": setuppy.parse,
    "dockerfile": dockerfile.parse,
    "yaml": yamlfile.parse,
    "json": jsonfile.parse,
    "pbtxt": pbtxt.parse,
    "shell": shell.parse,
    "terraform": terraform.parse,
    "cuda": cxx.parse,
    "cpp": cxx.parse,
}
