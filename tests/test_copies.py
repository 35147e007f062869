"""A file that stands in a repository twice is reported once; so is a generated one."""

import pathlib

from portlint.context import path_context
from portlint.report import Report
from tests.marks import run

KERNEL = "import torch\n\nside = torch.cuda.Stream()\n" + "# a longer file\n" * 80
FORWARD = """
import torch
from torch import nn


class Net(nn.Module):
    def forward(self, x):
        return x.to("cuda")
"""


def check(folder: pathlib.Path, files: dict[str, str]) -> Report:
    root = folder / "repo"
    for name, text in files.items():
        path = root / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text, encoding="utf-8")
    return run(root)


def places(report: Report) -> list[tuple[str, int, list[tuple[str, int]]]]:
    return [(f.path, f.line, [(r.path, r.line) for r in f.related]) for f in report.findings]


def test_the_same_file_again_is_a_related_place(tmp_path: pathlib.Path) -> None:
    report = check(tmp_path, {"lib/deep/side.py": KERNEL, "side.py": KERNEL, "b.py": KERNEL})
    assert places(report) == [("b.py", 3, []), ("side.py", 3, [("lib/deep/side.py", 3)])]


def test_a_copy_for_tests_does_not_stand_for_the_program(tmp_path: pathlib.Path) -> None:
    report = check(tmp_path, {"tests/side.py": KERNEL, "a/b/side.py": KERNEL})
    assert [(f.path, f.context) for f in report.findings] == [
        ("a/b/side.py", "live"),
        ("tests/side.py", "test"),
    ]


def test_what_a_file_is_generated_from_is_a_related_place(tmp_path: pathlib.Path) -> None:
    files = {
        "models/net/modeling_net.py": "# generated\n" + FORWARD,
        "models/net/modular_net.py": FORWARD,
        "models/net/modular_other.py": FORWARD + "\n",
    }
    assert places(check(tmp_path, files)) == [
        ("models/net/modeling_net.py", 9, [("models/net/modular_net.py", 8)]),
        ("models/net/modular_other.py", 8, []),
    ]


def test_an_ignored_original_leaves_the_copy(tmp_path: pathlib.Path) -> None:
    modeling = FORWARD.replace('("cuda")', '("cuda")  # portlint: ignore[NEU101]')
    files = {"m/modeling_net.py": modeling, "m/modular_net.py": FORWARD}
    assert places(check(tmp_path, files)) == [("m/modular_net.py", 8, [])]


def test_pipelines_that_test_and_lists_for_tests_are_tests() -> None:
    lists = ("requirements/test_gpu.txt", "dev-requirements.txt")
    files = (".buildkite/run.sh", ".github/workflows/smoke-test.yml", "docker/Dockerfile.ci")
    for path in (*files, "docker-compose.test.yml", "csrc/test_quant.cu", *lists):
        assert path_context(path) == "test", path
    for path in (".github/workflows/ci.yml", "requirements/latest.txt", "requirements.txt"):
        assert path_context(path) == "live", path
