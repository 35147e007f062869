"""Node.js and packages of npm, for tests with those who read us; none of their scripts run."""

import json
import pathlib
import shutil
import subprocess

import pytest


def node(required: bool) -> str:
    """The program; where there is none the test skips, or fails if it must not."""
    found = shutil.which("node")
    return found or _missing("no node: install Node.js", required)


def package(folder: pathlib.Path, name: str, required: bool) -> pathlib.Path:
    """Where the package `name@version` is installed below the folder."""
    npm = shutil.which("npm")
    if npm is None:
        _missing("no npm: install it beside Node.js", required)
    (folder / "package.json").write_text(json.dumps({"private": True}), encoding="utf-8")
    command = [str(npm), "install", "--no-fund", "--no-audit", "--ignore-scripts", name]
    done = subprocess.run(command, cwd=folder, capture_output=True, text=True)
    if done.returncode:
        _missing(f"npm install {name}: {done.stderr.strip()[-300:]}", required)
    return folder / "node_modules" / name.rpartition("@")[0]


def _missing(reason: str, required: bool) -> str:
    if required:
        pytest.fail(reason)
    pytest.skip(reason)
