"""Files made to be too much: deep, long, repeated, empty for a gigabyte. Each is read or named, in
time and memory that a linter may take.
"""

import json
import os
import pathlib
import resource
import socket
import subprocess
import sys
import tarfile
import zipfile

import pytest

from portlint.discover import discover
from tests.invoke import portlint
from tests.stub import write

COMMAND = [sys.executable, "-P", "-c", "from portlint.cli import main; main()"]
GOOD = "import torch\nx = torch.cuda.Stream()\n"
CPU = 60
"""Seconds of CPU: far more than any of these takes, far less than a square of its size."""
MEMORY = 1 << 30
DEEP = 100_000
WIDE = 1_000_000


def limited() -> None:
    """Hold the process to these limits; crossing one is an error, not a slow machine."""
    resource.setrlimit(resource.RLIMIT_CPU, (CPU, CPU))
    resource.setrlimit(resource.RLIMIT_AS, (MEMORY, MEMORY))


def checked(root: pathlib.Path, *flags: str) -> tuple[set[str], dict[str, str]]:
    """The files with findings, and the reasons of those that were not analysed."""
    done = subprocess.run(
        [*COMMAND, "check", ".", "--format", "json", "--jobs", "1", *flags],
        cwd=root,
        capture_output=True,
        text=True,
        preexec_fn=limited,
    )
    assert done.returncode in (0, 1), (done.returncode, done.stderr[-2000:])
    report = json.loads(done.stdout)
    reasons = {item["path"]: item["reason"] for item in report["not_analysed"]}
    assert not any("internal error" in reason for reason in reasons.values()), reasons
    return {finding["path"] for finding in report["findings"]}, reasons


@pytest.fixture
def root(tmp_path: pathlib.Path) -> pathlib.Path:
    return write(tmp_path / "repo", {"good.py": GOOD, "portlint.toml": ""})


def levels(count: int) -> str:
    """Anchors that name ten of the one before: a text of that many levels would be ten times so."""
    rows = ["a0: &a0 [x, x, x, x, x, x, x, x, x, x]"]
    rows += [f"a{n}: &a{n} [{', '.join([f'*a{n - 1}'] * 10)}]" for n in range(1, count)]
    return "\n".join(rows) + "\n"


