"""Tokens are mixed by a state that runs along them, or by a convolution as long as they are."""

import torch
from torch import nn
from torch.nn import functional as F

from tests.entry import entry


class Selective(nn.Module):
    """Mamba's slow path: matrices depend on the input, a loop runs over the sequence."""

    def __init__(self):
        super().__init__()
        self.x_proj = nn.Linear(48, 3 + 2 * 7, bias=False)
        self.dt_proj = nn.Linear(3, 48)
        self.a_log = nn.Parameter(torch.arange(1.0, 8.0).log().repeat(48, 1))
        self.skip = nn.Parameter(torch.ones(48))

    def pieces(self, x):
        dt, b, c = self.x_proj(x).split([3, 7, 7], dim=-1)
        return F.softplus(self.dt_proj(dt)), -torch.exp(self.a_log), b, c

    def forward(self, x):
        dt, a, b, c = self.pieces(x)
        decay = torch.exp(a[None, None] * dt[..., None])
        fed = dt[..., None] * b[:, :, None, :] * x[..., None]
        state, out = x.new_zeros(x.shape[0], 48, 7), []
        for i in range(x.shape[1]):
            state = decay[:, i] * state + fed[:, i]
            out.append(torch.matmul(state, c[:, i].unsqueeze(-1))[..., 0])
        return torch.stack(out, dim=1) + x * self.skip


class SelectiveEinsum(Selective):
    """The same in einsum (mamba-minimal)."""

    def forward(self, x):
        dt, a, b, c = self.pieces(x)
        decay = torch.exp(torch.einsum("bld,dn->bldn", dt, a))
        fed = torch.einsum("bld,bln,bld->bldn", dt, b, x)
        state, out = torch.zeros(x.shape[0], 48, 7, device=x.device), []
        for i in range(x.shape[1]):
            state = decay[:, i] * state + fed[:, i]
            out.append(torch.einsum("bdn,bn->bd", state, c[:, i]))
        return torch.stack(out, dim=1) + x * self.skip


class SelectiveSums(Selective):
    """Without a loop: cumulative sums of logarithms (short sequences only)."""

    def forward(self, x):
        dt, a, b, c = self.pieces(x)
        total = torch.einsum("bld,dn->bldn", dt, a).cumsum(dim=1)
        total = total.clamp(min=-60)
        fed = torch.einsum("bld,bln,bld->bldn", dt, b, x)
        state = torch.exp(total) * torch.cumsum(fed * torch.exp(-total), dim=1)
        return torch.einsum("bldn,bln->bld", state, c) + x * self.skip


def segments(x):
    n = x.shape[-1]
    total = x.cumsum(dim=-1)
    apart = total[..., :, None] - total[..., None, :]
    return apart.masked_fill(
        ~torch.ones(n, n, dtype=torch.bool, device=x.device).tril(), -torch.inf
    )


class Dual(nn.Module):
    """Mamba-2: chunks of five, matrix products inside and a decay between (the minimal SSD)."""

    def __init__(self):
        super().__init__()
        self.inner = nn.Linear(96, 96, bias=False)
        self.bc = nn.Linear(96, 2 * 7, bias=False)
        self.dt = nn.Linear(96, 6)
        self.a_log = nn.Parameter(torch.arange(1.0, 7.0).log())

    def pieces(self, x):
        dt = F.softplus(self.dt(x))
        heads = self.inner(x).unflatten(-1, (6, 16))
        return heads * dt[..., None], -self.a_log.exp() * dt, *self.bc(x).chunk(2, dim=-1)

    def forward(self, x):
        x, a, b, c = (t.unflatten(1, (4, 5)) for t in self.pieces(x))
        a = a.permute(0, 3, 1, 2)
        total = a.cumsum(dim=-1)
        inside = torch.exp(segments(a))
        y = torch.einsum("bcln,bcsn,bhcls,bcshp->bclhp", c, b, inside, x)
        left = torch.exp(total[..., -1:] - total)
        states = torch.einsum("bcln,bhcl,bclhp->bchpn", b, left, x)
        states = torch.cat([torch.zeros_like(states[:, :1]), states], dim=1)
        between = torch.exp(segments(F.pad(total[..., -1], (1, 0))))
        states = torch.einsum("bhzc,bchpn->bzhpn", between, states)[:, :-1]
        y = y + torch.einsum("bcln,bchpn,bhcl->bclhp", c, states, torch.exp(total))
        return y.flatten(1, 2).flatten(2)


