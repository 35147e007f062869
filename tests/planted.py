"""A repository with code in every place a tool might run it; each leaves a mark when it runs."""

import io
import json
import os
import pathlib
import pickle
import stat
import subprocess
import sys
import zipfile
from collections.abc import Iterable, Iterator
from typing import Any

from tests.scratch import environment

LIBRARIES = (
    *("click", "jinja2", "libcst", "markdown_it", "msgspec", "networkx", "packaging", "pathspec"),
    *("yaml", "rich", "squarify", "pygls", "lsprotocol", "torch", "numpy", "transformers"),
    *("portlint", "portlint_neuron", "planted", "_portlint", "attr", "cattrs", "MeCab"),
)
RUN_BY_TOOLS = """
conftest.py tests/conftest.py setup.py sitecustomize.py usercustomize.py noxfile.py fabfile.py
tasks.py __init__.py __main__.py pkg/__init__.py pkg/__main__.py hatch_build.py manage.py
.pythonrc .pythonstartup pylintrc.py mypy_plugin.py portlint_plugin.py detectors/planted.py
rules/planted.py .ipython/profile_default/startup/planted.py src/portlint/__init__.py
""".split()
PROGRAMS = (
    *("git", "python", "python3", "python3.11", "unshare", "setpriv", "sh", "node", "uname", "cc"),
    *("env", "locale", "tput", "stty", "git.exe", "git.cmd", "portlint", "py-spy", "nvidia-smi"),
)
HOOKS = (
    *("pre-commit", "post-checkout", "post-merge", "post-index-change", "fsmonitor-watchman"),
    *("reference-transaction", "pre-auto-gc", "post-rewrite", "query-watchman", "update"),
)
GIT = """\
[core]
\trepositoryformatversion = 1
\tfsmonitor = {tool} fsmonitor
\thooksPath = hooks
\tpager = {tool} pager
\tsshCommand = {tool} ssh
\teditor = {tool} editor
\taskPass = {tool} askpass
\tgitProxy = {tool} proxy
\talternateRefsCommand = {tool} alternates
\tattributesFile = .gitattributes
[extensions]
\tpartialClone = origin
[remote "origin"]
\turl = ext::{tool} remote
\tpromisor = true
\tuploadpack = {tool} uploadpack
\tvcs = planted
[diff]
\texternal = {tool} diff
[diff "planted"]
\ttextconv = {tool} textconv
\tcommand = {tool} diffcommand
[filter "planted"]
\tclean = {tool} clean
\tsmudge = {tool} smudge
\tprocess = {tool} process
\trequired = true
[merge "planted"]
\tdriver = {tool} merge
[alias]
\tls-files = !{tool} alias
\tls-tree = !{tool} alias
\tcat-file = !{tool} alias
\trev-parse = !{tool} alias
\tmerge-base = !{tool} alias
[credential]
\thelper = !{tool} credential
[gpg]
\tprogram = {tool} gpg
[submodule "planted"]
\tupdate = !{tool} submodule
[include]
\tpath = ../included.gitconfig
"""
SOURCE = """\
import torch  # {{{{ cycler.__init__.__globals__.os.system("{tool} jinja") }}}}

side = torch.cuda.Stream()  # $({tool} shell) `{tool} backticks` ${{jndi}} <script>
exec("import os; os.system('{tool} exec')")
"""
YAML = """\
on: push
jobs:
  a: {{runs-on: [self-hosted, gpu], steps: [{{run: "{tool} workflow"}}]}}
evil: !!python/object/apply:os.system ["{tool} yaml"]
other: !!python/object/new:subprocess.Popen [["{tool}", "yaml"]]
"""
NOTEBOOK = ["!{tool} bang\n", "%run planted.py\n", "import torch\n", "torch.cuda.Stream()\n"]


