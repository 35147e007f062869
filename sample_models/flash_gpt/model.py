"""GPT whose attention is flash-attention's: a fixed-length path and a packed one."""

import torch
from flash_attn import flash_attn_func, flash_attn_varlen_func  # expect: NEU801
from flash_attn.bert_padding import pad_input, unpad_input  # expect: NEU801
from torch import Tensor, nn


class Attention(nn.Module):
    """Causal self-attention, with a window of past tokens where one is given."""

    def __init__(self, width: int, heads: int, window: int | None = None) -> None:
        super().__init__()
        self.heads = heads
        self.window = (window, 0) if window else (-1, -1)
        self.qkv = nn.Linear(width, 3 * width, bias=False)
        self.out = nn.Linear(width, width, bias=False)

    def forward(self, x: Tensor, mask: Tensor | None = None) -> Tensor:
        batch, length, width = x.shape
        qkv = self.qkv(x).view(batch, length, 3, self.heads, width // self.heads)
        q, k, v = qkv.unbind(dim=2)
        if mask is None:
            mixed = flash_attn_func(q, k, v, causal=True, window_size=self.window)
        else:
            mixed = self.packed(q, k, v, mask)
        return self.out(mixed.reshape(batch, length, width))

    def packed(self, q: Tensor, k: Tensor, v: Tensor, mask: Tensor) -> Tensor:
        """Rows of different lengths without their padding."""
        batch, length = mask.shape
        q, indices, starts, longest, _ = unpad_input(q, mask)
        k, *_ = unpad_input(k, mask)
        v, *_ = unpad_input(v, mask)
        mixed = flash_attn_varlen_func(
            q,
            k,
            v,
            cu_seqlens_q=starts,
            cu_seqlens_k=starts,
            max_seqlen_q=longest,
            max_seqlen_k=longest,
            causal=True,
        )
        return pad_input(mixed, indices, batch, length)


class GPT(nn.Module):
    """Token ids [batch, length] -> next-token scores [batch, length, vocabulary]."""

    def __init__(self, vocabulary: int = 1024, width: int = 128, depth: int = 2) -> None:
        super().__init__()
        self.tokens = nn.Embedding(vocabulary, width)
        self.attention = nn.ModuleList(Attention(width, 4, window=256) for _ in range(depth))
        self.norms = nn.ModuleList(nn.RMSNorm(width) for _ in range(depth))
        self.head = nn.Linear(width, vocabulary, bias=False)

    def forward(self, ids: Tensor, mask: Tensor | None = None) -> Tensor:
        x = self.tokens(ids)
        for norm, attention in zip(self.norms, self.attention, strict=True):
            x = x + attention(norm(x), mask)
        return self.head(x)


def model() -> nn.Module:
    return GPT().to("cuda", torch.bfloat16)  # expect: NEU101


def example_inputs() -> tuple[Tensor]:
    return (torch.randint(0, 1024, (2, 64)),)
