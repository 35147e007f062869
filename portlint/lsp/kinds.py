"""A document's URI and language -> what it is to portlint, and the name it is analysed under."""

from __future__ import annotations

import pathlib
from collections.abc import Sequence
from urllib.parse import unquote, urlsplit

from pygls.uris import to_fs_path

from portlint.discover import kind_of, name_of
from portlint.lsp.wire import Place

LANGUAGES = {
    "python": "{}.py",
    "jupyter": "{}.ipynb",
    "dockerfile": "Dockerfile",
    "dockercompose": "{}.yaml",
    "yaml": "{}.yaml",
    "shellscript": "{}.sh",
    "sh": "{}.sh",
    "bash": "{}.sh",
    "pip-requirements": "requirements.txt",
    "requirements": "requirements.txt",
    "cuda": "{}.cu",
    "cuda-cpp": "{}.cu",
    "c": "{}.c",
    "cpp": "{}.cpp",
    "terraform": "{}.tf",
}
"""What a document whose name tells nothing is named for its language, as editors call it."""


def place(uri: str, language: str | None, roots: Sequence[str]) -> Place | None:
    """Where a document stands; None where portlint does not read such documents.

    The root is the innermost open folder that holds it, else its own folder.
    """
    path = to_fs_path(uri)
    if path is None:
        name = named(unquote(urlsplit(uri).path).rsplit("/", 1)[-1] or "untitled", language)
        if name is not None and kind_of(name) == "notebook" and language == "python":
            name = f"{name}.py"  # a cell, of an editor that does not send notebooks
        root = roots[0] if roots else str(pathlib.Path.cwd())
        return Place(root=root, name=name) if name else None
    file = pathlib.Path(path)
    holding = [root for root in roots if file.is_relative_to(root)]
    root = max(holding, key=len, default=str(file.parent))
    whole = name_of(file, pathlib.Path(root))
    if kind_of(whole) is not None:
        return Place(root=root, name=whole, path=path, folder=bool(holding))
    name = named(file.name, language)
    if name is None:
        return None
    below = str(pathlib.PurePosixPath(whole).with_name(name))
    return Place(root=root, name=below, path=path, folder=bool(holding))


def named(name: str, language: str | None) -> str | None:
    """A name that tells the language; the own one where it does, None where nothing tells it."""
    if kind_of(name) is not None:
        return name
    pattern = LANGUAGES.get(language or "")
    return pattern.format(name.replace("/", "_")) if pattern else None
