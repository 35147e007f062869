"""Which parser reads which kind of file; each is loaded for the first file that it reads."""

import importlib
from collections.abc import Callable, Iterator, Mapping
from types import MappingProxyType

from portlint.infra.facts import Fact

Parser = Callable[[str, str], Iterator[Fact]]
MODULES: Mapping[str, str] = MappingProxyType(
    {
        "requirements": "requirements",
        "pyproject": "pyproject",
        "setupcfg": "setupcfg",
        "setuppy": "setuppy",
        "dockerfile": "dockerfile",
        "yaml": "yamlfile",
        "json": "jsonfile",
        "pbtxt": "pbtxt",
        "shell": "shell",
        "terraform": "terraform",
        "cuda": "cxx",
        "cpp": "cxx",
    }
)
"""Kind of file -> the module of this package whose `parse` reads it."""


def read(kind: str, text: str, name: str) -> Iterator[Fact]:
    """The facts of a file of one of these kinds. Raises Unreadable where it cannot be parsed."""
    parse: Parser = importlib.import_module(f"portlint.infra.{MODULES[kind]}").parse
    return parse(text, name)
