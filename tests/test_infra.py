"""Each parser on text as people write it, and what none of them may do on any text."""

import textwrap

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from portlint.discover import discover, kind_of
from portlint.errors import Unreadable
from portlint.infra.facts import Fact
from portlint.infra.literals import blanked
from portlint.infra.parsers import MODULES, read
from portlint.infra.requirement import admits, caret
from portlint.infra.templates import neutralised


def facts(kind: str, text: str, name: str = "file") -> list[Fact]:
    return list(read(kind, textwrap.dedent(text).lstrip("\n"), name))


def found(kind: str, text: str, *wanted: str, name: str = "file") -> set[tuple[str, str, str]]:
    """Kind, name and value of the facts of these kinds."""
    return {(f.kind, f.name, f.value) for f in facts(kind, text, name) if f.kind in wanted}


def spelled(kind: str, text: str, wanted: str, name: str = "file") -> list[str]:
    """The text at the places of the facts of a kind."""
    text = textwrap.dedent(text).lstrip("\n")
    lines = text.split("\n")
    return [
        lines[f.span.line - 1][f.span.column - 1 : f.span.end_column - 1]
        for f in read(kind, text, name)
        if f.kind == wanted
    ]


def test_a_requirements_file_gives_names_specifiers_and_indexes() -> None:
    text = """
    # torch==1.0
    --extra-index-url https://download.pytorch.org/whl/cu121
    -r base.txt
    Flash_Attn >= 2.5 ; python_version >= "3.9"  # kernels
    torch==2.4.1+cu121 \\
        --hash=sha256:0123
    git+https://github.com/state-spaces/mamba.git@v2.2
    -e git+https://github.com/Dao-AILab/flash-attention.git#egg=flash_attn
    https://host/whl/xformers-0.0.28-cp310-cp310-linux_x86_64.whl
    pywin32; sys_platform == "win32"
    apex @ git+https://github.com/NVIDIA/apex
    """
    assert found("requirements", text, "requirement", "index") == {
        ("index", "--extra-index-url", "https://download.pytorch.org/whl/cu121"),
        ("requirement", "flash-attn", ">=2.5"),
        ("requirement", "torch", "==2.4.1+cu121"),
        ("requirement", "mamba", "git+https://github.com/state-spaces/mamba.git@v2.2"),
        (
            "requirement",
            "flash-attn",
            "git+https://github.com/Dao-AILab/flash-attention.git#egg=flash_attn",
        ),
        (
            "requirement",
            "xformers",
            "https://host/whl/xformers-0.0.28-cp310-cp310-linux_x86_64.whl",
        ),
        ("requirement", "apex", "git+https://github.com/NVIDIA/apex"),
    }
    assert spelled("requirements", text, "requirement")[:2] == [
        'Flash_Attn >= 2.5 ; python_version >= "3.9"',
        "torch==2.4.1+cu121",
    ]


def test_a_list_may_say_that_its_bounds_are_dropped() -> None:
    text = """
    # NOTE: the upper bound is only set for CI, and it is dropped while installing this package
    torch >=2.1, <2.10
    """
    guards = {f.kind: f.guard is not None for f in facts("requirements", text)}
    assert guards == {"requirement": False, "admits": True}


@pytest.mark.parametrize(
    ("specifier", "admitted"),
    [
        (">=2.9", "2.9 2.13 2.14"),
        ("==2.4.*", ""),
        ("~=2.13.0", "2.13"),
        ("==2.14.0+cpu", "2.14"),
        ("<2.14,>2.9.5", "2.9 2.13"),
    ],
)
def test_a_pin_admits_the_releases_it_does(specifier: str, admitted: str) -> None:
    assert admits("torch", specifier) == admitted


@pytest.mark.parametrize(
    ("text", "specifier"),
    [("^2.1", ">=2.1,<3"), ("~2.6.0", "~=2.6.0"), ("2.1", "==2.1"), ("=12.1", "==12.1.*")],
)
def test_versions_of_poetry_and_conda_are_understood(text: str, specifier: str) -> None:
    assert caret(text) == specifier


