"""One of several device backends is guarded: the code that chooses decides."""

from portlint.backends import backends

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
