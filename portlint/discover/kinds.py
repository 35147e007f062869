"""A file's name -> what the file is to portlint."""

import fnmatch
import functools
import os
import re

KINDS: tuple[tuple[str, tuple[str, ...]], ...] = (
    ("python", ("*.py", "*.pyi")),
    (
        "requirements",
        ("*requirements*.txt", "*constraints*.txt", "*requirements*.in", "requirements/*.txt"),
    ),
    ("pyproject", ("pyproject.toml", "Pipfile")),
    ("setupcfg", ("setup.cfg",)),
    (
        "dockerfile",
        (
            "Dockerfile",
            "Dockerfile[._-]*",
            "*.Dockerfile",
            "*.dockerfile",
            "Containerfile",
            "Containerfile.*",
        ),
    ),
    ("yaml", ("*.yml", "*.yaml", "devcontainer.json", "*cloudformation*.json", "*task-def*.json")),
    (
        "json",
        (
            "config.json",
            "*_config.json",
            "*-config.json",
            "*deepspeed*.json",
            "ds_*.json",
            "*zero[123]*.json",
            "*accelerate*.json",
            "kernels.lock",
            "config/*.json",
            "configs/*.json",
            "conf/*.json",
        ),
    ),
    ("pbtxt", ("config.pbtxt",)),
    ("weights", ("*.safetensors", "*.gguf")),
    ("shell", ("*.sh", "*.bash", "*.zsh", "*.slurm", "*.sbatch", "*.sub")),
    ("terraform", ("*.tf", "*.tfvars")),
    ("cuda", ("*.cu", "*.cuh", "*.hip")),
    ("cpp", ("*.cpp", "*.cc", "*.cxx", "*.c", "*.h", "*.hpp", "*.hh")),
    ("notebook", ("*.ipynb",)),
)
"""What a file is, by the first pattern that fits its name."""


def kind_of(name: str) -> str | None:
    """What a file of this name is to portlint; None if it does not read such files."""
    own = os.path.normcase(name.rpartition("/")[2])
    known = _endings().get(own.rpartition(".")[2]) if "." in own else None
    if known is not None and not own.startswith(_beginnings()):
        return known
    base, whole = _patterns()
    found = (base.fullmatch(name.rpartition("/")[2]), whole.fullmatch(name))
    kinds = [match.lastgroup for match in found if match]
    return next((kind for kind, _ in KINDS if kind in kinds), None)


@functools.cache
def _endings() -> dict[str, str]:
    """The endings that alone tell what most files are."""
    every = ((kind, pattern) for kind, patterns in KINDS for pattern in patterns)
    return {p[2:]: kind for kind, p in every if re.fullmatch(r"\*\.\w+", p)}


@functools.cache
def _beginnings() -> tuple[str, ...]:
    """Of names that tell it whatever they end with."""
    every = (pattern for _, patterns in KINDS for pattern in patterns)
    return tuple(os.path.normcase(re.split(r"[*[]", p)[0]) for p in every if p[-1] == "*")


@functools.cache
def _patterns() -> tuple[re.Pattern[str], re.Pattern[str]]:
    """The patterns of a file's own name, and those that speak of folders too, each as one."""
    return _fitting(folders=False), _fitting(folders=True)


def _fitting(folders: bool) -> re.Pattern[str]:
    """Fits a whole name; the group that does is the kind."""
    kinds = []
    for kind, patterns in KINDS:
        fitting = [f"*{p}" if folders else p for p in patterns if ("/" in p) == folders]
        if fitting:
            kinds.append(f"(?P<{kind}>{'|'.join(map(fnmatch.translate, fitting))})")
    return re.compile("|".join(kinds), re.IGNORECASE if os.name == "nt" else 0)