def test_pyproject_gives_dependencies_of_every_tool() -> None:
    text = """
    [build-system]
    requires = ["setuptools", "torch==2.4"]
    [project]
    requires-python = ">=3.10"
    dependencies = ["xformers>=0.0.20", "torch"]
    optional-dependencies.gpu = ["flash-attn"]
    [dependency-groups]
    dev = ["deepspeed", {include-group = "docs"}]
    [tool.poetry.dependencies]
    apex = {version = "^0.1", optional = true}
    bitsandbytes = "*"
    [[tool.poetry.source]]
    url = "https://download.pytorch.org/whl/cu118"
    """
    got = {f.name: f for f in facts("pyproject", text) if f.kind == "requirement"}
    assert list(got) == [
        *("setuptools", "torch", "xformers", "flash-attn", "deepspeed", "apex", "bitsandbytes")
    ]
    assert got["xformers"].guard is None
    assert got["flash-attn"].guard == "optional: the extra `gpu`"
    assert got["deepspeed"].guard == "optional: the group `dev`"
    assert got["apex"].guard == "optional: an extra"
    assert got["bitsandbytes"].span == (11, 1, 11, 13)
    assert found("pyproject", text, "index") == {
        ("index", "index", "https://download.pytorch.org/whl/cu118")
    }
    assert spelled("pyproject", text, "requirement")[2] == "xformers>=0.0.20"


def test_a_pipfile_is_read_like_a_pyproject() -> None:
    text = '[[source]]\nurl = "https://host/cu121"\n[packages]\ntorch = "==2.1"\n'
    assert kind_of("Pipfile") == "pyproject"
    assert found("pyproject", text, "requirement", "index", name="Pipfile") == {
        ("requirement", "torch", "==2.1"),
        ("index", "index", "https://host/cu121"),
    }


def test_setup_cfg_gives_requirements_at_their_lines() -> None:
    text = """
    [options]
    python_requires = >=3.8
    install_requires =
        torch>=1.13
        # apex
        flash-attn
    [options.extras_require]
    all = deepspeed
    [flake8]
    ignore = E501
    """
    assert spelled("setupcfg", text, "requirement") == ["torch>=1.13", "flash-attn", "deepspeed"]


def test_setup_py_is_read_and_not_run() -> None:
    text = """
    import sys
    sys.exit("this is not run")
    requirements = ["torch==2.4.1"]
    requirements += ["flash-attn"]
    extras = {}
    extras["gpu"] = ["cupy-cuda12x"]
    é = setup(install_requires=requirements + ["einops"], extras_require=extras)
    """
    got = {f.name: f.guard for f in facts("setuppy", text) if f.kind == "requirement"}
    assert got == {
        "torch": None,
        "flash-attn": None,
        "einops": None,
        "cupy-cuda12x": "optional: the extra `gpu`",
    }
    assert spelled("setuppy", text, "requirement")[2] == '"einops"'


def test_a_conda_environment_gives_packages_channels_and_pip() -> None:
    text = """
    name: train
    channels: [pytorch, nvidia]
    dependencies:
      - python=3.10
      - pytorch::pytorch=2.1.0=py3.10_cuda12.1
      - pytorch-cuda=12.1
      - pip:
        - --extra-index-url https://host/cu121
        - flash-attn==2.5
    """
    assert found("yaml", text, "requirement", "index", "admits") == {
        ("index", "channel", "pytorch"),
        ("index", "channel", "nvidia"),
        ("index", "--extra-index-url", "https://host/cu121"),
        ("requirement", "python", "==3.10.*"),
        ("admits", "python", "3.10"),
        ("requirement", "torch", "==2.1.0.*"),
        ("admits", "torch", "2.1"),
        ("requirement", "pytorch-cuda", "==12.1.*"),
        ("requirement", "flash-attn", "==2.5"),
    }


