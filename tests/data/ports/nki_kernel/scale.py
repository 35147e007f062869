"""A kernel of NKI 0.7 as an operator of PyTorch, with its gradient."""

import nki
import nki.isa as nisa
import nki.language as nl
import torch
from torch_neuronx import nki_op

ROWS = 128


@nki.jit
def scale_kernel(x, factor):
    out = nl.ndarray(x.shape, dtype=x.dtype, buffer=nl.shared_hbm)
    for start in range(0, x.shape[0], ROWS):
        stop = min(start + ROWS, x.shape[0])
        tile = nl.ndarray((stop - start, x.shape[1]), dtype=x.dtype, buffer=nl.sbuf)
        nisa.dma_copy(dst=tile, src=x[start:stop])
        nisa.tensor_scalar(dst=tile, data=tile, op0=nl.multiply, operand0=factor)
        nisa.dma_copy(dst=out[start:stop], src=tile)
    return out


@nki.jit
def count_kernel(x, bound):
    total = nl.zeros((1, 1), dtype=nl.float32)

    def body(i):
        nisa.tensor_scalar(dst=total, data=total, op0=nl.add, operand0=1.0)

    nl.fori_loop(0, bound, body)
    out = nl.ndarray((1, 1), dtype=nl.float32, buffer=nl.shared_hbm)
    nl.store(out, total)
    return out


@nki_op("mylib::scale", mutates_args={})
def scale(x: torch.Tensor, factor: float) -> torch.Tensor:
    return scale_kernel(x, factor)


@scale.register_fake
def _(x: torch.Tensor, factor: float) -> torch.Tensor:
    return torch.empty_like(x)


def setup(ctx, inputs, output):
    ctx.factor = inputs[1]


def backward(ctx, grad):
    return torch.ops.mylib.scale(grad, ctx.factor), None


scale.register_autograd(backward, setup_context=setup)


if __name__ == "__main__":
    x = torch.rand(256, 512, device="neuron", requires_grad=True)
    scale(x, 0.5).sum().backward()
    torch.neuron.synchronize()
    print(x.grad.cpu().mean())
