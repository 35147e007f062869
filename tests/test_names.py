"""Names: imports in every spelling are followed, local names of the same sound are not reported."""

import pytest

from tests.inline import check

PROGRAMS = {
    "aliases of modules": """
import torch as th
from torch import device as dev
from torch import cuda as gpu
import torch.cuda as tc

a = th.device("cuda")  # expect: NEU101
b = dev("cuda")  # expect: NEU101
if gpu.is_available():  # expect: NEU103
    c = a.cuda()  # expect: NEU102 guarded
if tc.is_available():  # expect: NEU103
    c = a.cuda()  # expect: NEU102 guarded
""",
    "an assigned alias": """
import torch

T = torch
C = T.cuda
ok = C.is_available
if ok():  # expect: NEU103
    a = T.zeros(1).cuda()  # expect: NEU102 guarded
""",
    "a star import": """
from torch import *

if cuda.is_available():  # expect: NEU103
    x = zeros(1).cuda()  # expect: NEU102 guarded
""",
    "a redefined name is no longer torch's": """
from torch import cuda

class cuda:
    @staticmethod
    def is_available():
        return True

if cuda.is_available():
    x = build().cuda()  # expect: NEU102
""",
    "a parameter hides the module": """
import torch

def run(torch, x):
    if torch.cuda.is_available():
        return x.cuda()  # expect: NEU102
""",
    "a local assignment hides the import": """
from torch import cuda

def run(x):
    cuda = x.engine
    if cuda.is_available():
        return x.cuda()  # expect: NEU102
""",
    "a name bound in a comprehension stays there": """
from torch import cuda

names = [cuda for cuda in ("a", "b")]
if cuda.is_available():  # expect: NEU103
    x = build().cuda()  # expect: NEU102 guarded
""",
    "a class scope hides nothing from its methods": """
from torch import cuda

class Net:
    cuda = None

    def place(self, x):
        if cuda.is_available():  # expect: NEU103
            return x.cuda()  # expect: NEU102 guarded
""",
    "a global statement reaches the module": """
device = None

def choose():
    global device
    device = "cuda"  # expect: NEU101
""",
    "an import inside a function": """
def place(x):
    import torch
    if torch.cuda.is_available():  # expect: NEU103
        return x.cuda()  # expect: NEU102 guarded
""",
    "an import by name": """
import importlib

t = importlib.import_module("torch")
if t.cuda.is_available():  # expect: NEU103
    x = build().cuda()  # expect: NEU102 guarded
""",
    "another library's cuda": """
import shaders.cuda as cuda
import engine

cuda.compile()
engine.cuda()
engine.graphics.cuda(1)
""",
    "walrus and with": """
import torch

if (n := torch.cuda.device_count()):  # expect: NEU103
    x = torch.zeros(1).cuda()  # expect: NEU102 guarded
with open("log") as cuda:
    cuda.write("cuda")
""",
    "a part of a cast is not placed": """
import functools
import torch

cast = functools.partial(torch.autocast, device_type="cuda")
""",
    "a match statement": """
def pick(kind):
    match kind:
        case "gpu":
            device = "cuda"  # expect: NEU101
        case _:
            device = "cpu"
    return device
""",
    "mentions": '''
"""Runs on cuda. device = "cuda"."""
import torch

# x.cuda() and device="cuda"
HELP = "use --device cuda, or x.cuda()"
cuda_graph_enabled = True
print("cuda", "moved to cuda:0")
log = {"cuda": 1}
parser = {"help": "cuda or cpu"}
''',
    "positions are code points, after tabs and wide characters": """
def f(x):
\tname = "名前"; return g("é", x.cuda())  # expect: NEU102
""",
}


@pytest.mark.parametrize("everything", [False, True], ids=["triage", "everything"])
@pytest.mark.parametrize("title", PROGRAMS)
def test_what_a_name_refers_to(title: str, everything: bool) -> None:
    check(PROGRAMS[title], everything=everything)
