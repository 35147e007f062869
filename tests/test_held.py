"""Globals, fields and parameters that only code for CUDA fills: where they are there, CUDA is."""

import pytest

from tests.inline import check

RULES = ("NEU101", "NEU102", "NEU118")
PROGRAMS = {
    "a global that is set after an early exit": """
import torch

_stream = None

def start(platform):
    global _stream
    if not platform.is_cuda():
        return
    _stream = make()

def wait():
    if _stream is not None:
        torch.cuda.current_stream().wait_stream(_stream)  # expect: NEU118 guarded

def wait_too():
    if _stream is None:
        return
    torch.cuda.current_stream().wait_stream(_stream)  # expect: NEU118 guarded
""",
    "what a function found out first": """
import torch

class Graphs:
    def __init__(self):
        self.stream = None

    def start(self, text='''none
of that'''):
        usable = torch.cuda.is_available()
        if usable and len(f"{text[0]}") > 1:
            self.stream = (
                make()
            )

    def run(self):
        if self.stream:
            torch.cuda.current_stream()  # expect: NEU118 guarded
""",
    "a global that others set as well": """
import torch

_stream = None
_device = None

def start(platform, stream):
    global _stream, _device
    if platform.is_cuda():
        _stream = make()
        _device = make()
    _stream = stream
    if _device is None:
        _device = choose()

def wait():
    if _stream is not None:
        torch.cuda.current_stream()  # expect: NEU118
    if _device is not None:
        torch.cuda.current_stream()  # expect: NEU118
""",
    "a field that is False until there is CUDA": """
import torch

class Region:
    def __init__(self):
        self._pinned = False
        self._open = False

    def pin(self):
        if self._pinned or not torch.cuda.is_available():
            return
        self._pinned = register()

    def open(self):
        self._open = True

    def close(self):
        if self._pinned:
            torch.cuda.current_stream()  # expect: NEU118 guarded
        if self._open:
            torch.cuda.current_stream()  # expect: NEU118
        self._pinned = False
""",
    "a field of another class": """
import torch

class One:
    def pin(self):
        if torch.cuda.is_available():
            self._stream = make()

class Two(Base):
    def close(self):
        if self._stream is not None:
            torch.cuda.current_stream()  # expect: NEU118
""",
    "a field of a dataclass, given where a tensor is on CUDA": """
import dataclasses
import torch

@dataclasses.dataclass
class Entry:
    kind: str
    handle: tuple | None = None
    plain: tuple | None = None

    @classmethod
    def of(cls, tensor):
        if tensor.is_cuda:
            handle = share(tensor)
            return cls("shared", handle=handle)
        return cls("plain", plain=tensor)

    def back(self):
        if self.handle is None:
            return self.plain
        torch.cuda.current_stream()  # expect: NEU118 guarded

    def other(self):
        if self.plain is not None:
            torch.cuda.current_stream()  # expect: NEU118
""",
    "a parameter of a constructor, given where CUDA is": """
import torch

class Layer:
    def __init__(self, size, stream=None, other=None):
        self.stream = stream
        self.other = other

    def forward(self, x):
        stream = self.stream
        if stream is not None:
            torch.cuda.current_stream().wait_stream(stream)  # expect: NEU118 guarded
        if self.other is not None:
            torch.cuda.current_stream()  # expect: NEU118
        return x

class Net:
    def __init__(self, size, other, fast):
        stream = make() if torch.cuda.is_available() else None
        self.layers = [Layer(size, stream, other=other) for _ in range(4)]
        self.last = Layer(size)
""",
    "a constructor that is called by what is not shown": """
import torch

class Layer:
    def __init__(self, size, stream=None):
        self.stream = stream

    def forward(self, x):
        if self.stream is not None:
            torch.cuda.current_stream()  # expect: NEU118

class Wide(Layer):
    pass

def make(size):
    return Layer(size, make() if torch.cuda.is_available() else None)
""",
    "a private factory that is called behind a question": """
import torch

class Pool:
    def __init__(self, tensor):
        self.events = None
        if tensor.is_cuda:
            self._prepare()

    def _prepare(self):
        self.events = make()

    def run(self):
        if self.events:
            torch.cuda.current_stream()  # expect: NEU118 guarded
""",
    "a field that is set by its name": """
import torch

class Pool:
    def __init__(self, tensor):
        self.events = None
        if tensor.is_cuda:
            self.events = make()
        setattr(self, "events", tensor)

    def run(self):
        if self.events:
            torch.cuda.current_stream()  # expect: NEU118
""",
}


@pytest.mark.parametrize("title", PROGRAMS)
def test_values(title: str) -> None:
    check(PROGRAMS[title], select=RULES)


@pytest.mark.parametrize("title", PROGRAMS)
def test_values_without_triage(title: str) -> None:
    check(PROGRAMS[title], everything=True, select=RULES)
