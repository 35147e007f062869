"""Guards: what stands behind a condition is guarded, a choice that leaves Neuron out is live."""

import pytest

from tests.inline import check

PROGRAMS = {
    "an if with another branch is a choice": """
import torch

def place(x):
    if torch.cuda.is_available():  # expect: NEU103
        return x.to("cuda")  # expect: NEU101 guarded
    else:
        return x
""",
    "the else branch is the host's": """
import torch

def place(x):
    if not torch.cuda.is_available():  # expect: NEU103
        return x
    else:
        return x.to("cuda")  # expect: NEU101 guarded
""",
    "what follows an early return": """
import torch

def place(x):
    if not torch.cuda.is_available():  # expect: NEU103
        return x
    x = x.to("cuda")  # expect: NEU101 guarded
    return x
""",
    "flags that are named after a vendor's device": """
import torch
from elsewhere import has_mps_available, is_torch_xpu_available, is_xpu_fast

def place(x):
    if is_torch_xpu_available():
        x = x.to("cuda")  # expect: NEU101 guarded
    if has_mps_available():
        x = x.to("cuda")  # expect: NEU101 guarded
    if is_xpu_fast():
        x = x.to("cuda")  # expect: NEU101
    return x
""",
    "a function of XLA's that gives a value back is no question": """
import torch
from elsewhere import is_xla_available, xla_mesh_reduce

def place(x, f):
    if xla_mesh_reduce(x):
        pass
    else:
        x = x.to("cuda")  # expect: NEU101
    if is_xla_available():
        pass
    else:
        x = x.to("cuda")  # expect: NEU101 guarded
    return x
""",
    "raising without CUDA guards nothing": """
import torch

def place(x):
    if not torch.cuda.is_available():
        raise RuntimeError("needs CUDA")
    return x.to("cuda")  # expect: NEU101
""",
    "an early return inside one function does not guard another": """
import torch

def probe(x):
    if not torch.cuda.is_available():
        return None
    return 1

def place(x):
    return x.to("cuda")  # expect: NEU101
""",
    "one of several vendors' devices": """
import torch

def place(net, x):
    if (x.is_cuda or x.is_xpu) and x.ndim > 1:
        return net.to("cuda")(x)  # expect: NEU101 guarded
    if torch.xpu.is_available() or torch.cuda.is_available():  # expect: NEU103
        x = x.to("cuda")  # expect: NEU101 guarded
    return x if x.is_cpu or x.is_cuda else x.cuda()  # expect: NEU102

def check(kind):
    if kind == "xpu":
        assert torch.xpu.is_available(), "no XPU"
""",
    "a question that answers None without CUDA is no choice": """
import torch

def capability():
    if torch.cuda.is_available():
        device = torch.device("cuda")  # expect: NEU101 guarded
        return torch.cuda.get_device_capability(device)
    else:
        return None
""",
    "a platform that is asked what it is": """
from vllm.platforms import current_platform

def place(x, own):
    if current_platform.is_cuda_alike():
        x = x.cuda()  # expect: NEU102 guarded
    if current_platform.is_rocm() or own().is_xpu():
        x = x.cuda()  # expect: NEU102 guarded
    if not current_platform.is_rocm():
        x = x.cuda()  # expect: NEU102
    if not current_platform.is_cpu():
        x = x.cuda()  # expect: NEU102
    if not current_platform.is_out_of_tree():
        x = x.cuda()  # expect: NEU102 guarded
    if not current_platform.is_cuda():
        return x
    return x.cuda()  # expect: NEU102 guarded
""",
    "a helper or a flag called like a platform": """
from setuptools_cuda import IS_ROCM, is_hip

def _is_cuda():
    return read_target() and not is_hip()

device = "cuda" if _is_cuda() else "cpu"  # expect: NEU101 guarded
hip_device = "cuda" if is_hip() or IS_ROCM else "cpu"  # expect: NEU101 guarded
other_device = "cpu" if is_hip() else "cuda"  # expect: NEU101
""",
    "what only a module built with CUDA has": """
import torch

def place(self, x):
    if hasattr(torch._C, "_cuda_clearCublasWorkspaces"):
        x = x.cuda()  # expect: NEU102 guarded
    if getattr(torch.distributed, "ProcessGroupNCCL", None) is not None:
        x = x.cuda()  # expect: NEU102 guarded
    if hasattr(torch, "cuda") and hasattr(torch.cuda, "CUDAGraph"):
        x = x.cuda()  # expect: NEU102
    if hasattr(x, "cuda") or hasattr(self, "cuda_graph"):
        x = x.cuda()  # expect: NEU102
    return x
""",
    "a helper that is given the name of a package": """
from audit_cuda import _has_module, is_package_available, has_library

def place(x):
    if is_package_available("flash_attn"):
        x = x.cuda()  # expect: NEU102 guarded
    if has_library("numpy") or is_package_available(x):
        x = x.cuda()  # expect: NEU102
    if not _has_module("deep_ep"):
        return "no DeepEP"
    return x.cuda()  # expect: NEU102 guarded
""",
    "a number of GPUs": """
def place(args, model):
    if args.n_gpu > 1:  # expect: NEU103
        model = model.cuda()  # expect: NEU102 guarded
    return model
""",
    "a patch of a release that one of the stacks has": """
from transformers.utils import is_torch_equal

def place(x):
    if is_torch_equal("2.9.0"):
        return x.cuda()  # expect: NEU102
    return x
""",
    "a constant that is None without CUDA": """
import torch

MODE = "warn" if torch.cuda.is_available() else None

def check(x):
    if (mode := MODE) is None:
        return None
    return x.to("cuda"), mode  # expect: NEU101 guarded
""",
    "a flag set from the probe": """
import torch

use_cuda = torch.cuda.is_available()
fast = use_cuda and not None

def place(x):
    if use_cuda:  # expect: NEU103
        x = x.cuda()  # expect: NEU102 guarded
    return x
""",
    "a flag on self": """
import torch

class Trainer:
    def __init__(self):
        self.cuda_ok = torch.cuda.is_available()

    def place(self, x):
        return x.cuda() if self.cuda_ok else x  # expect: NEU103
""",
    "a helper that asks": """
import torch

def has_gpu():
    return torch.cuda.is_available() and torch.cuda.device_count() > 0

def place(x):
    if has_gpu():  # expect: NEU103
        x = x.cuda()  # expect: NEU102 guarded
    return x
""",
    "counting devices": """
import torch

def place(x):
    if torch.cuda.device_count() > 1:  # expect: NEU103
        x = x.cuda()  # expect: NEU102 guarded
    if torch.cuda.device_count() == 0:  # expect: NEU103
        return x
    return x.cuda()  # expect: NEU102 guarded
""",
    "a chain that asks for Neuron first leaves nothing out": """
import torch

def pick():
    if torch.neuron.is_available():
        return torch.device("neuron")
    elif torch.cuda.is_available():
        return torch.device("cuda")  # expect: NEU101 guarded
    return torch.device("cpu")
""",
    "a chain that asks for Neuron last leaves nothing out": """
import torch

def pick():
    if torch.cuda.is_available():
        return torch.device("cuda")  # expect: NEU101 guarded
    elif is_torch_neuron_available():
        return torch.device("neuron")
    return torch.device("cpu")
""",
    "a chain of other accelerators leaves Neuron out": """
import torch

if torch.cuda.is_available():  # expect: NEU103
    device = "cuda"  # expect: NEU101 guarded
elif torch.backends.mps.is_available():
    device = "mps"
else:
    device = "cpu"
""",
    "an accelerator with CUDA as the last resort": """
import torch

device = torch.accelerator.current_accelerator() or "cuda"  # expect: NEU101 guarded
""",
    "counting the generators of devices": """
import torch

def seed(x):
    if len(torch.cuda.default_generators) > 0:  # expect: NEU103
        x = x.cuda()  # expect: NEU102 guarded
    return x
""",
    "the type of a device": """
import torch

def move(x, device):
    if device.type == "cuda":
        return x.to("cuda")  # expect: NEU101 guarded
    if x.is_cuda:
        x = x.cuda()  # expect: NEU102 guarded
    if device in ("cuda", "xpu"):
        x = x.cuda()  # expect: NEU102 guarded
    if str(device).startswith("cuda"):
        x = x.cuda()  # expect: NEU102 guarded
    if device.type in ("cpu", "cuda"):
        x = x.cuda()  # expect: NEU102
    return x
""",
    "only type checkers see it": """
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    device = "cuda"  # expect: NEU101 guarded
""",
    "a test that is skipped without CUDA": """
import pytest
import torch

@pytest.mark.skipif(not torch.cuda.is_available(), reason="needs CUDA")
def check_add():
    torch.zeros(1, device="cuda")  # expect: NEU101 guarded

@require_torch_gpu
class Checks:
    def check_add(self):
        torch.zeros(1, device="cuda")  # expect: NEU101 guarded
""",
    "a probe that is tried": """
import torch

try:
    x = torch.zeros(1, device="cuda")  # expect: NEU101 guarded
except RuntimeError:
    x = torch.zeros(1)
try:
    y = torch.zeros(1, device="cuda")  # expect: NEU101
except ValueError:
    y = torch.zeros(1)
try:
    z = torch.zeros(1, device="cuda")  # expect: NEU101
except RuntimeError:
    raise
""",
    "what an older torch gets instead": """
import torch

def enabled(device, x):
    try:
        return torch.is_autocast_enabled(device)
    except (AttributeError, TypeError):
        return x.to("cuda")  # expect: NEU101 guarded

try:
    import torch_neuronx
    place = None
except ImportError:
    place = torch.zeros(1, device="cuda")  # expect: NEU101 guarded
try:
    import apex
except ImportError:
    apex = torch.zeros(1, device="cuda")  # expect: NEU101
""",
    "a flag or a helper that compares the release of torch": """
import operator
import torch
from lightning_utilities_cuda import RequirementCache, compare_version
from transformers.utils import is_torch_equal, is_torch_greater_or_equal, is_torch_version

def place(x):
    if not TORCH_GE_2_1 or is_torch_equal("2.8.0"):
        x = x.cuda()  # expect: NEU102 guarded
    if is_torch_version("<", "2.1") or not is_torch_version(">=", "1.9.0"):
        x = x.cuda()  # expect: NEU102 guarded
    if not compare_version("torch", operator.ge, "2.4.0"):
        x = x.cuda()  # expect: NEU102 guarded
    if is_torch_greater_or_equal("2.9") or RequirementCache("torch<2.4"):
        x = x.cuda()  # expect: NEU102
    if is_torch_version(">=", x.version) or compare_version("numpy", operator.lt, "2.0"):
        x = x.cuda()  # expect: NEU102
    if is_torch_greater_or_equal("2.13.1") and x.version < "2.4":
        x = x.cuda()  # expect: NEU102
    if RequirementCache("torch>=2.4"):
        return x
    return x.cuda()  # expect: NEU102 guarded

device = "cpu" if _TORCH_GREATER_EQUAL_2_4 else "cuda"  # expect: NEU101 guarded
""",
    "the release of torch compared in place": """
import torch
from packaging import version

RELEASE = version.parse(torch.__version__)
NEW = RELEASE >= version.parse("2.4")

def place(x):
    if torch.__version__ >= "2.4.0":
        x = x.cuda()  # expect: NEU102
    else:
        x = x.cuda()  # expect: NEU102 guarded
    if version.parse(torch.__version__).release < (2, 8):
        x = x.cuda()  # expect: NEU102 guarded
    if torch.__version__.split(".")[1] < "2.4" or RELEASE.major < (2, 4):
        x = x.cuda()  # expect: NEU102
    if NEW:
        return x.cuda()  # expect: NEU102
    return x.cuda()  # expect: NEU102 guarded
""",
    "a private function that is used behind guards only": """
import torch

def _register(x):
    return _again(x.cuda())  # expect: NEU102 guarded

def _again(x, depth=1):
    return _again(x, 0) if depth else x.cuda()  # expect: NEU102 guarded

def _both(x):
    return x.cuda()  # expect: NEU102

def _unused(x):
    return x.cuda()  # expect: NEU102

def _named(x):
    return x.cuda()  # expect: NEU102

def place(x):
    if is_rocm():
        _both(x)
        return _register(x)
    return _both(x)

def table():
    return {"_named": _named if is_rocm() else None}
""",
    "a private method that is used behind guards only": """
import torch

class Net:
    def _fast(self, x):
        return x.cuda()  # expect: NEU102 guarded

    def _slow(self, x):
        return x.cuda()  # expect: NEU102

    def _late(self, x):
        return x.cuda()  # expect: NEU102 guarded

    @register
    def _known(self, x):
        return x.cuda()  # expect: NEU102

    def forward(self, x):
        return self._fast(x) if HAS_TRITON else self._slow(x)

    def after(self, x):
        if not is_hip():
            return x
        return self._late(self._known(x))
PADDING
""".replace("PADDING", "\n".join(f"    def m{i}(self, x): return x + {i}\n" for i in range(40))),
    "a whole program under a broad except is no probe": """
import torch

try:
    x = torch.zeros(1, device="cuda")  # expect: NEU101
    y = x + 1
    z = y * 2
    z.sum().backward()
except Exception as error:
    print(error)
""",
    "a file or a program that may be missing": """
import subprocess
import torch

try:
    text = open("devices.txt").read()
    x = torch.zeros(1, device="cuda")  # expect: NEU101 guarded
    x = x + 1
    print(text)
except FileNotFoundError:
    x = None
try:
    text = subprocess.check_output(["smi"])
    y = torch.zeros(1, device="cuda")  # expect: NEU101 guarded
    y = y + 1
    print(text)
except (OSError, ValueError):
    y = None
try:
    text = open("devices.txt").read()
    z = torch.zeros(1, device="cuda")  # expect: NEU101
    z = z + 1
    print(text)
except OSError:
    z = None
""",
    "and, or and the conditional expression": """
import torch

cuda = torch.cuda.is_available()

def place(x, want):
    want and x.cuda()  # expect: NEU102
    x = cuda and x.cuda() or x  # expect: NEU102 guarded, NEU103
    return x if not cuda else x.cuda()  # expect: NEU103
""",
    "an unrelated condition guards nothing": """
def place(x, verbose, cuda_graph_enabled):
    if verbose:
        x = x.cuda()  # expect: NEU102
    if cuda_graph_enabled:
        x = x.cuda()  # expect: NEU102
    return x
""",
    "the host's platform is one of several, a tensor on the host may be anywhere": """
from vllm.platforms import current_platform

def place(x):
    if current_platform.is_cuda_alike() or (current_platform.is_cpu() and x.ndim > 1):
        x = x.cuda()  # expect: NEU102 guarded
    if current_platform.is_cpu():
        x = x.cuda()  # expect: NEU102 guarded
    if x.is_cpu:
        x = x.cuda()  # expect: NEU102
    if x.is_cuda or x.is_cpu:
        x = x.cuda()  # expect: NEU102 guarded
    return x
""",
    "a private class that is made behind guards only": """
import torch

class _Fast:
    def __call__(self, x):
        return self._run(x)

    def _run(self, x):
        return x.cuda()  # expect: NEU102 guarded

class _Slow:
    def __call__(self, x):
        return x.cuda()  # expect: NEU102

class _Base:
    def __call__(self, x):
        return x.cuda()  # expect: NEU102

class Public(_Base):
    pass

def make():
    if torch.cuda.is_available():  # expect: NEU103
        return _Fast(), torch.zeros(1).cuda()  # expect: NEU102 guarded
    return _Slow()
""",
    "methods for one device beside one that is for all": """
class Norm:
    def forward_cuda(self, x):
        return x.cuda()  # expect: NEU102 guarded

    def forward_native(self, x):
        return x.cuda()  # expect: NEU102

class Batch:
    def to_cuda(self, x):
        return x.cuda()  # expect: NEU102

    def to_cpu(self, x):
        return x

class Alone:
    def forward_cuda(self, x):
        return x.cuda()  # expect: NEU102
""",
    "a class that says it is not supported here": """
from vllm.platforms import current_platform

class Marlin:
    @classmethod
    def is_supported(cls, capability=None):
        if not current_platform.is_cuda():
            return False, "only on CUDA"
        if capability is not None and capability < 80:
            return False, "too old"
        return True, None

    def apply(self, x):
        return x.cuda()  # expect: NEU102 guarded

class Blackwell:
    @staticmethod
    def can_implement():
        if current_platform.has_device_capability(100):
            return True
        return False

    def apply(self, x):
        return x.cuda()  # expect: NEU102 guarded

class Emulation:
    @classmethod
    def is_supported(cls, capability=None):
        return True, None

    def apply(self, x):
        return x.cuda()  # expect: NEU102

class Either:
    @classmethod
    def is_supported(cls, capability=None):
        if current_platform.is_cuda():
            return True
        return capability is None

    def apply(self, x):
        return x.cuda()  # expect: NEU102
""",
    "a class that says which device it supports, and one made of it": """
from vllm.platforms import current_platform

class Experts(Base):
    @staticmethod
    def _supports_current_device():
        p = current_platform
        return p.is_cuda() and p.is_device_capability_family(100)

    def apply(self, x):
        return x.cuda()  # expect: NEU102 guarded

class Monolithic(Experts):
    def run(self, x):
        return x.cuda()  # expect: NEU102 guarded

class Anywhere(Experts):
    @staticmethod
    def _supports_current_device():
        return True

    def run(self, x):
        return x.cuda()  # expect: NEU102
""",
    "an implementation that is registered where a platform is there": """
from vllm.platforms import current_platform

GPU = current_platform.is_cuda_alike() or current_platform.is_xpu()

@ops.norm.register_impl("fast", supported=GPU)
def norm(x):
    return x.cuda()  # expect: NEU102 guarded

@ops.norm.register_impl("plain", supported=True)
def plain(x):
    return x.cuda()  # expect: NEU102

def _takes(x, size=1):
    if x.device.type != "cuda" or x.ndim == 0:
        return False
    return x.shape[-1] > size

def _small(x):
    return x.ndim == 0

@ops.norm.register_impl("tensors", supports_args=_takes)
def tensors(x):
    return x.cuda()  # expect: NEU102 guarded

@ops.norm.register_impl("small", supports_args=_small)
def small(x):
    return x.cuda()  # expect: NEU102

@ops.norm.register_impl("line", supports_args=lambda x: x.is_cuda)
def line(x):
    return x.cuda()  # expect: NEU102 guarded
""",
    "a helper with several ways to say no": """
import torch

def usable():
    if not torch.cuda.is_available():
        return False
    if torch.cuda.device_count() < 2:
        return False
    return big_enough()

def place(x):
    if usable():  # expect: NEU103
        x = x.cuda()  # expect: NEU102 guarded
    return x
""",
    "emptying a cache behind a probe is no choice": """
import torch

def free(x):
    if torch.cuda.is_available():
        print("freed")
""",
    "fake tensors are on no device": """
import torch
from torch._subclasses.fake_tensor import FakeTensorMode

def shapes(net):
    with FakeTensorMode() as mode:
        x = torch.empty(4, device="cuda")  # expect: NEU101 guarded
    return net(torch.empty(4, device="cuda"))  # expect: NEU101
""",
    "a flag that says what is built for the host": """
class Builder:
    def flags(self, x):
        if self.build_for_cpu:
            return x
        return x.cuda()  # expect: NEU102 guarded
""",
    "a probe that only answers is no choice": """
import torch

def works():
    if not torch.cuda.is_available():
        return False
    torch.zeros(1, device="cuda")  # expect: NEU101 guarded
    return True
""",
}


