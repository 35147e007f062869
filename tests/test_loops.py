"""Loops over the GPUs of a host: without CUDA they have no round, and their lists stay empty."""

import pytest

from tests.inline import check

RULES = ("NEU101", "NEU103", "NEU104", "NEU132")
PROGRAMS = {
    "a loop over the GPUs": """
import torch

def names():
    found = {}
    for i in range(torch.cuda.device_count()):
        found[i] = torch.cuda.get_device_properties(i)  # expect: NEU132 guarded
    for i, _ in enumerate(range(min(4, torch.cuda.device_count()))):
        found[i] = torch.zeros(1, device="cuda")  # expect: NEU101 guarded
    return found
""",
    "a loop over as many as were counted before": """
import torch

count = torch.cuda.device_count()
devices = [f"cuda:{i}" for i in range(count)]

def warm():
    gpus = list(range(count))
    for i in gpus:
        torch.cuda.get_device_capability(i)  # expect: NEU132 guarded
    for device in devices:
        torch.cuda.get_device_capability(device)  # expect: NEU132 guarded
""",
    "a comprehension over the GPUs": """
import torch

def capabilities():
    gpus = range(torch.cuda.device_count())
    return [torch.cuda.get_device_capability(i) for i in gpus]  # expect: NEU132 guarded
""",
    "a loop that may have other rounds": """
import torch

def warm(ids, n):
    count = torch.cuda.device_count()
    if n:
        count = n
    for i in range(count):
        torch.cuda.get_device_capability(i)  # expect: NEU132
    for i in range(torch.cuda.device_count() + 1):
        torch.cuda.get_device_capability(i)  # expect: NEU132
    for i in ids or range(torch.cuda.device_count()):
        torch.cuda.get_device_capability(i)  # expect: NEU132
    else:
        torch.cuda.get_device_capability(0)  # expect: NEU132
""",
    "what follows a loop, and its other end": """
import torch

def warm():
    for i in range(torch.cuda.device_count()):
        pass
    else:
        torch.cuda.get_device_capability(0)  # expect: NEU132
    torch.cuda.get_device_capability(0)  # expect: NEU132
""",
    "a list that only such a loop fills is empty: asking for that stops the program": """
import torch

def architectures(given):
    ccs = []
    if given:
        ccs = given.split(";")
    else:
        for i in range(torch.cuda.device_count()):
            ccs.append(torch.cuda.get_device_capability(i))  # expect: NEU132 guarded
        if len(ccs) == 0:  # expect: NEU104
            raise RuntimeError("no devices")
    if not ccs:
        raise RuntimeError("nothing given")
    return ccs
""",
    "a list that others fill as well": """
import torch

def architectures(ccs):
    for i in range(torch.cuda.device_count()):
        ccs.append(torch.cuda.get_device_capability(i))  # expect: NEU132 guarded
    if len(ccs) == 0:
        raise RuntimeError("no devices")
    return ccs
""",
}


@pytest.mark.parametrize("title", PROGRAMS)
def test_rounds(title: str) -> None:
    check(PROGRAMS[title], select=RULES)