def test_a_dockerfile_gives_images_variables_and_what_run_does() -> None:
    text = """
    # syntax=docker/dockerfile:1
    ARG CUDA=12.4.1
    ARG BASE=nvidia/cuda:${CUDA}-devel-ubuntu22.04
    FROM --platform=linux/amd64 ${BASE} AS build
    ENV NVIDIA_VISIBLE_DEVICES=all PATH="/opt/bin:$PATH"
    ENV CUDA_HOME /usr/local/cuda
    RUN --mount=type=cache,target=/root/.cache apt-get update && \\
        # the toolkit
        apt-get install -y --no-install-recommends \\
          cuda-toolkit-12-4 git
    RUN <<EOF
    pip install torch==2.4 --index-url https://host/cu124
    EOF
    FROM build
    COPY --from=ghcr.io/acme/tools:1 /x /x
    COPY --from=build /y /y
    HEALTHCHECK CMD nvidia-smi
    CMD ["torchrun", "--nproc_per_node=8", "train.py"]
    """
    assert found("dockerfile", text, "image", "package", "requirement", "index") == {
        ("image", "nvidia/cuda:12.4.1-devel-ubuntu22.04", "nvidia/cuda:12.4.1-devel-ubuntu22.04"),
        ("image", "ghcr.io/acme/tools:1", "ghcr.io/acme/tools:1"),
        ("package", "apt-get", "cuda-toolkit-12-4"),
        ("package", "apt-get", "git"),
        ("requirement", "torch", "==2.4"),
        ("index", "--index-url", "https://host/cu124"),
    }
    assert ("env", "CUDA_HOME", "/usr/local/cuda") in found("dockerfile", text, "env")
    commands = {name for _, name, _ in found("dockerfile", text, "command")}
    assert {"apt-get", "pip", "nvidia-smi", "torchrun"} <= commands
    assert "cuda-toolkit-12-4" in spelled("dockerfile", text, "package")
    (image, *_) = [f for f in facts("dockerfile", text) if f.kind == "image"]
    assert image.span[:2] == (4, 29)
    assert image.related == ((3, "the default of `BASE`"),)


def test_compose_gives_devices_images_and_environment() -> None:
    text = """
    x-gpu: &gpu
      runtime: nvidia
    services:
      train:
        <<: *gpu
        image: &img nvidia/cuda:12.4.1-base
        environment:
          - NCCL_DEBUG=INFO
        command: torchrun --nproc_per_node=8 train.py
        deploy:
          resources:
            reservations:
              devices: [{driver: nvidia, capabilities: [gpu]}]
      other:
        image: *img
        environment: {CUDA_VISIBLE_DEVICES: "0"}
    """
    assert found("yaml", text, "env") == {
        ("env", "NCCL_DEBUG", "INFO"),
        ("env", "CUDA_VISIBLE_DEVICES", "0"),
    }
    assert spelled("yaml", text, "image") == ["&img nvidia/cuda:12.4.1-base", "*img"]
    key = "services.train.deploy.resources.reservations.devices.capabilities"
    assert ("key", key, "gpu") in found("yaml", text, "key")
    assert ("command", "torchrun") in {(k, n) for k, n, _ in found("yaml", text, "command")}


def test_kubernetes_gives_resources_commands_and_environment() -> None:
    text = """
    kind: Pod
    spec:
      runtimeClassName: nvidia
      containers:
        - image: vllm/vllm-openai:v0.10.0
          command: ["/bin/bash", "-c"]
          args:
            - |
              nvidia-smi
              exec vllm serve model
          env:
            - name: NCCL_DEBUG
              value: INFO
          resources:
            limits: {nvidia.com/gpu: 8, memory: 64Gi}
    """
    assert found("yaml", text, "resource", "image") == {
        ("resource", "nvidia.com/gpu", "8"),
        ("image", "vllm/vllm-openai:v0.10.0", "vllm/vllm-openai:v0.10.0"),
    }
    assert ("env", "NCCL_DEBUG", "INFO") in found("yaml", text, "env")
    places = {f.name: f.span[:2] for f in facts("yaml", text) if f.kind == "command"}
    assert places == {"nvidia-smi": (9, 11), "exec": (10, 11), "vllm": (10, 16)}


def test_helm_templates_are_read_around_their_directives() -> None:
    text = """
    {{- /* a comment
       of two lines */}}
    {{- if .Values.gpu }}
    kind: Job
    metadata:
      name: {{ include "app.name" . }}
    spec:
      image: "{{ .Values.image }}:{{ .Values.tag }}"
      resources:
        limits:
          nvidia.com/gpu: {{ .Values.count }}
    {{- end }}
    """
    (resource,) = [f for f in facts("yaml", text) if f.kind == "resource"]
    assert resource.span == (11, 7, 11, 21)
    assert len(neutralised(text)) == len(text)


def test_workflows_give_runners_images_and_scripts() -> None:
    text = """
    jobs:
      test:
        runs-on: [self-hosted, gpu]
        container: nvidia/cuda:12.4.1-base
        steps:
          - run: |
              pip install torch==2.4
              nvidia-smi
          - shell: pwsh
            run: nvidia-smi
          - uses: actions/github-script@v7
            with: {script: "nvidia-smi"}
    """
    assert found("yaml", text, "label") == {
        ("label", "runs-on", "self-hosted"),
        ("label", "runs-on", "gpu"),
    }
    assert spelled("yaml", text, "command") == ["pip install torch==2.4", "nvidia-smi"]