MATCH = "import torch\nmatch torch.cuda.Stream():\n    case "
DEEPEST = {
    "deep.py": GOOD + "y = " + "[" * DEEP + "]" * DEEP + "\n",
    "unary.py": GOOD + "y = " + "-" * DEEP + "1\n",
    "chain.py": GOOD + "y = x" + ".f()" * DEEP + "\n",
    "blocks.py": GOOD + "".join(" " * n + "if x:\n" for n in range(1000)) + " " * 1000 + "y\n",
    "patterns.py": MATCH + "[" * 50 + "1" + "]" * 50 + ": y\n",
    "mappings.py": MATCH + "{1: " * 50 + "y" + "}" * 50 + ": y\n",
    "deleted.py": GOOD + "if torch.cuda.Stream(): del " + "(" * 50 + "x" + ",)" * 50 + "\n",
    "wrong.py": GOOD + "del " + "(" * 50 + "torch < 1 < 2" + ") < 1 < 2" * 50 + "\n",
    "braces.yaml": "a: " + "{a: " * DEEP + "}" * DEEP + "\n",
    "lists.yaml": "a: " + "[" * DEEP + "]" * DEEP + "\n",
    "indented.yaml": "".join(" " * n + "a:\n" for n in range(3000)),
    "dashes.yaml": "- " * DEEP + "a\n",
    "aliases.yaml": levels(60),
    "merges.yaml": "a: &a {b: 1}\n" + "".join(
        f"a{n}: &a{n}\n  <<: [*a{max(n - 1, 0) or ''}, *a]\n" for n in range(1, 2000)
    ).replace("*a,", "*a,"),
    "ds_config.json": '{"device": ' * 50_000 + "1" + "}" * 50_000,
    "config.json": '{"model_type": ' + "[" * DEEP + "]" * DEEP + "}",
    "deep.ipynb": '{"cells": ' + "[" * DEEP + "]" * DEEP + "}",
    "deep/pyproject.toml": "a = " + "[" * DEEP + "]" * DEEP + "\n",
    "dotted/pyproject.toml": "a" + ".a" * 20_000 + " = 1\n",
    "kernel.cu": "__global__ void f() " + "{" * DEEP + "}" * DEEP + "\n",
    "nested.cpp": "#if A\n" * DEEP + "TORCH_LIBRARY(a, m) {}\n" + "#endif\n" * DEEP,
    "comments.cu": "/*" * DEEP + "__global__\n",
    "requirements.txt": "-r requirements.txt\n" * 20_000 + "torch==2.1\n",
    "a-requirements.txt": "-r b-requirements.txt\n",
    "b-requirements.txt": "-r a-requirements.txt\n-c a-requirements.txt\n",
    "Dockerfile": "FROM a AS a\nRUN " + "x \\\n" * DEEP,
    "Dockerfile.comments": "FROM a\nRUN x \\\n" + "# y\n" * DEEP,
    "Dockerfile.documents": "FROM a\nRUN " + "<<A " * 20_000 + "\n" + "x\n" * 20_000,
    "Dockerfile.variables": "FROM a\n"
    + "".join(f"ENV A{n}=$A{n - 1}$A{n - 1}\n" for n in range(1, 3000)),
    "run.sh": "$(" * DEEP + ")" * DEEP + "\n",
    "if.sh": "if x; then\n" * 20_000 + "fi\n" * 20_000,
    "document.sh": "cat <<A\n" * 20_000,
    "main.tf": "a {\n" * DEEP + "}\n" * DEEP,
    "setup.cfg": "[options]\ninstall_requires =\n" + "  torch\n" * 50_000,
    "setup.py": "from setuptools import *\na = a + a\nb = [b, b]\nsetup(install_requires=a + b)\n",
    "config.pbtxt": "a {" * DEEP,
}  # fmt: skip
"""Nested, or naming itself, without end."""