class Planted:
    """Where it stands, and what ran."""

    def __init__(self, base: pathlib.Path) -> None:
        self.root = base / "root"
        self.marks = base / "marks"
        self.tool = base / "tool"
        self.home = base / "home"
        for folder in (self.root, self.marks, self.home):
            folder.mkdir()
        _program(self.tool, f'touch "{self.marks}/${{1:-tool}}"\nexit 1\n')

    @property
    def ran(self) -> list[str]:
        """The names of what ran since the last question."""
        found = sorted(self.marks.iterdir())
        for mark in found:
            mark.unlink()
        return [mark.name for mark in found]

    @property
    def env(self) -> dict[str, str]:
        """A careless user's: programs and modules of the working folder come first."""
        clean = {k: v for k, v in environment(self.home).items() if k != "PYTHONPATH"}
        path = os.pathsep.join([".", "", "bin", os.environ.get("PATH", os.defpath)])
        return clean | {"PATH": path, "HOME": str(self.home)}


def plant(base: pathlib.Path, libraries: Iterable[str] = LIBRARIES) -> Planted:
    """Plant everything; Python that lies about is called like these libraries, too."""
    planted = Planted(base)
    for name, data in _files(planted, libraries):
        file = planted.root / name
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_bytes(data if isinstance(data, bytes) else data.encode())
    for name in PROGRAMS:
        for place in (planted.root / name, planted.root / "bin" / name):
            place.parent.mkdir(exist_ok=True)
            if not place.is_dir():
                _program(place, f'exec "{planted.tool}" program-{name}\n')
    _repository(planted)
    assert planted.ran == []
    return planted


def _files(planted: Planted, libraries: Iterable[str]) -> Iterator[tuple[str, str | bytes]]:
    tool = planted.tool
    for name in libraries:
        yield f"{name}.py", marking(planted, f"module-{name}")
        yield f"{name}/__init__.py", marking(planted, f"package-{name}")
    for name in RUN_BY_TOOLS:
        yield name, marking(planted, name.replace("/", "-"))
    yield "source.py", SOURCE.format(tool=tool)
    yield "planted.pth", marking(planted, "pth").replace("\n", "; ") + "\n"
    yield "libcst.zip", _zipped("libcst/__init__.py", marking(planted, "zip"))
    yield "deploy.yaml", YAML.format(tool=tool)
    yield ".github/workflows/ci.yaml", YAML.format(tool=tool)
    yield "analysis.ipynb", _notebook(tool)
    for name in ("model.pt", "model.pkl", "weights.bin", "model.safetensors", ".cache.pickle"):
        yield name, pickle.dumps(_Marking(f"{tool} pickle"))
    yield ".portlint_cache/cache.py", pickle.dumps(_Marking(f"{tool} cache"))
    yield "Dockerfile", f'FROM nvidia/cuda\nRUN {tool} docker\nCMD ["{tool}", "docker"]\n'
    yield "Makefile", f"X := $(shell {tool} make)\nall:\n\t{tool} make\n"
    yield "run.sh", f"$({tool} script)\n`{tool} script`\ntorchrun train.py\n"
    yield ".env", f"PYTHONSTARTUP=.pythonrc\nPYTHONPATH=.\nX=$({tool} env)\n"
    yield ".envrc", f"{tool} envrc\n"
    yield (
        ".vscode/settings.json",
        json.dumps({"portlint.path": [f"{tool}"], "python.defaultInterpreterPath": "./python"}),
    )
    yield (
        ".pre-commit-config.yaml",
        f"repos: [{{repo: local, hooks: [{{id: x, entry: {tool}}}]}}]\n",
    )
    yield "requirements.txt", "-e .\n-r requirements.txt\n./pkg\ntorch @ file://.\ntorch==2.9\n"
    yield "setup.cfg", "[options.entry_points]\nportlint = x = planted:run\n[options]\n"
    yield "pyproject.toml", PYPROJECT
    yield "portlint.toml", 'models = ["planted.py:model"]\n'
    for name in ("planted.egg-info", "planted-1.0.dist-info"):
        yield (
            f"{name}/entry_points.txt",
            "".join(
                f"[{group}]\nplanted = planted:run\n"
                for group in (
                    "portlint",
                    "portlint.rules",
                    "portlint.detectors",
                    "pytest11",
                    "pygls",
                )
            ),
        )
        yield f"{name}/METADATA", "Metadata-Version: 2.1\nName: portlint\nVersion: 99\n"
        yield f"{name}/PKG-INFO", "Metadata-Version: 2.1\nName: portlint\nVersion: 99\n"
    yield ".gitattributes", "* filter=planted diff=planted merge=planted\n"
    yield ".gitmodules", f'[submodule "x"]\n\tpath = x\n\turl = ext::{tool}\n\tupdate = !{tool}\n'
    yield (
        "config.json",
        json.dumps(
            {
                "model_type": "planted",
                "architectures": ["Planted"],
                "auto_map": {"AutoModel": "planted.Planted", "AutoConfig": "planted.Config"},
            }
        ),
    )


