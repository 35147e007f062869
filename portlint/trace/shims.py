"""Stand-ins for torch.cuda: what raises without CUDA answers as one idle device would."""

from __future__ import annotations

import contextlib
from collections.abc import Callable, Iterator
from types import SimpleNamespace
from typing import Any

import torch

from portlint.trace.log import Log

GIB = 1 << 30
PROPERTIES = SimpleNamespace(
    name="no CUDA",
    major=8,
    minor=0,
    total_memory=80 * GIB,
    multi_processor_count=108,
    max_threads_per_multi_processor=2048,
    warp_size=32,
    is_integrated=False,
    is_multi_gpu_board=False,
    gcnArchName="",
    L2_cache_size=40 << 20,
)
"""A device of compute capability 8.0: what most CUDA code asks for at least."""
ANSWERS: dict[str, Any] = {
    "init": None,
    "synchronize": None,
    "set_device": None,
    "set_stream": None,
    "ipc_collect": None,
    "reset_peak_memory_stats": None,
    "reset_accumulated_memory_stats": None,
    "set_per_process_memory_fraction": None,
    "set_rng_state": None,
    "set_rng_state_all": None,
    "current_device": 0,
    "utilization": 0,
    "get_device_capability": (8, 0),
    "get_device_name": PROPERTIES.name,
    "get_device_properties": PROPERTIES,
    "mem_get_info": (80 * GIB, 80 * GIB),
    "is_current_stream_capturing": False,
    "can_device_access_peer": False,
    "is_bf16_supported": True,
}
"""`is_available` and `device_count` stay as they are: they tell the truth."""
TENSORS = "Float Double Half BFloat16 Int Long Short Char Byte Bool".split()


class Idle:
    """A stream, an event, a graph or a device: does nothing and is always done."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        self.device = torch.device("cpu")
        self.stream_id = self.cuda_stream = self.idx = 0

    def __enter__(self) -> Idle:
        return self

    def __exit__(self, *exc: object) -> None:
        return None

    def query(self) -> bool:
        """Everything asked for is done."""
        return True

    def elapsed_time(self, other: object) -> float:
        """No time passes."""
        return 0.0

    def record_event(self, event: Any = None) -> Any:
        """The event, or a new one."""
        return event or Idle()

    def pool(self) -> tuple[int, int]:
        """The handle of a memory pool."""
        return (0, 0)

    def _nothing(self, *args: Any, **kwargs: Any) -> None:
        return None

    record = wait = synchronize = wait_stream = wait_event = _nothing
    capture_begin = capture_end = replay = reset = _nothing


def cuda(log: Log) -> Iterator[tuple[Any, str, Any]]:
    """Owner, name and stand-in of everything in torch.cuda that raises without CUDA."""

    def says(name: str, answer: Callable[..., Any]) -> Callable[..., Any]:
        def asked(*args: Any, **kwargs: Any) -> Any:
            log.redirected(f"torch.cuda.{name}")
            return answer(*args, **kwargs)

        return asked

    def idle(name: str) -> type[Idle]:
        def start(self: Idle, *args: Any, **kwargs: Any) -> None:
            log.redirected(f"torch.cuda.{name}")
            Idle.__init__(self, *args, **kwargs)

        return type(name, (Idle,), {"__init__": start})

    here = torch.cuda
    for name, answer in ANSWERS.items():
        yield here, name, says(name, lambda *a, _answer=answer, **k: _answer)
    for name in ("Stream", "Event", "ExternalStream", "CUDAGraph", "device", "device_of", "graph"):
        yield here, name, idle(name)
    for name in ("current_stream", "default_stream"):
        yield here, name, says(name, Idle)
    yield here, "stream", says("stream", lambda stream=None: contextlib.nullcontext(stream))
    yield here, "graph_pool_handle", says("graph_pool_handle", lambda: (0, 0))
    yield here, "make_graphed_callables", says("make_graphed_callables", lambda c, *a, **k: c)
    yield here, "get_rng_state", says("get_rng_state", lambda *a: torch.get_rng_state())
    for name in ("range_push", "range_pop", "mark", "range_start", "range_end"):
        yield here.nvtx, name, says(f"nvtx.{name}", lambda *a, **k: None)
    yield here.nvtx, "range", says("nvtx.range", lambda *a, **k: contextlib.nullcontext())
    for kind in TENSORS:
        made = getattr(torch, f"{kind}Tensor")
        yield here, f"{kind}Tensor", says(f"{kind}Tensor", made)
    yield torch, "Generator", _generator(log)


def _generator(log: Log) -> type:
    real = torch.Generator

    class Kind(type):
        def __instancecheck__(cls, value: object) -> bool:
            return isinstance(value, real)

    class Generator(metaclass=Kind):
        def __new__(cls, device: Any = "cpu") -> Any:
            if torch.device(device).type == "cuda":
                log.redirected("torch.Generator", f"device {device}")
                device = "cpu"
            return real(device)

    return Generator