RELEASES = """
import torch
from packaging.version import Version
from transformers.utils import is_torch_greater_or_equal

def place(x):
    if is_torch_greater_or_equal("2.10"):
        return x.to("cuda")  # expect: NEU101{new}
    else:
        x = x.cuda()  # expect: NEU102{old}
    if Version(torch.__version__) < Version("2.11"):
        return x.to("cuda:1")  # expect: NEU101{old}
    return x.to("cuda:0")  # expect: NEU101{new}
"""


@pytest.mark.parametrize(
    ("chip", "stack", "new", "old"),
    [
        ("trn2", "native-eager", "", " guarded"),
        ("trn2", "vllm", "", " guarded"),
        ("trn1", "xla", " guarded", ""),
        ("trn2", "xla", " guarded", ""),
    ],
)
def test_a_branch_for_another_release_of_torch_is_dead_where_that_is_not_shipped(
    chip: str, stack: str, new: str, old: str
) -> None:
    check(RELEASES.format(new=new, old=old), chip=chip, stack=stack)


@pytest.mark.parametrize("title", PROGRAMS)
def test_context(title: str) -> None:
    check(PROGRAMS[title])


@pytest.mark.parametrize("title", PROGRAMS)
def test_context_without_triage(title: str) -> None:
    check(PROGRAMS[title], everything=True)
