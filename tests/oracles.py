"""Fake interpreters with torch-xla for the tests of the oracle, and the real one where it is."""

import json
import pathlib
import sys

import pytest

from portlint.errors import UsageError
from portlint.oracle import interpreter
from portlint.oracle.protocol import Query

FAKE = pathlib.Path(__file__).with_name("fakexla.py")
VERSIONS = {"python": "3.12.3", "torch": "2.9.0", "torch_xla": "2.9.0"}


class Fake:
    """A fake interpreter in a folder of its own; `versions` are what it claims to have."""

    def __init__(self, folder: pathlib.Path, **versions: str) -> None:
        folder.mkdir(exist_ok=True)
        self.folder, self.python = folder, folder / "python"
        (folder / "versions.json").write_text(json.dumps(VERSIONS | versions))
        self.python.write_text(f'#!/bin/sh\nexec "{sys.executable}" "{FAKE}" "{folder}" "$@"\n')
        self.python.chmod(0o755)

    @property
    def starts(self) -> int:
        """How many workers it was started as."""
        log = self.folder / "starts.log"
        return len(log.read_text().splitlines()) if log.exists() else 0

    @property
    def interpreter(self) -> interpreter.Interpreter:
        return interpreter.Interpreter(
            python=str(self.python), source="env", versions=dict(VERSIONS)
        )


def op(name: str, **kwargs: object) -> Query:
    return Query(op=f"aten.{name}.default", kwargs=kwargs)


def real(required: bool) -> interpreter.Interpreter:
    """The interpreter that this machine has, or the reason to skip, or to fail."""
    try:
        return interpreter.find(None)
    except UsageError as error:
        if required:
            raise
        pytest.skip(str(error))
