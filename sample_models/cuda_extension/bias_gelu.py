"""A feed-forward layer over the compiled kernel, with a backward pass in PyTorch."""

import fused_bias_gelu
import torch
from torch import Tensor, nn


class BiasGelu(torch.autograd.Function):
    """gelu(x + bias): the kernel forward, its derivative by hand."""

    @staticmethod
    def forward(ctx, x: Tensor, bias: Tensor) -> Tensor:
        ctx.save_for_backward(x, bias)
        return fused_bias_gelu.forward(x.contiguous(), bias)  # traced: NEU849

    @staticmethod
    def backward(ctx, grad: Tensor) -> tuple[Tensor, Tensor]:
        x, bias = ctx.saved_tensors
        z = x + bias
        inner = torch.tanh(0.7978845608 * (z + 0.044715 * z**3))
        slope = 0.5 * (1 + inner) + 0.5 * z * (1 - inner**2) * (
            0.7978845608 * (1 + 3 * 0.044715 * z**2)
        )
        grad_x = grad * slope
        return grad_x, grad_x.flatten(0, -2).sum(0)


class FeedForward(nn.Module):
    """[..., width] -> [..., width] through a hidden layer with the fused activation."""

    def __init__(self, width: int = 64, hidden: int = 256) -> None:
        super().__init__()
        self.up = nn.Linear(width, hidden, bias=False)
        self.bias = nn.Parameter(torch.zeros(hidden))
        self.down = nn.Linear(hidden, width)

    def forward(self, x: Tensor) -> Tensor:
        return self.down(BiasGelu.apply(self.up(x), self.bias))


def model() -> nn.Module:
    return FeedForward().cuda()  # expect: NEU102


def example_inputs() -> tuple[Tensor]:
    return (torch.randn(2, 16, 64),)