LONG = {
    "long.py": GOOD + "y = [" + "1, " * (WIDE // 3) + "]\n",
    "name.py": GOOD + "a" * WIDE + " = 1\n",
    "string.py": GOOD + "s = '" + "x" * WIDE + "'\n",
    "comment.py": GOOD + "# " + "portlint: ignore[" * (WIDE // 20) + "\n",
    "spaces.py": GOOD + "y = 1" + " " * WIDE + "\n",
    "cuda.py": GOOD + "s = '" + "cuda " * (WIDE // 5) + "'\n",
    "long.yaml": "image: " + "a/" * (WIDE // 2) + "\n",
    "spaces.yaml": "run: x" + " " * WIDE + "y\n",
    "template.yaml": "a: {{ " * (WIDE // 6) + "\n",
    "jobs.yaml": "run: |\n  " + "pip install torch " * (WIDE // 20) + "\n",
    "long.ipynb": json.dumps(
        {"cells": [{"cell_type": "code", "source": "!" + "a=" * (WIDE // 2)}]}
    ),
    "magic.ipynb": json.dumps(
        {"cells": [{"cell_type": "code", "source": "a," * (WIDE // 2) + "?"}]}
    ),
    "kernel.cu": "__global__ void f(" + "int a, " * (WIDE // 7) + ") {}\n",
    "spaces.cpp": "TORCH_LIBRARY" + " " * WIDE + "(a, m) {}\n" + "#include <cuda.h>\n",
    "dots.cpp": "TORCH_LIBRARY(a, m) { m." + "a." * (WIDE // 2) + "}\n",
    "lines.cpp": "#include <torch/x.h>\n" + "#" + " " * WIDE + "\n" + "PYBIND11_MODULE(\n",
    "string.cu": '__global__ "' + "\\x" * (WIDE // 2) + "\n",
    "requirements.txt": "torch" + " " * WIDE + "==2.1\n" + "-" * WIDE + "\n" + "a" * WIDE + "\n",
    "hash-requirements.txt": "torch==2.1 " + "--hash=sha256:0 " * (WIDE // 16) + "\n",
    "urls-requirements.txt": "git+https://" + "a/" * (WIDE // 2) + "\n" + "x@" * (WIDE // 2) + "\n",
    "Dockerfile": "FROM " + "--platform=x " * (WIDE // 13) + "a\nENV " + 'A="' * (WIDE // 3) + "\n",
    "Dockerfile.spaces": "FROM a" + " " * WIDE + "AS b\nRUN " + "\\ " * (WIDE // 2) + "\n",
    "quotes.sh": "x " + "'\"" * (WIDE // 2) + "\n" + "A=" * (WIDE // 2) + "\n",
    "dollars.sh": "x " + "${A" * (WIDE // 3) + "\n" + "docker run " + "-e A " * (WIDE // 5) + "\n",
    "redirects.sh": "x " + "<<" * (WIDE // 2) + "\n" + "&& " * (WIDE // 3) + "\n",
    "main.tf": 'a = "' + "x" * WIDE + '"\n' + "a" * WIDE + ' = "b"\n',
    "setup.cfg": "[options]\n" + "a" * WIDE + "=b\n" + "a " * (WIDE // 2) + "\n",
    "tool/pyproject.toml": "[project]\ndependencies = ['torch" + " " * WIDE + "']\n",
    "keys/pyproject.toml": "[a]\n" + "a" * WIDE + " = '" + "x" * WIDE + "'\n",
    "config.json": '{"model_type": "' + "x" * WIDE + '"}' + " " * WIDE,
    "a_config.json": " " * WIDE + "//\n" + '"device" ' + " " * WIDE + "\n",
    "config.pbtxt": "kind " + " " * WIDE + ": x\n",
}
"""Lines of a million characters."""


EVERYDAY = ("deep.py", "aliases.yaml", "deep.ipynb", "dotted/pyproject.toml", "kernel.cu")
"""What takes no time; the others make the slow half of the tests."""


def cases(files: dict[str, str]) -> list[object]:
    slow = [pytest.mark.slow]
    return [pytest.param(n, marks=[] if n in EVERYDAY else slow) for n in files]


@pytest.mark.parametrize("name", cases(DEEPEST))
def test_what_nests_or_repeats_without_end(name: str, root: pathlib.Path) -> None:
    write(root, {name: DEEPEST[name]})
    found, reasons = checked(root)
    assert "good.py" in found and set(reasons) <= {name}


@pytest.mark.parametrize("name", cases(LONG))
def test_a_line_of_a_million_characters(name: str, root: pathlib.Path) -> None:
    write(root, {name: LONG[name]})
    found, reasons = checked(root)
    assert "good.py" in found and set(reasons) <= {name}


KINDS = (
    *("a.py", "a.ipynb", "a.yaml", "config.json", "config.pbtxt", "run.sh", "main.tf", "k.cu"),
    *("k.cpp", "requirements.txt", "sub/pyproject.toml", "setup.cfg", "Dockerfile", "setup.py"),
    *("m.safetensors", "m.gguf"),
)


def test_a_gigabyte_of_nothing_is_not_read(root: pathlib.Path) -> None:
    for name in KINDS:
        write(root, {name: ""})
        with (root / name).open("wb") as file:
            file.truncate(1 << 30)
    found, reasons = checked(root)
    assert found == {"good.py"} and set(reasons) == set(KINDS)


@pytest.mark.parametrize("name", ["pyproject.toml", "portlint.toml", ".gitignore"])
def test_a_gigabyte_of_configuration_is_not_read(name: str, tmp_path: pathlib.Path) -> None:
    root = write(tmp_path / "repo", {"good.py": GOOD})
    with (root / name).open("wb") as file:
        file.truncate(1 << 30)
    done = subprocess.run(
        [*COMMAND, "check", ".", "--jobs", "1"],
        cwd=root,
        capture_output=True,
        text=True,
        preexec_fn=limited,
    )
    assert "Traceback" not in done.stderr
    assert done.returncode == (2 if name == "portlint.toml" else 1)
    assert ("generated data" in done.stderr) == (name == "portlint.toml")


def test_a_configuration_that_nests_without_end_is_named(tmp_path: pathlib.Path) -> None:
    root = write(tmp_path / "repo", {"good.py": GOOD, "pyproject.toml": "a = " + "[" * DEEP})
    _, reasons = checked(root)
    assert "nested too deeply" in reasons["pyproject.toml"]


def test_what_is_no_text_is_named_whatever_it_is_called(root: pathlib.Path) -> None:
    with zipfile.ZipFile(root / "zip.py", "w") as archive:
        archive.writestr("__main__.py", GOOD * 1000)
    with tarfile.open(root / "tar.py", "w:gz") as packed:
        packed.add(root / "good.py")
    for name in ("binary.yaml", "binary.sh", "Dockerfile", "k.cu", "requirements.txt", "a.ipynb"):
        (root / name).write_bytes(bytes(range(256)) * 100)
    found, reasons = checked(root)
    assert found == {"good.py"}
    assert {"zip.py", "tar.py", "binary.yaml", "k.cu", "a.ipynb"} <= set(reasons)


def test_sockets_and_devices_are_named(root: pathlib.Path) -> None:
    with socket.socket(socket.AF_UNIX) as open_:
        open_.bind(str(root / "socket.py"))
        (root / "zero.py").symlink_to("/dev/zero")
        (root / "tty.yaml").symlink_to("/dev/stdin")
        (root / "all").symlink_to("/")
        found, reasons = checked(root)
    assert found == {"good.py"}
    assert reasons["socket.py"] == "is not a regular file"
    assert {"socket.py", "zero.py"} <= set(reasons)


@pytest.mark.parametrize("change", ["gone", "pipe", "folder", "link", "longer"])
def test_a_file_that_changes_after_it_was_listed(
    change: str, root: pathlib.Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    write(root, {"odd.py": GOOD})
    odd = root / "odd.py"

    def listed(*given: object) -> object:
        listing = discover(*given)  # type: ignore[arg-type]
        if change != "longer":
            odd.unlink()
        match change:
            case "pipe":
                os.mkfifo(odd)
            case "folder":
                odd.mkdir()
            case "link":
                odd.symlink_to("/dev/zero")
            case "longer":
                os.truncate(odd, 1 << 30)
        return listing

    monkeypatch.setattr("portlint.engine.discover", listed)
    report = portlint("check", ".", "--format", "json", "--jobs", "1", cwd=root).json
    assert {finding["path"] for finding in report["findings"]} == {"good.py"}
    assert [item["path"] for item in report["not_analysed"]] == ["odd.py"]


@pytest.mark.slow
def test_a_hundred_thousand_files_take_ten_times_what_ten_thousand_do(
    tmp_path: pathlib.Path,
) -> None:
    spent = {count: _spent(tmp_path / str(count), count) for count in (10_000, 100_000)}
    assert spent[100_000] < 15 * spent[10_000]


def _spent(root: pathlib.Path, count: int) -> float:
    """Seconds of CPU for a folder of so many files, half of them of a kind that is read."""
    write(root, {"portlint.toml": "", "good.py": GOOD})
    for number in range(count):
        (root / f"f{number}.{'py' if number % 2 else 'bin'}").touch()
    before = resource.getrusage(resource.RUSAGE_CHILDREN)
    done = subprocess.run(
        [*COMMAND, "check", ".", "--jobs", "1", "--format", "json"],
        cwd=root,
        stdout=subprocess.DEVNULL,
        preexec_fn=lambda: resource.setrlimit(resource.RLIMIT_AS, (MEMORY, MEMORY)),
    )
    after = resource.getrusage(resource.RUSAGE_CHILDREN)
    assert done.returncode == 1
    return after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime
