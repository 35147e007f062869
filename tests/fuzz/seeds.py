"""Real files by kind: the samples, the data of the tests, the examples of the rules."""

import functools
import json
import os
import pathlib
from collections.abc import Iterable, Iterator
from typing import Any

from portlint.catalog import rules_folder, shipped
from portlint.discover import kind_of
from tests.fuzz.inputs import Part, joined
from tests.fuzz.texts import LARGEST

ROOT = pathlib.Path(__file__).parents[2]
FOLDERS = ("sample_models", "tests/data", "tests/zoo", "tests/fieldbench/cases")
MORE = "PORTLINT_CORPUS"
"""A folder of more files; of those that are not small only the beginnings are taken."""
Files = dict[str, list[Part]]
FEW = {
    "main.tf": """\
variable "kind" { default = "p4d.24xlarge" }
resource "aws_instance" "a" {
  instance_type = var.kind # a comment
  user_data = <<-EOF
    docker run --gpus all nvidia/cuda:12.1
  EOF
  tags = { Name = "x${var.kind}" }
}
""",
    "config.pbtxt": """\
name: "m"
backend: "tensorrt"
instance_group [ { kind: KIND_GPU, count: 1, gpus: [0] } ]
parameters: { key: "x" value: { string_value: "cuda" } }
""",
    "setup.cfg": """\
[metadata]
name = x
[options]
install_requires =
    torch==2.1
    flash-attn>=2; python_version < "3.12"
[options.extras_require]
gpu = bitsandbytes
""",
}
"""Kinds of which the examples of the rules have few."""


@functools.cache
def files() -> Files:
    """Every file, by its kind."""
    found: Files = {}
    for name, data in (*_examples(), *_folders(), *((n, t.encode()) for n, t in FEW.items())):
        found.setdefault(kind_of(name) or "python", []).append(Part(name, data))
    found["notebook"] = [*found.get("notebook", []), *map(_notebook, found["python"][::7])]
    return found


def _examples() -> Iterator[tuple[str, bytes]]:
    for example in _every():
        for name, text in {example.path: example.code, **example.files}.items():
            yield name, text.encode()


def _every() -> Iterable[Any]:
    return (e for rule in shipped().rules.values() for e in (*rule.bad, *rule.good))


def _folders() -> Iterator[tuple[str, bytes]]:
    for folder in FOLDERS:
        for path in sorted((ROOT / folder).rglob("*")):
            if path.is_file() and kind_of(path.name) and path.stat().st_size < LARGEST:
                yield path.relative_to(ROOT / folder).as_posix(), path.read_bytes()
    if MORE in os.environ:
        for path in sorted(pathlib.Path(os.environ[MORE]).rglob("*")):
            if (kind := kind_of(path.name)) and kind != "weights" and path.is_file():
                yield path.name, path.read_bytes()[:LARGEST]


def _notebook(part: Part) -> Part:
    """A program as a notebook with a cell for each paragraph."""
    chunks = part.data.decode("utf-8", "replace").split("\n\n")
    cells = [
        {"cell_type": "code", "metadata": {}, "outputs": [], "source": chunk.splitlines(True)}
        for chunk in ["!pip install torch\n%matplotlib inline", *chunks, "%%bash\nnvidia-smi"]
    ]
    document = {"cells": cells, "metadata": {}, "nbformat": 4, "nbformat_minor": 5}
    return Part("a.ipynb", json.dumps(document, indent=1).encode())


def of(*kinds: str) -> list[bytes]:
    """The files of some kinds, each as an input of its own."""
    found = [joined([part]) for kind in kinds for part in files().get(kind, ())]
    return [data for data in dict.fromkeys(found) if len(data) <= LARGEST]


def setups() -> list[bytes]:
    """Programs under the name of the one that setuptools runs."""
    return [joined([Part("setup.py", p.data)]) for p in files()["python"] if b"setup" in p.data]


def trees() -> list[bytes]:
    """Examples that need several files, and programs that lie beside each other."""
    found = [
        joined([Part(e.path, e.code.encode()), *(Part(n, t.encode()) for n, t in e.files.items())])
        for e in _every()
        if e.files
    ]
    for folder in sorted((ROOT / "sample_models").iterdir()):
        if folder.is_dir():
            inner = [p for p in sorted(folder.rglob("*")) if p.is_file()]
            found.append(
                joined([Part(p.relative_to(folder).as_posix(), p.read_bytes()) for p in inner])
            )
    return [data for data in found if len(data) <= LARGEST]


def rules() -> list[bytes]:
    """The files of the rules."""
    found = sorted(rules_folder().rglob("NEU*.toml"))
    return [joined([Part(f"{p.parent.name}/{p.name}", p.read_bytes())]) for p in found]


def configurations() -> list[bytes]:
    """What a portlint.toml may say."""
    texts = (
        'chip = "trn1"\nstack = "xla"\nsdk = "2.29"\nworkload = "training"\n',
        'select = ["NEU1", "NEU9"]\nignore = ["NEU101"]\nextend-exclude = ["out/", "*.gen.py"]\n',
        '[per-file-ignores]\n"tests/*" = ["NEU1"]\n"**/a.py" = ["NEU"]\n',
        'min-confidence = "derived"\ninclude = ["test", "guarded"]\nfail-on = "slow"\n',
        'max-score = 3\nmodels = ["a.py:model"]\n',
        'knowledge = "facts"\nbaseline = "baseline.json"\ncache-dir = "x"\n',
        '[tool.portlint]\nstack = "vllm"\n[project]\ndependencies = ["torch"]\n',
    )
    names = ("portlint.toml", "pyproject.toml")
    return [joined([Part(name, text.encode())]) for text in texts for name in names]


def knowledge() -> list[bytes]:
    """Tables in the columns of a row, ten lines of each."""
    found = []
    for path in sorted((rules_folder() / "tables").glob("*.csv")):
        lines = path.read_bytes().split(b"\n")
        if lines[0].startswith(b"name,aliases,kind"):
            found += [b"\n".join([lines[0], *lines[n : n + 4], b""]) for n in (1, len(lines) // 2)]
    return found


def weights() -> list[bytes]:
    """Heads of files of weights."""
    tensor = {"dtype": "F8_E4M3", "shape": [2], "data_offsets": [0, 2]}
    head = json.dumps({"__metadata__": {"format": "pt"}, "a": tensor, "b": tensor}).encode()
    whole = len(head).to_bytes(8, "little") + head + b"\0" * 4
    return [whole, b"GGUF\x03\0\0\0", b"version https://git-lfs.github.com/spec/v1\noid sha256:0\n"]


def ignores() -> list[bytes]:
    """Patterns of git."""
    return [
        b"out/\n*.gen.py\n!keep.gen.py\n",
        b"**/a/**/b\n/x\n\\#y\n[a-z]?.py\n# z\n",
        b"!\n[\n\\\n",
    ]
