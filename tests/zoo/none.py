"""No attention: softmaxes, gates, convolutions and mixings that are something else."""

import torch
from torch import nn
from torch.nn import functional as F

from tests.entry import entry


class Router(nn.Module):
    """Mixture of experts: a softmax chooses two, all run and are weighted."""

    def __init__(self):
        super().__init__()
        self.gate = nn.Linear(96, 5, bias=False)
        self.up = nn.Parameter(torch.randn(5, 96, 40) / 10)
        self.down = nn.Parameter(torch.randn(5, 40, 96) / 10)

    def forward(self, x):
        share = F.softmax(self.gate(x), dim=-1, dtype=torch.float32)
        best, at = share.topk(2, dim=-1)
        share = torch.zeros_like(share).scatter(-1, at, best / best.sum(-1, keepdim=True))
        y = torch.einsum("bsd,edf->bsef", x, self.up).relu()
        y = torch.einsum("bsef,efd->bsed", y, self.down)
        return torch.einsum("bse,bsed->bsd", share.to(x.dtype), y)


class SoftExperts(nn.Module):
    """All experts' outputs, weighted by one batched matrix product."""

    def __init__(self):
        super().__init__()
        self.gate = nn.Linear(96, 5)
        self.experts = nn.ModuleList(nn.Linear(96, 32) for _ in range(5))

    def forward(self, x):
        outputs = torch.stack([e(x) for e in self.experts], dim=-2)
        return torch.matmul(self.gate(x).softmax(dim=-1).unsqueeze(-2), outputs).squeeze(-2)


class Classifier(nn.Module):
    """Probabilities of classes."""

    def __init__(self):
        super().__init__()
        self.body = nn.Sequential(nn.Linear(96, 40), nn.GELU(), nn.Linear(40, 11))

    def forward(self, x):
        return torch.softmax(self.body(x.mean(dim=1)), dim=-1)


class Pooling(nn.Module):
    """Tokens are pooled by a learned score."""

    def __init__(self):
        super().__init__()
        self.score = nn.Linear(96, 1)

    def forward(self, x):
        weights = F.softmax(self.score(x), dim=1)
        return (weights.transpose(1, 2) @ x).squeeze(1)


class PoolingVector(nn.Module):
    """The same with a vector and tanh (Yang's attention pooling), by hand."""

    def __init__(self):
        super().__init__()
        self.inner = nn.Linear(96, 40)
        self.context = nn.Parameter(torch.randn(40))

    def forward(self, x):
        scores = torch.tanh(self.inner(x)) @ self.context
        return torch.bmm(scores.softmax(dim=1).unsqueeze(1), x).squeeze(1)


class Squeeze(nn.Module):
    """Channels are scaled by what a pooled image says."""

    def __init__(self):
        super().__init__()
        self.conv = nn.Conv2d(12, 24, 3, padding=1)
        self.fc = nn.Sequential(nn.Linear(24, 6), nn.ReLU(), nn.Linear(6, 24), nn.Sigmoid())

    def forward(self, x):
        x = self.conv(x)
        return x * self.fc(x.mean(dim=(2, 3)))[:, :, None, None]


class GatedMlp(nn.Module):
    """SwiGLU."""

    def __init__(self):
        super().__init__()
        self.gate, self.up = nn.Linear(96, 40), nn.Linear(96, 40)
        self.down = nn.Linear(40, 96)

    def forward(self, x):
        return self.down(F.silu(self.gate(x)) * self.up(x))


class Residual(nn.Module):
    """Convolutions and a head of classes."""

    def __init__(self):
        super().__init__()
        self.first = nn.Conv2d(12, 12, 3, padding=1)
        self.norm = nn.BatchNorm2d(12)
        self.head = nn.Linear(12, 11)

    def forward(self, x):
        x = x + F.relu(self.norm(self.first(x)))
        return self.head(F.adaptive_avg_pool2d(x, 1).flatten(1)).softmax(dim=-1)


class Layers(nn.Module):
    """Outputs of layers are mixed by softmax weights (ELMo)."""

    def __init__(self):
        super().__init__()
        self.body = nn.ModuleList(nn.Linear(96, 96) for _ in range(4))
        self.share = nn.Parameter(torch.randn(4))

    def forward(self, x):
        seen = []
        for layer in self.body:
            x = layer(x).relu()
            seen.append(x)
        return torch.einsum("l,lbsd->bsd", self.share.softmax(dim=0), torch.stack(seen))


class Codebook(nn.Module):
    """Soft choice from a codebook, which is a parameter."""

    def __init__(self):
        super().__init__()
        self.logits = nn.Linear(96, 31)
        self.codes = nn.Parameter(torch.randn(31, 96))

    def forward(self, x):
        return torch.softmax(self.logits(x) / 0.7, dim=-1) @ self.codes


class Gumbel(nn.Module):
    """The same by Gumbel noise."""

    def __init__(self):
        super().__init__()
        self.logits = nn.Linear(96, 31)
        self.codes = nn.Embedding(31, 96)

    def forward(self, x):
        return torch.matmul(F.gumbel_softmax(self.logits(x), tau=0.9, dim=-1), self.codes.weight)


class Distances(nn.Module):
    """Soft assignment to prototypes by their distance, then their sum."""

    def __init__(self):
        super().__init__()
        self.prototypes = nn.Parameter(torch.randn(31, 96))

    def forward(self, x):
        return torch.softmax(-torch.cdist(x, self.prototypes[None]), dim=-1) @ self.prototypes


