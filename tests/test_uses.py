"""What is imported from a CUDA library: one finding at the import, uses as related places."""

import pathlib

from portlint.report import Report
from tests.marks import run

ATTENTION = """
import xformers.ops as xops
from flash_attn import flash_attn_func
from flash_attn.bert_padding import pad_input


def attend(q, k, v):
    return flash_attn_func(q, k, v) + xops.memory_efficient_attention(q, k, v)


def again(q):
    return pad_input(flash_attn_func(q, q, q))
"""


def check(folder: pathlib.Path, files: dict[str, str]) -> Report:
    for name, text in files.items():
        path = folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text, encoding="utf-8")
    return run(folder, select=("NEU2", "NEU3", "NEU8"))


def test_uses_stand_beside_the_import_that_brought_them(tmp_path: pathlib.Path) -> None:
    report = check(tmp_path, {"attention.py": ATTENTION})
    uses = {f.line: [(r.line, r.message) for r in f.related] for f in report.findings}
    assert uses == {
        2: [(8, "uses `xops.memory_efficient_attention`")],
        3: [(8, "uses `flash_attn_func`"), (12, "uses `flash_attn_func`")],
        4: [(12, "uses `pad_input`")],
    }


def test_a_name_that_a_module_passes_on_is_reported_where_it_is_imported(
    tmp_path: pathlib.Path,
) -> None:
    report = check(
        tmp_path,
        {
            "lib/__init__.py": "from .compat import flash_attn_func\n",
            "lib/compat.py": "from flash_attn import flash_attn_func\n",
            "train.py": "from lib import flash_attn_func\n\nout = flash_attn_func(1, 2, 3)\n",
        },
    )
    (finding,) = report.findings
    assert (finding.path, finding.line) == ("lib/compat.py", 1)
    assert [(r.path, r.line) for r in finding.related] == [("lib/__init__.py", 1), ("train.py", 1)]


def test_a_guarded_import_stays_guarded_for_who_takes_its_name(tmp_path: pathlib.Path) -> None:
    text = "try:\n    import flash_attn\nexcept ImportError:\n    flash_attn = None\n"
    report = check(
        tmp_path, {"compat.py": text, "train.py": "from compat import flash_attn\n\nprint(1)\n"}
    )
    assert [(f.path, f.context) for f in report.findings] == [("compat.py", "guarded")]
    assert [(r.path, r.line) for r in report.findings[0].related] == [("train.py", 1)]


def test_an_import_that_a_better_finding_stands_for_is_no_place_of_its_own(
    tmp_path: pathlib.Path,
) -> None:
    text = "import cutlass\nfrom cutlass import cute\n\n@cute.kernel\ndef copy():\n    pass\n"
    report = check(tmp_path, {"kernels.py": text, "train.py": "from kernels import cute\n"})
    assert [(f.path, f.line) for f in report.findings] == [("kernels.py", 4)]
