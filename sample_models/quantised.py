"""Weights in eight bits: a layer of our own, and bitsandbytes where a GPU wants it faster."""

import torch
from torch import Tensor, nn
from torch.nn import functional as F


class Int8Linear(nn.Module):
    """Linear layer with int8 weights and one scale per output row; computes in x's dtype."""

    def __init__(self, inside: int, outside: int) -> None:
        super().__init__()
        self.register_buffer("weight", torch.zeros(outside, inside, dtype=torch.int8))
        self.register_buffer("scale", torch.ones(outside))
        self.register_buffer("bias", torch.zeros(outside))

    @classmethod
    def of(cls, layer: nn.Linear) -> "Int8Linear":
        """Rounds a float layer: symmetric, the largest weight of a row becomes 127."""
        quantised = cls(layer.in_features, layer.out_features)
        weight = layer.weight.detach()
        scale = weight.abs().amax(dim=1).clamp(min=1e-8) / 127
        quantised.weight.copy_(torch.round(weight / scale[:, None]).to(torch.int8))
        quantised.scale.copy_(scale)
        if layer.bias is not None:
            quantised.bias.copy_(layer.bias.detach())
        return quantised

    def forward(self, x: Tensor) -> Tensor:
        weight = self.weight.to(x.dtype) * self.scale[:, None].to(x.dtype)
        return F.linear(x, weight, self.bias.to(x.dtype))


def quantise(net: nn.Module) -> nn.Module:
    """Replaces every linear layer below net, in place."""
    for name, child in net.named_children():
        if isinstance(child, nn.Linear):
            setattr(net, name, Int8Linear.of(child))
        else:
            quantise(child)
    return net


def quantise_for_gpu(net: nn.Module) -> nn.Module:
    """The same with the library's kernels, which also quantise the activations."""
    import bitsandbytes as bnb  # expect: NEU804

    for name, child in net.named_children():
        if isinstance(child, nn.Linear):
            layer = bnb.nn.Linear8bitLt(
                child.in_features, child.out_features, has_fp16_weights=False
            )
            layer.load_state_dict(child.state_dict())
            setattr(net, name, layer)
        else:
            quantise_for_gpu(child)
    return net.to("cuda")  # expect: NEU101


def model() -> nn.Module:
    net = nn.Sequential(nn.Linear(32, 64), nn.GELU(), nn.Linear(64, 8))
    return quantise(net).eval()


def example_inputs() -> Tensor:
    return torch.rand(4, 32)