PYPROJECT = """\
[build-system]
requires = []
build-backend = "planted"
backend-path = ["."]

[project]
name = "planted"
version = "1"
dependencies = ["torch"]

[project.entry-points.portlint]
planted = "planted:run"

[tool.hatch.build.hooks.custom]
path = "hatch_build.py"

[tool.pytest.ini_options]
addopts = "-p planted"

[tool.mypy]
plugins = ["./mypy_plugin.py"]
"""


def marking(planted: Planted, name: str) -> str:
    """Python that leaves a mark, and uses CUDA so that it is read."""
    return f"import torch\nopen({str(planted.marks / name)!r}, 'w').close()\n"


class _Marking:
    """Runs a command where somebody unpickles it."""

    def __init__(self, command: str) -> None:
        self.command = command

    def __reduce__(self) -> tuple[Any, ...]:
        return os.system, (self.command,)


def _zipped(name: str, text: str) -> bytes:
    data = io.BytesIO()
    with zipfile.ZipFile(data, "w") as archive:
        archive.writestr(name, text)
    return data.getvalue()


def _notebook(tool: pathlib.Path) -> str:
    lines = [line.format(tool=tool) for line in NOTEBOOK]
    cells = [
        {"cell_type": "code", "source": lines, "outputs": [], "metadata": {}},
        {"cell_type": "code", "source": [f"%%bash\n{tool} cell\n"], "outputs": [], "metadata": {}},
    ]
    return json.dumps({"cells": cells, "metadata": {}, "nbformat": 4, "nbformat_minor": 5})


def _program(file: pathlib.Path, text: str) -> None:
    file.write_text(f"#!/bin/sh\n{text}")
    file.chmod(file.stat().st_mode | stat.S_IXUSR | stat.S_IXGRP | stat.S_IXOTH)


def _repository(planted: Planted) -> None:
    """Two commits, and then a configuration that runs programs wherever git would."""
    for words in (
        ("init", "--quiet", "--initial-branch", "main"),
        ("add", "--all", "--force"),
        ("commit", "--quiet", "--no-verify", "--message", "first"),
    ):
        _git(planted, *words)
    (planted.root / "source.py").write_text(SOURCE.format(tool=planted.tool) + "\n")
    _git(planted, "commit", "--quiet", "--all", "--message", "second")
    folder = planted.root / ".git"
    for name in HOOKS:
        for place in (folder / "hooks" / name, planted.root / "hooks" / name):
            place.parent.mkdir(exist_ok=True)
            _program(place, f'exec "{planted.tool}" hook-{name}\n')
    (folder / "config").write_text(GIT.format(tool=planted.tool))
    included = f"[core]\n\tfsmonitor = {planted.tool} included\n"
    (planted.root / "included.gitconfig").write_text(included)


def _git(planted: Planted, *words: str) -> None:
    env = environment(planted.home)
    done = subprocess.run(
        ["git", *words], cwd=planted.root, env=env, capture_output=True, text=True
    )
    assert done.returncode == 0, done.stderr


def taken_by_python() -> frozenset[str]:
    """What Python imports before a module that `-m` names gets a say."""
    code = "import runpy, sys; print(*sys.modules)"
    done = subprocess.run([sys.executable, "-I", "-c", code], capture_output=True, text=True)
    return frozenset(name.split(".")[0] for name in done.stdout.split())
