"""A repository -> the models that could be traced, told from the text: nothing of it is run."""

import ast
import json
import pathlib
from collections.abc import Iterator

from portlint.contents import contents
from portlint.discover import File, discover
from portlint.errors import Unreadable

INPUTS = "example_inputs"


def candidates(folder: pathlib.Path) -> list[str]:
    """As `--model` takes them: factories beside `example_inputs`, and folders of Hugging Face."""
    return [model for file in discover([folder]).files for model in _of(file)]


def _of(file: File) -> Iterator[str]:
    if file.kind == "python":
        for name in _factories(file.path):
            yield f"{file.name}:{name}"
    elif file.path.name == "config.json" and _architectures(file.path):
        yield str(pathlib.PurePosixPath(file.name).parent)


def _factories(file: pathlib.Path) -> Iterator[str]:
    """Functions and classes that need no argument, of a file that gives inputs."""
    try:
        data = contents(file)
        tree = ast.parse(data) if INPUTS.encode() in data else ast.Module([], [])
    except (OSError, Unreadable, SyntaxError, ValueError, RecursionError, MemoryError):
        return
    functions = {node.name: node for node in tree.body if isinstance(node, ast.FunctionDef)}
    if INPUTS not in functions:
        return
    for name, function in functions.items():
        if name != INPUTS and not name.startswith("_") and not _required(function):
            yield name
    for node in tree.body:
        if isinstance(node, ast.ClassDef) and _is_module(node):
            yield node.name


def _required(function: ast.FunctionDef) -> int:
    """How many arguments a call has to give."""
    given = function.args
    keywords = sum(default is None for default in given.kw_defaults)
    return len(given.posonlyargs) + len(given.args) - len(given.defaults) + keywords


def _is_module(node: ast.ClassDef) -> bool:
    """Whether a class is an nn.Module by its base's name, and made without arguments."""
    made = [n for n in node.body if isinstance(n, ast.FunctionDef) and n.name == "__init__"]
    module = any(ast.unparse(base).split(".")[-1] == "Module" for base in node.bases)
    return module and all(_required(function) <= 1 for function in made)


def _architectures(file: pathlib.Path) -> bool:
    try:
        config = json.loads(contents(file))
    except (OSError, Unreadable, ValueError, RecursionError):
        return False
    return isinstance(config, dict) and bool(config.get("architectures"))