class DualRecurrent(Dual):
    """The same, step by step: one decay for a head."""

    def forward(self, x):
        x, a, b, c = self.pieces(x)
        state, out = x.new_zeros(x.shape[0], 6, 16, 7), []
        for i in range(x.shape[1]):
            fed = x[:, i, :, :, None] * b[:, i, None, None, :]
            state = state * a[:, i].exp()[..., None, None] + fed
            out.append(torch.einsum("bhpn,bn->bhp", state, c[:, i]))
        return torch.stack(out, dim=1).flatten(2)


class Gated(nn.Module):
    """RG-LRU: a gate for each channel decides how much of the state stays."""

    def __init__(self):
        super().__init__()
        self.input_gate = nn.Linear(48, 48)
        self.keep_gate = nn.Linear(48, 48)
        self.rate = nn.Parameter(torch.rand(48))

    def pieces(self, x):
        log_a = -8.0 * torch.sigmoid(self.keep_gate(x)) * F.softplus(self.rate)
        fed = x * torch.sigmoid(self.input_gate(x)) * torch.sqrt(1 - torch.exp(2 * log_a))
        return log_a, fed

    def forward(self, x):
        log_a, fed = self.pieces(x)
        a = log_a.exp()
        state, out = torch.zeros_like(x[:, 0]), torch.zeros_like(x)
        for i in range(x.shape[1]):
            state = a[:, i] * state + fed[:, i]
            out[:, i] = state
        return out


class GatedDoubling(Gated):
    """The same as a parallel scan: steps of one, two, four … tokens."""

    def forward(self, x):
        log_a, state = self.pieces(x)
        a, step = log_a.exp(), 1
        while step < x.shape[1]:
            before = F.pad(state, (0, 0, step, 0))[:, : x.shape[1]]
            state = state + a * before
            a = a * F.pad(a, (0, 0, step, 0), value=0.0)[:, : x.shape[1]]
            step *= 2
        return state


class Weighted(nn.Module):
    """RWKV-4: sums of exponentials with a decay and a bonus for the present token."""

    def __init__(self):
        super().__init__()
        self.key = nn.Linear(48, 48, bias=False)
        self.value = nn.Linear(48, 48, bias=False)
        self.gate = nn.Linear(48, 48, bias=False)
        self.decay = nn.Parameter(torch.rand(48))
        self.bonus = nn.Parameter(torch.rand(48))

    def forward(self, x):
        k, v, w = self.key(x), self.value(x), -torch.exp(self.decay)
        above, below = torch.zeros_like(k[:, 0]), torch.zeros_like(k[:, 0])
        top = torch.full_like(k[:, 0], -1e38)
        out = torch.zeros_like(x)
        for t in range(x.shape[1]):
            here, seen = k[:, t], v[:, t]
            most = torch.maximum(top, here + self.bonus)
            e1, e2 = torch.exp(top - most), torch.exp(here + self.bonus - most)
            out[:, t] = (e1 * above + e2 * seen) / (e1 * below + e2)
            most = torch.maximum(top + w, here)
            e1, e2 = torch.exp(top + w - most), torch.exp(here - most)
            above, below, top = e1 * above + e2 * seen, e1 * below + e2, most
        return torch.sigmoid(self.gate(x)) * out


class WeightedPlain(Weighted):
    """The same without keeping the maximum."""

    def forward(self, x):
        k, v = self.key(x).exp(), self.value(x)
        decay, bonus = torch.exp(-torch.exp(self.decay)), self.bonus.exp()
        above, below, out = 0.0, 0.0, []
        for one, seen in zip(k.unbind(1), v.unbind(1), strict=True):
            out.append((above + bonus * one * seen) / (below + bonus * one))
            above, below = decay * above + one * seen, decay * below + one
        return self.gate(x).sigmoid() * torch.stack(out, dim=1)


class WeightedMatrix(nn.Module):
    """RWKV-5 and 6: the state is a matrix for each head, with a decay from the data."""

    def __init__(self):
        super().__init__()
        self.rkvw = nn.Linear(96, 4 * 96, bias=False)
        self.bonus = nn.Parameter(torch.rand(6, 16))

    def forward(self, x):
        r, k, v, w = self.rkvw(x).unflatten(-1, (4, 6, 16)).unbind(2)
        w = torch.exp(-torch.exp(w))
        state, out = x.new_zeros(x.shape[0], 6, 16, 16), []
        for t in range(x.shape[1]):
            kv = k[:, t, :, :, None] @ v[:, t, :, None, :]
            now = state + self.bonus[..., None] * kv
            out.append((r[:, t, :, None, :] @ now).squeeze(-2))
            state = kv + w[:, t, :, :, None] * state
        return torch.stack(out, dim=1).flatten(2)


