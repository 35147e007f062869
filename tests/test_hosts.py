"""An operator that the audited C++ sources implement for the host is no break."""

import pathlib

from portlint.infra.hosted import hosted
from tests.marks import run

SOURCE = """
#include <torch/library.h>
TORCH_LIBRARY_EXPAND(TORCH_EXTENSION_NAME, ops) {
  ops.def("norm(Tensor! out, Tensor x) -> ()");
  ops.impl("norm", torch::kCPU, &norm);
}
TORCH_LIBRARY_IMPL(lib, CPU, m) {
  m.impl("lib::scale", &scale);
}
TORCH_LIBRARY_IMPL(lib, Meta, m) {
  m.impl("shape", &shape);
}
"""


def test_operators_for_the_host() -> None:
    assert list(hosted(SOURCE)) == ["norm", "scale"]
    assert list(hosted(SOURCE + "TORCH_LIBRARY_IMPL(lib, CUDA, m) {}")) == []
    assert list(hosted("ops.impl(name, torch::kCPU, &f);")) == []


def test_calls_of_them_are_guarded(tmp_path: pathlib.Path) -> None:
    code = "import torch\n\ntorch.ops._C.norm(out, x)\ntorch.ops._C.attend(x)\n"
    for name, text in {"csrc/cpu.cpp": SOURCE, "net/ops.py": code}.items():
        (tmp_path / "repo" / name).parent.mkdir(parents=True)
        (tmp_path / "repo" / name).write_text(text)
    found = [(f.line, f.context) for f in run(tmp_path / "repo").findings if f.rule == "NEU231"]
    assert found == [(3, "guarded"), (4, "live")]
