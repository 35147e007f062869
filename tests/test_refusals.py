"""A function that others enter prepared for a host without CUDA is guarded behind its refusal."""

import pytest

from tests.inline import check

CODE = """
import torch
import torch.utils.cpp_extension

class NoCuda(Exception):
    pass

def version(name=""):
    home = torch.utils.cpp_extension.CUDA_HOME
    if home is None:
        raise NoCuda("no toolkit")
    return read(home)

def _quiet():
    major, minor = version()
    return torch.version.cuda.split(".")[0] == major  # expect: NEU140 guarded

def loud():
    major, minor = version()
    return torch.version.cuda.split(".")[0] == major  # expect: NEU140

def early():
    words = torch.version.cuda.split(".")  # expect: NEU140
    return version() == words

def build(builder):
    try:
        _quiet()
        early()
        builder.for_cpu = False
    except NoCuda:
        builder.for_cpu = True
    try:
        loud()
    except ValueError:
        builder.for_cpu = True
    return builder
"""


@pytest.mark.parametrize("everything", [False, True])
def test_what_follows_a_refusal_that_is_caught(everything: bool) -> None:
    check(CODE, everything=everything, select=("NEU140",))
