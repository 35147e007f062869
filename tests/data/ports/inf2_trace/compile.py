"""Compiles an image model for Inferentia2 and serves it from every core of the process."""

import os

import torch
import torch_neuronx
from torchvision import models

PATH = "resnet.pt"


def build() -> None:
    os.environ["NEURON_RT_NUM_CORES"] = "2"
    model = models.resnet50(weights="IMAGENET1K_V2").eval()
    sample = torch.rand(4, 3, 224, 224)
    traced = torch_neuronx.trace(
        model, sample, compiler_workdir="./workdir", compiler_args=["--auto-cast", "none", "-O2"]
    )
    torch_neuronx.async_load(traced)
    torch.jit.save(traced, PATH)


def build_elsewhere(model: torch.nn.Module, sample: torch.Tensor) -> torch.jit.ScriptModule:
    """On a host without a chip."""
    return torch_neuronx.trace(model, sample, cpu_backend=True, compiler_args="--target inf2")


def build_split(model: torch.nn.Module, sample: torch.Tensor, state: dict) -> None:
    """With weights that can be exchanged."""
    traced = torch_neuronx.trace(model, sample, inline_weights_to_neff=False)
    torch_neuronx.replace_weights(traced, state)
    torch_neuronx.move_trace_to_device(traced, 0)
    print(traced(sample).shape)


def serve(images: torch.Tensor) -> torch.Tensor:
    traced = torch.jit.load(PATH)
    parallel = torch_neuronx.DataParallel(traced, device_ids=[0, 1], dim=0)
    return parallel(images)


if __name__ == "__main__":
    build()
    print(serve(torch.rand(8, 3, 224, 224)).argmax(-1))