class WeightedMatrixEinsum(WeightedMatrix):
    """The same in einsum."""

    def forward(self, x):
        r, k, v, w = self.rkvw(x).unflatten(-1, (4, 6, 16)).unbind(2)
        w = torch.exp(-torch.exp(w))
        state, out = torch.zeros(x.shape[0], 6, 16, 16), torch.zeros_like(v)
        for t in range(x.shape[1]):
            kv = torch.einsum("bhi,bhj->bhij", k[:, t], v[:, t])
            now = state + torch.einsum("hi,bhij->bhij", self.bonus, kv)
            out[:, t] = torch.einsum("bhi,bhij->bhj", r[:, t], now)
            state = state * w[:, t].unsqueeze(-1) + kv
        return out.flatten(2)


class Fourier(nn.Module):
    """Hyena: gates around a convolution of full length by FFT; the filter is made by a network."""

    def __init__(self):
        super().__init__()
        self.three = nn.Linear(48, 144)
        self.filter = nn.Sequential(nn.Linear(3, 11), nn.GELU(), nn.Linear(11, 48))
        at = torch.linspace(0, 1, 20)[:, None]
        self.register_buffer("at", torch.cat([at, at.sin(), at.cos()], dim=-1))

    def kernel(self):
        return (self.filter(self.at) * torch.exp(-3 * self.at[:, :1])).T

    def mixed(self, u, k):
        n = u.shape[-1]
        spectrum = torch.fft.rfft(u, n=2 * n) * torch.fft.rfft(k, n=2 * n)
        return torch.fft.irfft(spectrum, n=2 * n)[..., :n]

    def forward(self, x):
        q, k, v = self.three(x).transpose(1, 2).chunk(3, dim=1)
        return (q * self.mixed(k * v, self.kernel())).transpose(1, 2)


class Toeplitz(Fourier):
    """The same as a grouped convolution with a kernel as long as the sequence."""

    def mixed(self, u, k):
        return F.conv1d(F.pad(u, (u.shape[-1] - 1, 0)), k.flip(-1).unsqueeze(1), groups=48)


class StateSpace(nn.Module):
    """S4D: the kernel is a sum of complex exponentials, the convolution is by FFT."""

    def __init__(self):
        super().__init__()
        self.log_dt = nn.Parameter(torch.linspace(-4, -1, 48))
        self.real = nn.Parameter(torch.zeros(48, 7))
        self.phase = nn.Parameter(torch.pi * torch.arange(7.0).repeat(48, 1))
        self.c = nn.Parameter(torch.randn(48, 7, 2))

    def kernel(self, n):
        a = -torch.exp(self.real) + 1j * self.phase
        dt_a = a * self.log_dt.exp().unsqueeze(-1)
        powers = torch.exp(dt_a.unsqueeze(-1) * torch.arange(n, device=a.device))
        c = torch.view_as_complex(self.c) * (torch.exp(dt_a) - 1.0) / a
        return 2 * torch.einsum("hn,hnl->hl", c, powers).real

    def forward(self, x):
        u, n = x.transpose(-1, -2), x.shape[1]
        spectrum = torch.fft.rfft(self.kernel(n), n=2 * n) * torch.fft.rfft(u, n=2 * n)
        return torch.fft.irfft(spectrum, n=2 * n)[..., :n].transpose(-1, -2)


def channels():
    return (torch.randn(2, 20, 48),)


def tokens():
    return (torch.randn(2, 20, 96),)


ANY = {"open": ("bias", "chunk", "window", "rope")}
HEADS = {"heads": 6, "head_dim": 16, **ANY}

ZOO = [
    entry(Selective, channels, "ssm-selective-scan", twins="scan", **ANY),
    entry(SelectiveEinsum, channels, "ssm-selective-scan", twins="scan", **ANY),
    entry(SelectiveSums, channels, "ssm-selective-scan", **ANY),
    entry(Dual, tokens, "ssd", twins="dual", **ANY),
    entry(DualRecurrent, tokens, "ssd", twins="dual", **ANY),
    entry(Gated, channels, "linear-recurrence", twins="gated", **ANY),
    entry(GatedDoubling, channels, "linear-recurrence", twins="gated", **ANY),
    entry(Weighted, channels, "rwkv", twins="weighted", **ANY),
    entry(WeightedPlain, channels, "rwkv", twins="weighted", **ANY),
    entry(WeightedMatrix, tokens, "rwkv", twins="matrix", **HEADS),
    entry(WeightedMatrixEinsum, tokens, "rwkv", twins="matrix", **HEADS),
    entry(Fourier, channels, "long-conv", twins="filter", **ANY),
    entry(Toeplitz, channels, "long-conv", twins="filter", **ANY),
    entry(StateSpace, channels, "long-conv", **ANY),
]
