"""What is hot: by calls from a forward, a training step or a decoding loop, not by name."""

import msgspec
import pytest

from portlint import config, engine
from portlint.catalog import shipped
from tests.marks import marks, reported

HOT = ("NEU601", "NEU602", "NEU603", "NEU606", "NEU608", "NEU611", "NEU612", "NEU619", "NEU631")
CONFIG, _ = config.read((), {"select": HOT}, None, shipped().rules)

PROGRAMS = {
    "methods and functions that a forward calls": """
import torch
from torch import Tensor, nn

def longest(lengths: Tensor) -> int:
    return lengths.max().item()  # expect: NEU606

def report(lengths: Tensor) -> int:
    return lengths.max().item()

class Net(nn.Module):
    def forward(self, x: Tensor, lengths: Tensor):
        def inner(y):
            return y.sum().item()  # expect: NEU606
        return self._cut(x, longest(lengths)), inner(x)

    def _cut(self, x, size):
        return x[:size], float(x.mean())  # expect: NEU606

    def summary(self, x: Tensor):
        return x.mean().item()
""",
    "what is handed over to be called again in the backward pass": """
from torch import Tensor, nn
from torch.utils.checkpoint import checkpoint

class Net(nn.Module):
    def forward(self, x: Tensor):
        return checkpoint(self._inner, x)

    def _inner(self, x: Tensor):
        if x.isnan().any():  # expect: NEU606
            return x * 0
        return x
""",
    "a forward of a base class calls what a class overrides": """
from torch import Tensor, nn

class Base(nn.Module):
    def forward(self, x: Tensor):
        return self.attend(x)

class Sparse(Base):
    def attend(self, x):
        return x[x > 0]  # expect: NEU601

class Other(nn.Module):
    def attend(self, x: Tensor):
        return x[x > 0]
""",
    "a base class of another file; another kind of class": """
import torch
from .base import ModelBase

class Net(ModelBase):
    def forward(self, x: torch.Tensor):
        return x.nonzero()

class Queue:
    def forward(self, x: torch.Tensor):
        return x.tolist()

class Scale(torch.autograd.Function):
    @staticmethod
    def forward(ctx, x: torch.Tensor):
        return x.tolist()
""".replace("x.nonzero()\n", "x.nonzero()  # expect: NEU602\n"),
    "numbers that no data changes": """
import torch
from torch import Tensor, nn

class Net(nn.Module):
    def forward(self, x: Tensor, size: int, scale=2.0):
        b, t, _ = x.shape
        if t > size or x.ndim != 3 or len(x) > 4 or x.dtype == torch.float32:
            x = x[:, : min(t, size)]
        for i, part in enumerate(x.chunk(2)):
            if i > 0 and x.size(1) % 2 == 0 and part.numel() > 0:
                x = part[:i]
        mask = torch.ones(t, t).tril() > 0
        draw = torch.rand(1)
        if self.drop > draw or self.config.flag or scale > 1:
            return x.repeat_interleave(b, dim=0)
        return x.masked_fill(~mask, 0.0), torch.arange(t), range(b)
""",
    "tensors that are numbers": """
import torch
from torch import Tensor, nn

class Net(nn.Module):
    def forward(self, x: Tensor, lengths: Tensor, labels: Tensor):
        for i in range(lengths.max()):  # expect: NEU603
            x = x[:, : lengths[i]]  # expect: NEU603
        y = torch.zeros(lengths.sum().item())  # expect: NEU606
        keep = labels != -100
        y = y[y > 0]
        x = x.repeat_interleave(lengths, dim=0)  # expect: NEU602
        assert torch.equal(x, labels)  # expect: NEU606
        return x if lengths[0] == 1 else -x, x[keep]  # expect: NEU606, NEU601
""",
    "questions whether a graph is made, whether it trains, whether it is there": """
import torch
from torch import Tensor, nn

class Net(nn.Module):
    def forward(self, x: Tensor, labels: Tensor | None = None):
        if self.table is None:
            self.table = x.max().item()
        if x.device.type == "mps":
            x = x.to("cpu")
        if isinstance(x, int):
            x = torch.arange(x)
        if self.training:
            x = x[x > 0]  # expect: NEU611
        if labels is not None and labels.max() > 9:  # expect: NEU631
            self.top = labels.max().item()  # expect: NEU631
        if torch.compiler.is_compiling():
            return x
        return x.tolist()

    @torch.compiler.disable
    def log(self, x: Tensor):
        return x.item()
""",
    "a step of Lightning and what it calls": """
import lightning as L
import torch

class Module(L.LightningModule):
    def training_step(self, batch, index):
        loss = self.loss(batch)
        self.log("loss", loss.item())  # expect: NEU631
        return loss

    def loss(self, batch):
        return batch.sum() / float(batch.norm().item())  # expect: NEU631

    def validation_step(self, batch, index):
        self.log("loss", self.model(batch).item())
""",
    "the round around a backward, and what it calls": """
from tqdm import tqdm

def train(model, loader, optimizer):
    bar = tqdm(loader)
    for epoch in range(9):
        total = 0.0
        for x, y in bar:
            loss = model(x, y)
            loss.backward()
            optimizer.step()
            bar.set_postfix(loss=loss.item())  # expect: NEU631
            note(loss)
        print(loss.item())

def note(loss):
    return loss.item()  # expect: NEU631

def never(loss):
    return loss.item()
""".replace("from tqdm", "import torch\nfrom tqdm"),
    "fields that vLLM keeps on the host": """
import torch
from torch import nn
from vllm.multimodal.inputs import MultiModalFieldConfig

def fields(hf_inputs):
    return dict(
        pixels=MultiModalFieldConfig.batched("image"),
        image_sizes=MultiModalFieldConfig.batched("image", keep_on_cpu=True),
        audio_lens=MultiModalFieldConfig.batched("audio"),
    )

class Tower(nn.Module):
    def forward(self, x: torch.Tensor, image_sizes: torch.Tensor, audio_lens: torch.Tensor):
        for height, width in image_sizes:
            x = x[: int(height)] + width.item()
        return x.split(audio_lens.tolist()), self.rope(image_sizes)  # expect: NEU606

    def rope(self, sizes: torch.Tensor):
        return sizes.max().item()

class Net(nn.Module):
    def forward(self, x: torch.Tensor, grid_thw: torch.Tensor, **kwargs):
        sizes = kwargs.pop("image_sizes")
        return x.split(grid_thw.prod(-1).tolist()), sizes.tolist()
""",
    "a metadata object of an engine does not say where its tensors are": """
import torch
from torch import nn
from .metadata import PoolingMetadata

class Pooler(nn.Module):
    def forward(self, x: torch.Tensor, meta: PoolingMetadata, batch):
        lens = meta.prompt_lens
        pieces = x.split(lens.tolist())
        return pieces, batch.lens.tolist()  # expect: NEU606
""",
    "grids and lists that are made on the host": """
import torch
import torch.nn.functional as F
from torch import nn

class Rope(nn.Module):
    def forward(self, x: torch.Tensor, sizes: list[int], lens: torch.Tensor):
        lines = [torch.linspace(0, s, s + 1)[:s] for s in sizes]
        grid = torch.stack(torch.meshgrid(*lines, indexing="ij"), dim=0)
        top = grid.view(-1).max().item()
        parts = []
        for size in sizes:
            parts.append(F.pad(torch.arange(size), (0, size - 1), "constant", -1))
        places = torch.cat(parts)
        places = places[places != -1]
        spare = torch.zeros(3, device=places.device)
        return x + top, places.tolist(), spare.tolist(), lens.tolist()  # expect: NEU606
""",
    "numbers that are given for what an annotation calls a tensor": """
import torch
from torch import Tensor, nn

class Net(nn.Module):
    def forward(self, x: Tensor, mask: Tensor):
        first = self.lengths(x.shape[-1])
        return first, self.count(x.shape[-1]), self.count(mask.sum())

    def lengths(self, n: Tensor):
        return int((n - 127) / 64 + 1)

    def count(self, n: Tensor):
        return int(n)  # expect: NEU606
""",
    "a branch for the host, by a name for its answer": """
from torch import Tensor, nn

class Net(nn.Module):
    def forward(self, x: Tensor, counts: Tensor):
        on_host = x.device.type == "cpu"
        counts = counts.cpu() if on_host else counts
        if not on_host:
            x = x + counts.max().item()  # expect: NEU606
        return x
""",
    "a line that writes through a mask and asks for the shape of it": """
import torch
from torch import Tensor, nn

class Net(nn.Module):
    def forward(self, x: Tensor):
        missing = x < 0
        x[missing] = torch.zeros(x[missing].shape)  # expect: NEU601
        x[missing] = 1.0
        return x
""",
    "blocks of fake tensors, and what a value taken away held": """
from torch import Tensor, nn
from torch._subclasses.fake_tensor import FakeTensorMode

class Net(nn.Module):
    def forward(self, x: Tensor, mask: Tensor | None = None, fresh: bool = True):
        with FakeTensorMode():
            size = x.nonzero()
        if fresh:
            mask = None
        return self.cut(x, mask), size

    def cut(self, x: Tensor, mask: Tensor | None):
        return x[mask.bool()]  # expect: NEU601
""",
    "pairs that scipy assigned are on the host": """
import torch
from torch import nn

class Criterion(nn.Module):
    def forward(self, outputs, targets):
        pairs = self.matcher(outputs, targets)
        for pair in [torch.cat([p[0][:, None], p[1][:, None]], 1) for p in pairs]:
            kinds = torch.unique(pair, dim=0)
            first = kinds[0].item()
        return outputs.sum() / torch.unique(targets).numel() + first  # expect: NEU611
""",
    "a file that prepares inputs runs on the host": """
import torch
from torch import nn
from transformers import SequenceFeatureExtractor

class Filterbank(nn.Module):
    def forward(self, x: torch.Tensor, lens: torch.Tensor):
        return torch.stft(x, 400)[:, : lens.max().item()], x[x > 0]

class Extractor(SequenceFeatureExtractor):
    def __call__(self, audio):
        return self.filterbank(audio)
""",
    "a training loop of a script, in no function": """
import torch

for x, y in loader:
    loss = torch.nn.functional.mse_loss(model(x), y)
    loss.backward()
    optimizer.step()
    total += loss.item()  # expect: NEU631
""",
    "a docstring that says where a mask is": """
import torch
from torch import nn

class Merge(nn.Module):
    def forward(self, x: torch.Tensor, is_image: torch.Tensor, other: torch.Tensor):
        '''The runner builds ``is_image`` on CPU; `x` is on the device.'''
        if is_image.any():
            return x
        return x + other.any().item()  # expect: NEU606

class Tower(nn.Module):
    def forward(self, x: torch.Tensor, shapes: torch.Tensor, lens: torch.Tensor, n: torch.Tensor):
        '''Encode.

        Args:
            x: the patches
            lens: (batch,) on the CPU
        '''
        assert shapes.device.type == "cpu"
        return x.split(lens.tolist()), shapes.tolist(), n.tolist()  # expect: NEU606
""",
}


@pytest.mark.parametrize("everything", [False, True], ids=["triage", "everything"])
@pytest.mark.parametrize("title", PROGRAMS)
def test_what_is_hot(title: str, everything: bool) -> None:
    code = PROGRAMS[title]
    settings = msgspec.structs.replace(CONFIG, no_triage=everything)
    done = engine.run_bytes(code.encode(), "code.py", settings)
    assert done.report.not_analysed == ()
    assert reported(done.report) == set(marks(code, "code.py"))