class Ctc(nn.Module):
    """Log-probabilities of characters for every frame."""

    def __init__(self):
        super().__init__()
        self.conv = nn.Conv1d(96, 40, 3, padding=1)
        self.head = nn.Linear(40, 29)

    def forward(self, x):
        y = self.conv(x.transpose(1, 2)).relu().transpose(1, 2)
        return F.log_softmax(self.head(y), dim=-1)


class Sampling(nn.Module):
    """A temperature, the best seven, and a cumulative sum of probabilities."""

    def __init__(self):
        super().__init__()
        self.head = nn.Linear(96, 31)

    def forward(self, x):
        logits = self.head(x[:, -1]) / 0.8
        low = logits.topk(7, dim=-1).values[:, -1:]
        share = logits.masked_fill(logits < low, float("-inf")).softmax(dim=-1)
        ordered, at = share.sort(dim=-1, descending=True)
        kept = ordered.masked_fill(ordered.cumsum(dim=-1) - ordered > 0.9, 0.0)
        return torch.zeros_like(share).scatter(-1, at, kept)


class Mixture(nn.Module):
    """Mixture of softmaxes: four distributions and their weights."""

    def __init__(self):
        super().__init__()
        self.prior = nn.Linear(96, 4)
        self.latent = nn.Linear(96, 4 * 24)
        self.vocabulary = nn.Linear(24, 31)

    def forward(self, x):
        share = self.prior(x).softmax(dim=-1)
        each = self.vocabulary(self.latent(x).unflatten(-1, (4, 24)).tanh()).softmax(dim=-1)
        return torch.einsum("bsm,bsmv->bsv", share, each)


class ShortConv(nn.Module):
    """A depthwise causal convolution over four tokens, with gates (LFM2)."""

    def __init__(self):
        super().__init__()
        self.three = nn.Linear(96, 288)
        self.conv = nn.Conv1d(96, 96, 4, groups=96, padding=3)

    def forward(self, x):
        b, c, v = self.three(x).transpose(1, 2).chunk(3, dim=1)
        return (c * self.conv(b * v)[..., : x.shape[1]]).transpose(1, 2)


class FourierMix(nn.Module):
    """FNet: two Fourier transforms and no weights."""

    def __init__(self):
        super().__init__()
        self.norm = nn.LayerNorm(96)

    def forward(self, x):
        return self.norm(x + torch.fft.fft(torch.fft.fft(x, dim=-1), dim=-2).real)


class MlpMixer(nn.Module):
    """A learned matrix mixes the tokens."""

    def __init__(self):
        super().__init__()
        self.tokens = nn.Sequential(nn.Linear(20, 33), nn.GELU(), nn.Linear(33, 20))

    def forward(self, x):
        return x + self.tokens(x.transpose(1, 2)).transpose(1, 2)


class Recurrent(nn.Module):
    """An LSTM."""

    def __init__(self):
        super().__init__()
        self.inner = nn.LSTM(96, 40, batch_first=True)

    def forward(self, x):
        return self.inner(x)[0]


class Contrastive(nn.Module):
    """Similarities of two towers and their softmax (CLIP's loss)."""

    def __init__(self):
        super().__init__()
        self.left, self.right = nn.Linear(96, 24), nn.Linear(96, 24)

    def forward(self, x):
        a = F.normalize(self.left(x[:, 0]), dim=-1)
        b = F.normalize(self.right(x[:, 1]), dim=-1)
        return torch.softmax(a @ b.T * 14.3, dim=-1)


class MovingAverage(nn.Module):
    """A cumulative mean over the tokens."""

    def __init__(self):
        super().__init__()
        self.proj = nn.Linear(96, 96)

    def forward(self, x):
        count = torch.arange(1, x.shape[1] + 1, device=x.device)[None, :, None]
        return self.proj(x.cumsum(dim=1) / count)


class Selection(nn.Module):
    """SKNet: softmax over branches, then their weighted sum."""

    def __init__(self):
        super().__init__()
        self.small = nn.Conv2d(12, 12, 3, padding=1)
        self.large = nn.Conv2d(12, 12, 5, padding=2)
        self.fc = nn.Linear(12, 24)

    def forward(self, x):
        both = torch.stack([self.small(x), self.large(x)], dim=1)
        share = self.fc(both.sum(dim=1).mean(dim=(2, 3))).view(-1, 2, 12).softmax(dim=1)
        return (both * share[..., None, None]).sum(dim=1)


def tokens():
    return (torch.randn(2, 20, 96),)


def image():
    return (torch.randn(2, 12, 8, 10),)


ZOO = [
    entry(Router, tokens, None),
    entry(SoftExperts, tokens, None, shape=(2, 20, 32)),
    entry(Classifier, tokens, None, shape=(2, 11)),
    entry(Pooling, tokens, None, shape=(2, 96)),
    entry(PoolingVector, tokens, None, shape=(2, 96)),
    entry(Squeeze, image, None, shape=(2, 24, 8, 10)),
    entry(GatedMlp, tokens, None),
    entry(Residual, image, None, shape=(2, 11)),
    entry(Layers, tokens, None),
    entry(Codebook, tokens, None),
    entry(Gumbel, tokens, None),
    entry(Distances, tokens, None),
    entry(Ctc, tokens, None, shape=(2, 20, 29)),
    entry(Sampling, tokens, None, shape=(2, 31)),
    entry(Mixture, tokens, None, shape=(2, 20, 31)),
    entry(ShortConv, tokens, None),
    entry(FourierMix, tokens, None),
    entry(MlpMixer, tokens, None),
    entry(Recurrent, tokens, None, shape=(2, 20, 40)),
    entry(Contrastive, tokens, None, shape=(2, 2)),
    entry(MovingAverage, tokens, None),
    entry(Selection, image, None),
]
