"""What does nothing before it is called is guarded where all its uses are."""

import pytest

from tests.inline import check

CODE = """
import torch

def plain(x):
    return x + 1

_fast = torch.compile(plain, dynamic=True)  # expect: NEU306 guarded
_always = torch.compile(plain, dynamic=True)  # expect: NEU306
fast = torch.compile(plain, dynamic=True)  # expect: NEU306
_stream = torch.cuda.Stream()  # expect: NEU118

def run(x, size):
    local = torch.compile(plain, dynamic=True)  # expect: NEU306 guarded
    again = torch.compile(plain, dynamic=True)  # expect: NEU306
    if x.is_cuda:
        x = _always(x) if size else again(x)
        torch.cuda.current_stream().wait_stream(_stream)  # expect: NEU118 guarded
        return local(fast(_fast(x)))
    return again(_always(plain(x)))
"""


@pytest.mark.parametrize("everything", [False, True])
def test_a_compiled_function_that_is_called_on_cuda_only(everything: bool) -> None:
    check(CODE, everything=everything, select=("NEU306", "NEU118"))