def test_folded_text_is_one_command() -> None:
    text = """
    script:
      - >
        docker run --rm
        --gpus all
        trainer:latest
    """
    (option,) = [f for f in facts("yaml", text) if f.kind == "option"]
    assert (option.value, option.span) == ("--gpus all", (4, 5, 4, 15))


def test_tags_of_cloudformation_are_no_fault() -> None:
    text = "Resources:\n  A:\n    Type: !Ref B\n    InstanceType: !If [C, p4d.24xlarge, m5.large]\n"
    assert found("yaml", text, "instance") == {("instance", "p4d.24xlarge", "p4d.24xlarge")}


def test_shell_gives_commands_options_and_variables_with_their_guards() -> None:
    text = """
    #!/bin/bash
    #SBATCH --gres=gpu:8  # a node
    export CUDA_VISIBLE_DEVICES=0,1 NCCL_DEBUG=INFO
    IMG=nvidia/cuda:12.4.1-base
    if command -v nvidia-smi > /dev/null; then
      N=$(nvidia-smi -L | wc -l)
    fi
    case "$DEVICE" in
      cuda|rocm) nvcc a.cu ;;
      *) true ;;
    esac
    docker run --rm --gpus all -e NCCL_IB_HCA=mlx5 -v "$PWD:/w" $IMG bash -c "ncu x"
    cat > job.sh <<'EOT'
    nsys profile python train.py
    EOT
    sbatch <<'EOT'
    #SBATCH --gpus=4
    srun torchrun train.py
    EOT
    nvidia-smi || true
    SIZES=(p4d.24xlarge p5.48xlarge)
    CUDA_LAUNCH_BLOCKING=1 python train.py --note "nvidia-smi; nvcc"
    """
    guards = {(f.kind, f.name, f.span.line): f.guard for f in facts("shell", text)}
    assert guards["command", "nvidia-smi", 6] == "behind a test for `nvidia`"
    assert guards["command", "nvcc", 9] == "behind a test for `cuda`"
    assert guards["command", "nvidia-smi", 20] == "its failure is caught by `||`"
    assert guards["option", "sbatch", 2] is None
    assert guards["option", "sbatch", 17] is None
    assert guards["option", "docker", 12] is None
    assert ("command", "torchrun", 18) in guards
    assert ("env", "CUDA_LAUNCH_BLOCKING", 22) in guards
    names = [name for kind, name, _ in guards if kind == "command"]
    assert "nsys" not in names
    assert not [1 for kind, _, _ in guards if kind == "instance"]
    got = found("shell", text, "option", "image", "env")
    assert ("option", "docker", "--gpus all") in got
    assert ("image", "nvidia/cuda:12.4.1-base", "nvidia/cuda:12.4.1-base") in got
    assert ("env", "NCCL_IB_HCA", "mlx5") in got
    assert ("env", "NCCL_DEBUG", "INFO") in got


def test_what_a_shell_condition_decides_is_an_alternative() -> None:
    text = 'if [ "$V" = min ]; then pip install torch==2.4.0; fi\npip install torch==2.5.0\n'
    pins = [(f.value, f.guard) for f in facts("shell", text) if f.kind == "requirement"]
    assert pins == [("==2.4.0", "behind a condition"), ("==2.5.0", None)]


def test_terraform_gives_instances_and_resources() -> None:
    text = """
    # instance_type = "p3.2xlarge"
    instance_types = ["p4d.24xlarge", "m5.large"]
    limits = {
      "nvidia.com/gpu" = 1
    }
    """
    assert found("terraform", text, "instance", "resource") == {
        ("instance", "p4d.24xlarge", "p4d.24xlarge"),
        ("resource", "nvidia.com/gpu", "1"),
    }
    assert "p4d.24xlarge" in spelled("terraform", text, "instance")


def test_a_cuda_source_is_one_fact_with_an_inventory() -> None:
    text = """
    #include <torch/library.h>
    // __global__ void a() {}
    const char* s = "__global__ void b() {}";
    const char* r = R"x(kernel<<<1, 1>>>(); )" )x";
    int million = 1'000'000;
    __global__ void declared(int*);
    #define KERNEL(name) \\
      __global__ void name##_kernel() {}
    template <int N> __global__ void __launch_bounds__(N) run(int* p) { *p = N << 3; }
    void go(int* p) { run<4><<<1, 4>>>(p); }
    TORCH_LIBRARY(ops, m) { m.def("go(Tensor x) -> ()"); }
    TORCH_LIBRARY_IMPL(ops, CUDA, m) { m.impl("go", &go); }
    """
    (fact,) = facts("cuda", text, "a.cu")
    assert (fact.name, fact.value) == (
        "kernels",
        "CUDA source: 2 kernels, 1 launch, 1 registered operator, 12 lines",
    )
    assert fact.span == (8, 3, 8, 13)


