"""Backends chosen by words: behind one that only CUDA can have, there is CUDA."""

import pytest

from tests.inline import check

RULES = ("NEU101", "NEU102", "NEU118")
PROGRAMS = {
    "a function that gives a word only on CUDA, after a demand for those who want it": """
import torch
from vllm.platforms import current_platform

def resolve(want, head_dim):
    if want not in ("auto", "fast", "plain"):
        raise ValueError(want)
    capability = current_platform.get_device_capability()
    supported = (
        current_platform.is_cuda()
        and capability is not None
        and head_dim == 128
    )
    if want == "fast" and not supported:
        raise RuntimeError("fast needs CUDA")
    return "fast" if supported and want != "plain" else "plain"

class Layer:
    def __init__(self, want):
        self.mode = resolve(want.get("mode", "auto"), 128)
        if self.mode == "fast":
            torch.cuda.current_stream()  # expect: NEU118 guarded
        elif self.mode == "plain":
            torch.cuda.current_stream()  # expect: NEU118

    def forward(self, x):
        if self.mode != "fast":
            return x
        return self._run(x)

    def other(self, x):
        if self.mode in ("fast", "plain"):
            torch.cuda.current_stream()  # expect: NEU118
        if self.mode not in ("fast",):
            torch.cuda.current_stream()  # expect: NEU118

    def _run(self, x):
        return x.cuda()  # expect: NEU102 guarded
""",
    "a helper that answers no first": """
import torch
from vllm.platforms import current_platform

def is_fast_supported(head_dim):
    if not current_platform.is_cuda():
        return False
    capability = current_platform.get_device_capability()
    return capability is not None and head_dim == 128

def resolve(want, head_dim):
    fast_supported = is_fast_supported(head_dim)
    if want == "fast" and not fast_supported:
        raise RuntimeError("fast needs CUDA")
    if fast_supported and want in ("auto", "fast"):
        return "fast"
    if head_dim == 64:
        return "small"
    return "plain"

def run(want, x):
    mode = resolve(want, 128)
    if mode == "fast":
        return x.cuda()  # expect: NEU102 guarded
    if mode == "small":
        return x.cuda()  # expect: NEU102
    return x
""",
    "what is wanted is given back unless something of it is missing": """
import torch
from vllm.platforms import current_platform

class Select(torch.nn.Module):
    def __init__(self, want):
        self._want = want
        self._is_cuda = current_platform.is_cuda()

    def resolve(self, x, rows):
        if self._want == "auto":
            return self._resolve_auto(x, rows)
        failures: list[str] = []
        if self._want == "wide":
            failures = self._wide_constraints(x, rows)
        elif self._want == "long":
            if not self._is_cuda:
                failures.append("requires CUDA")
            if rows > 8:
                failures.append("too many rows")
        elif self._want == "short":
            if rows > 8:
                failures.append("too many rows")
        if failures:
            raise RuntimeError("; ".join(failures))
        return self._want

    def _resolve_auto(self, x, rows):
        if not self._wide_constraints(x, rows):
            return "wide"
        if self._is_cuda and rows in (512, 1024):
            return "long"
        return "short"

    def _wide_constraints(self, x, rows):
        failures = []
        if not self._is_cuda:
            failures.append("requires CUDA")
        if rows > 64:
            failures.append("too many rows")
        return failures

    def forward(self, x):
        mode = self.resolve(x, len(x))
        if mode == "wide":
            torch.cuda.current_stream()  # expect: NEU118 guarded
        elif mode == "long":
            torch.cuda.current_stream()  # expect: NEU118 guarded
        elif mode == "short":
            torch.cuda.current_stream()  # expect: NEU118
""",
    "a demand that all have to meet guards none": """
import torch
from vllm.platforms import current_platform

def resolve(want):
    if not current_platform.is_cuda():
        raise RuntimeError("needs CUDA")
    if want == "fast":
        return "fast"
    return "plain"

def gather(want):
    failures = []
    if not current_platform.is_cuda():
        failures.append("needs CUDA")
    if failures:
        raise RuntimeError(failures)
    return want

def run(want, x):
    mode = resolve(want)
    if mode == "fast":
        return x.cuda()  # expect: NEU102
    kind = gather(want)
    if kind == "fast":
        return x.cuda()  # expect: NEU102
    return x
""",
    "words that are chosen in place, and what the user says": """
import torch

MODE = "graph" if torch.cuda.is_available() else "eager"

class Runner:
    def __init__(self, want, kind):
        self.want = want
        self.kind = "eager"
        self.late = "eager"
        self.open = "eager"
        if torch.cuda.is_available():
            self.kind = "graph"
        if want == "graph" and not torch.cuda.is_available():
            raise RuntimeError(want)

    def start(self, want, x):
        if MODE == "graph":
            x = x.cuda()  # expect: NEU102 guarded
        if self.kind == "graph":
            x = x.cuda()  # expect: NEU102 guarded
        if self.want == "graph":
            x = x.cuda()  # expect: NEU102
        wanted = want
        if wanted == "graph":
            x = x.cuda()  # expect: NEU102
        mode = "eager"
        if want and torch.cuda.is_available():
            mode = "graph"
        if mode == "graph":
            x = x.cuda()  # expect: NEU102 guarded
        for each in want:
            if each == "graph":
                x = x.cuda()  # expect: NEU102
        return x

    def follow(self, want, x):
        self.late = want
        setattr(self, "open", want)
        if self.late == "graph" or self.open == "graph":
            x = x.cuda()  # expect: NEU102
        return x
""",
    "members of an enumeration": """
import enum
import torch
from vllm.platforms import current_platform

class Backend(enum.Enum):
    FAST = "fast"
    PLAIN = "plain"

def select(size) -> Backend:
    if current_platform.is_cuda() and size > 8:
        return Backend.FAST
    return Backend.PLAIN

class Layer:
    def __init__(self, size):
        self.backend = select(size)

    def forward(self, x):
        if self.backend == Backend.FAST:
            return x.cuda()  # expect: NEU102 guarded
        if self.backend is Backend.PLAIN:
            return x.cuda()  # expect: NEU102
        return x
""",
    "a method that asks": """
import torch
from vllm.platforms import current_platform

class Layer:
    def _fits(self, x):
        if x.ndim != 2:
            return False
        return current_platform.is_cuda() and x.numel() > 8

    def _small(self, x):
        return x.numel() < 8

    def __init__(self, size):
        self._enabled = False
        if size == 8 and torch.cuda.is_available():
            try:
                self._enabled = start(size)
            except RuntimeError:
                print("no")

    def _can_fuse(self, x):
        return self._enabled and x.ndim == 2

    def forward(self, x):
        if self._fits(x):
            return x.cuda()  # expect: NEU102 guarded
        if self._small(x):
            return x.cuda()  # expect: NEU102
        if self._can_fuse(x):
            return x.cuda()  # expect: NEU102 guarded
        return x
""",
}


@pytest.mark.parametrize("title", PROGRAMS)
def test_words(title: str) -> None:
    check(PROGRAMS[title], select=RULES)


@pytest.mark.parametrize("title", PROGRAMS)
def test_words_without_triage(title: str) -> None:
    check(PROGRAMS[title], everything=True, select=RULES)


def test_a_chain_of_a_thousand_branches_is_followed() -> None:
    chain = "".join(f'    elif want == "m{i}":\n        mode = "w{i}"\n' for i in range(1000))
    check(f"""
import torch

def resolve(want):
    mode = "plain"
    if torch.cuda.is_available():
        mode = "fast"
{chain}    return mode

def run(want, x):
    mode = resolve(want)
    if mode == "fast":
        return x.cuda()  # expect: NEU102 guarded
    return x
""")
