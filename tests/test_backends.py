"""One of several device backends is guarded: the code that chooses decides."""

import pathlib

from portlint.backends import backends, based, foreign
from tests.marks import run

PACKAGE = ["accelerators/__init__.py", "accelerators/cpu.py", "accelerators/cuda.py"]


def test_a_backend_stands_beside_another() -> None:
    assert backends(PACKAGE) == {
        "accelerators/cuda.py": "accelerators/cpu.py",
        "accelerators/cpu.py": "accelerators/cuda.py",
    }
    runners = ["w/__init__.py", "w/gpu_model_runner.py", "w/cpu_model_runner.py", "w/gpu_worker.py"]
    assert backends(runners)["w/gpu_model_runner.py"] == "w/cpu_model_runner.py"
    assert "w/gpu_worker.py" not in backends(runners)
    family = ["a/__init__.py", "a/nvidia.py", "a/rocm.py", "a/xla.py"]
    assert set(backends(family)) == {"a/nvidia.py", "a/rocm.py", "a/xla.py"}


def test_scripts_and_other_gpus_are_no_backends() -> None:
    assert backends(["train_gpu.py", "train_cpu.py"]) == {}
    assert backends(["a/__init__.py", "a/cuda.py", "a/rocm.py"]) == {}
    assert backends(["a/__init__.py", "a/cudagraph.py", "a/cpugraph.py"]) == {}
    assert backends(["a/__init__.py", "a/cuda.cpp", "a/cpu.cpp"]) == {}


def test_a_dockerfile_is_a_backend_beside_the_one_for_the_host() -> None:
    names = [
        "Dockerfile",
        "Dockerfile.cpu",
        "Dockerfile.rocm_base",
        "Dockerfile.efa",
        "gpu/Dockerfile",
    ]
    assert backends(names) == {
        "Dockerfile.cpu": "Dockerfile.rocm_base",
        "Dockerfile.rocm_base": "Dockerfile.cpu",
    }
    assert backends(["Dockerfile.cuda", "Dockerfile.rocm"]) == {}
    assert set(backends(["gpu.Dockerfile", "cpu.Dockerfile"])) == {
        "gpu.Dockerfile",
        "cpu.Dockerfile",
    }


def test_a_folder_for_amd_is_a_backend_beside_another_device() -> None:
    names = [
        "csrc/rocm/gemm/a.cu",
        "csrc/cpu/a.cpp",
        "csrc/b.cu",
        "m/amd/ops.py",
        "m/nvidia/ops.py",
    ]
    assert backends(names) == {"csrc/rocm/gemm/a.cu": "csrc/cpu", "m/amd/ops.py": "m/nvidia"}
    assert backends(["rocm/a.cu", "src/a.cu"]) == {}


def test_settings_beside_those_for_the_host_are_chosen_from() -> None:
    trainers = ["conf/trainer/cpu.yaml", "conf/trainer/gpu.yaml", "conf/trainer/ddp.yaml"]
    assert set(backends(trainers)) == {"conf/trainer/cpu.yaml", "conf/trainer/gpu.yaml"}


def test_files_for_other_accelerators_are_foreign() -> None:
    for path, device in {
        "requirements/npu.txt": "npu",
        "docker/docker-rocm/Dockerfile": "rocm",
        "docker/Dockerfile_ascend_a3": "ascend",
        "csrc/hip_fmha/ops.cpp": "hip",
    }.items():
        assert foreign(path) == device
    for path in (
        "docker/Dockerfile.amd64",
        "csrc/rocm.cu",
        "csrc/tpu/a.cu",
        "amd/ops.py",
        "cu.txt",
    ):
        assert foreign(path) is None


LISTS = {
    "requirements/base.txt": "torch\ndeepspeed\n",
    "requirements/extra.txt": "bitsandbytes\n",
    "requirements/train.txt": "-r base.txt\nbitsandbytes\n",
    "envs/requirements/serve.txt": "bitsandbytes\n",
    "envs/requirements/gptq.txt": "gptqmodel\n",
    "envs/requirements-deepspeed.txt": "deepspeed\n",
}


def test_a_list_beside_the_base_list_that_includes_none_is_an_addition(
    tmp_path: pathlib.Path,
) -> None:
    assert based(LISTS) == {"requirements"}
    for name, text in LISTS.items():
        (tmp_path / name).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / name).write_text(text)
    found = [(f.path, f.rule, f.context) for f in run(tmp_path).findings]
    assert found == [
        ("envs/requirements-deepspeed.txt", "NEU723", "guarded"),
        ("envs/requirements/gptq.txt", "NEU804", "guarded"),
        ("envs/requirements/serve.txt", "NEU804", "live"),
        ("requirements/base.txt", "NEU723", "live"),
        ("requirements/extra.txt", "NEU804", "guarded"),
        ("requirements/train.txt", "NEU804", "live"),
    ]


def test_a_library_does_not_report_its_own_settings(tmp_path: pathlib.Path) -> None:
    text = '{"zero_optimization": {"stage": 1}, "train_batch_size": 8}'
    for name in ("repo/deepspeed/__init__.py", "other/deepspeed/README"):
        (tmp_path / name).parent.mkdir(parents=True)
        (tmp_path / name).write_text("")
    for folder in ("repo", "other"):
        (tmp_path / folder / "deepspeed" / "ds_zero1.json").write_text(text)
    assert [f.path for f in run(tmp_path).findings] == ["other/deepspeed/ds_zero1.json"]


KERNEL = "__global__ void run(float *x) { x[0] = 1; }\n"
PORTABLE = "#ifdef USE_ROCM\n#include <hip/hip_runtime.h>\n#else\n#include <cuda.h>\n#endif\n"


def test_sources_for_amd_beside_those_for_cuda_are_another_devices(tmp_path: pathlib.Path) -> None:
    texts = {
        "a/run.cu": KERNEL,
        "a/run_amd.cu": f"#include <hip/hip_runtime.h>\n{KERNEL}",
        "a/tuned.cu": KERNEL.replace("= 1", "= __builtin_amdgcn_rcpf(x[1])"),
        "a/both.cu": f"{PORTABLE}{KERNEL}",
    }
    for name, text in texts.items():
        (tmp_path / name).parent.mkdir(exist_ok=True)
        (tmp_path / name).write_text(text)
    found = {f.path: (f.context, f.message.partition(" [")[0]) for f in run(tmp_path).findings}
    assert found == {
        "a/run.cu": ("live", "CUDA source: 1 kernel, 1 line"),
        "a/run_amd.cu": ("guarded", "HIP source: 1 kernel, 2 lines"),
        "a/tuned.cu": ("guarded", "HIP source: 1 kernel, 1 line"),
        "a/both.cu": ("live", "CUDA source: 1 kernel, 6 lines"),
    }
    (tmp_path / "a/run.cu").unlink()
    (tmp_path / "a/both.cu").unlink()
    assert {f.context for f in run(tmp_path).findings} == {"live"}