@pytest.mark.parametrize(
    ("text", "kind", "guarded"),
    [
        ("#include <vector>\nint x = 1 << 3;\n", None, False),
        ('#include "cuda_helpers.h"\n', None, False),
        ("#include <c10/cuda/CUDAStream.h>\n", "headers", False),
        ("#ifdef WITH_CUDA\n#include <cuda_runtime.h>\n#endif\n", "headers", True),
        ("#ifndef WITH_CUDA\n#else\n#include <cuda_runtime.h>\n#endif\n", "headers", False),
        ("#if CUDA_VERSION > 12\n#include <cuda.h>\n#endif\n", "headers", False),
        ("#include <pybind11/pybind11.h>\nPYBIND11_MODULE(a, m) {}\n", None, False),
        ("#include <torch/extension.h>\nPYBIND11_MODULE(a, m) {}\n", "binding", False),
        ("void f() { k<<<1, 2>>>(); }\n", "launches", False),
        ("cudaError_t cudaLaunchKernelExC(void* f);\n", None, False),
        ("void f() { CHECK(cudaLaunchKernelExC(f)); }\n", "launches", False),
        ("#ifdef CUDA\nTORCH_LIBRARY_IMPL(a, CUDA, m) {}\n#endif\n", "operators", True),
        (
            "TORCH_LIBRARY_IMPL(a, CPU, m) {}\n#ifdef WITH_CUDA\n"
            "TORCH_LIBRARY_IMPL(a, CUDA, m) {}\n#endif\n",
            "operators",
            True,
        ),
        (
            "TORCH_LIBRARY_IMPL(a, CPU, m) {}\nTORCH_LIBRARY_IMPL(a, CUDA, m) {}\n",
            "operators",
            False,
        ),
        ("#define L(n, m) TORCH_LIBRARY(n, m)\n", None, False),
        ('TORCH_LIBRARY(a, m) { m.class_<A>("A"); }\n', "binding", False),
    ],
)
def test_kinds_of_cpp_sources(text: str, kind: str | None, guarded: bool) -> None:
    got = [(f.name, f.guard is not None) for f in facts("cpp", text, "a.cpp")]
    assert got == ([] if kind is None else [(kind, guarded)])


def test_of_two_headers_the_one_of_cuda_is_told() -> None:
    text = """
    #ifdef USE_ROCM
    #include <hip/hip_runtime.h>
    #else
    #include <cuda_fp16.h>
    #endif
    """
    assert found("cuda", text, "cuda-source") == {
        ("cuda-source", "headers", "includes cuda_fp16.h, 5 lines")
    }


@given(st.text(alphabet="/*\"'R(x)\\\n a<>", max_size=80))
def test_blanking_keeps_offsets_and_lines(text: str) -> None:
    code = blanked(text)
    assert len(code) == len(text)
    assert [i for i, c in enumerate(code) if c == "\n"] == [
        i for i, c in enumerate(text) if c == "\n"
    ]


WORDS = st.sampled_from(
    "a: - {{ }} {% %} [ ] { } & * ! | > ' \" \\ # $( ) ` ( <<EOF EOF ; && || \n \n\n if then fi "
    "case in esac done ${A:-b} A=$A RUN FROM ARG ENV [x] == torch @ https://a/b.whl ; extra "
    "#include <cuda.h> __global__ <<< >>> /* */ // R\"( #define #if #endif \t é 1'0 [[ = ' "
    "docker run -e pip install -r conda srun --gres p4d.24xlarge setup( install_requires=[".split(
        " "
    )
)
ANY = st.one_of(st.text(max_size=200), st.lists(WORDS, max_size=60).map(" ".join))


@pytest.mark.parametrize("kind", sorted(MODULES))
@given(text=ANY)
@settings(max_examples=150, deadline=None)
def test_no_parser_raises_anything_but_unreadable(kind: str, text: str) -> None:
    name = "Chart/templates/a.yaml" if kind == "yaml" else "a.cu"
    lines = text.split("\n")
    try:
        got = list(read(kind, text, name))
    except Unreadable:
        return
    for fact in got:
        assert 1 <= fact.span.line <= len(lines) + 1
        assert (fact.span.line, fact.span.column) <= (fact.span.end_line, fact.span.end_column)


def test_an_alias_bomb_is_read_without_being_expanded() -> None:
    levels = ["a0: &a0 [x, x, x, x, x, x, x, x, x]"]
    levels += [f"a{n}: &a{n} [{', '.join([f'*a{n - 1}'] * 9)}]" for n in range(1, 30)]
    assert len(facts("yaml", "\n".join(levels))) < 1000


@pytest.mark.parametrize(
    ("kind", "text"),
    [
        ("yaml", "[" * 100_000),
        ("yaml", "a: " * 100_000),
        ("yaml", "a: [\n" + "{{" * 100_000),
        ("yaml", "{" + ",".join(f'"run": "nvidia-smi {n}"' for n in range(40_000)) + "}"),
        ("pyproject", "a = " + "[" * 100_000),
        ("setuppy", "x = " + "(" * 50_000),
        ("shell", "$(" * 300_000),
        ("shell", '"$(' * 300_000),
        ("shell", "<<A\n" * 200_000),
        ("shell", "A=$A$A$A\n" * 50_000),
        ("shell", "case x in\n" * 50_000),
        ("dockerfile", "RUN a \\\n" * 100_000),
        ("dockerfile", "FROM a\nARG A=$A$A\nFROM $A\n" * 2_000),
        ("cuda", "__global__ " * 90_000),
        ("cuda", "int a=1;" * 125_000 + "__global__ void k(){}"),
        ("cpp", "cuda /*" * 140_000),
        ("cpp", 'cuda R"(' * 120_000),
        ("cpp", "#include <cuda.h>\n#if CUDA\n" * 20_000),
        ("requirements", "torch==" + "1" * 500_000),
        ("requirements", "a \\\n" * 100_000),
    ],
)
def test_large_and_hostile_files_end(kind: str, text: str) -> None:
    try:
        list(read(kind, text, "file"))
    except Unreadable as error:
        assert str(error).startswith(("is not", "has "))


@pytest.mark.parametrize(
    ("kind", "text", "reason"),
    [
        ("yaml", "a:\n  b: [1\nc: 2\n", "is not YAML: did not find expected ',' or ']' at line 3"),
        ("pyproject", "[project\n", "is not TOML: "),
        ("setupcfg", "install_requires = a\n", "is not a configuration file: "),
    ],
)
def test_a_malformed_file_says_what_and_where(kind: str, text: str, reason: str) -> None:
    with pytest.raises(Unreadable) as raised:
        list(read(kind, text, "file"))
    assert str(raised.value).startswith(reason)


@pytest.mark.parametrize(
    ("name", "kind"),
    [
        ("docker/Dockerfile-gpu", "dockerfile"),
        ("train.sbatch", "shell"),
        ("requirements/gpu.txt", "requirements"),
        (".devcontainer/devcontainer.json", "yaml"),
        ("kernels/scale.hip", "cuda"),
        ("package.json", None),
    ],
)
def test_which_files_are_read(name: str, kind: str | None) -> None:
    assert kind_of(name) == kind


def test_copies_of_kernel_libraries_are_left_out(tmp_path: object) -> None:
    import pathlib

    root = pathlib.Path(str(tmp_path))
    for name in ("csrc/cutlass/include/cutlass/cutlass.h", "csrc/ops.cu"):
        (root / name).parent.mkdir(parents=True, exist_ok=True)
        (root / name).write_text("#include <cuda.h>\n")
    listing = discover([root])
    assert [file.name for file in listing.files] == ["csrc/ops.cu"]
    assert listing.skipped == [("csrc/cutlass/", "a copy of a kernel library")]


def test_an_operator_that_is_defined_and_implemented_counts_once() -> None:
    text = """
    TORCH_LIBRARY(fast, m) {
      m.def("scale(Tensor x) -> Tensor");
      m.def(R"(fast::add.out(Tensor x) -> Tensor)");
    }
    TORCH_LIBRARY_IMPL(fast, CUDA, m) {
      m.impl("scale", &scale);
      m.impl("add", &add);
      m.impl(NAME, &other);
    }
    """
    [(_, _, value)] = found("cuda", text, "cuda-source")
    assert value.startswith("3 registered operators")
