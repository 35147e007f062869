"""Data-parallel training on Trainium1 with lazy tensors."""

import argparse
import os

import torch
import torch.distributed as dist
import torch_xla.core.xla_model as xm
import torch_xla.distributed.parallel_loader as pl
import torch_xla.distributed.xla_backend  # noqa: F401 (registers the process group)
import torch_xla.runtime as xr
from torch import nn
from torch.utils.data import DataLoader, DistributedSampler, TensorDataset
from torch_xla.utils.checkpoint import checkpoint


class Net(nn.Module):
    def __init__(self) -> None:
        super().__init__()
        self.blocks = nn.ModuleList(nn.Linear(512, 512) for _ in range(8))
        self.head = nn.Linear(512, 10)

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        for block in self.blocks:
            x = checkpoint(lambda y, block=block: torch.relu(block(y)), x, use_reentrant=True)
        return self.head(x)


def loader(device: torch.device) -> pl.MpDeviceLoader:
    data = TensorDataset(torch.rand(4096, 512), torch.randint(10, (4096,)))
    sampler = DistributedSampler(data, num_replicas=xr.world_size(), rank=xr.global_ordinal())
    return pl.MpDeviceLoader(DataLoader(data, 32, sampler=sampler, drop_last=True), device)


def report(step: int, loss: torch.Tensor) -> None:
    xm.master_print(f"step {step}: loss {loss.item():.3f}")


def main(steps: int) -> None:
    dist.init_process_group("xla")
    device = xm.xla_device()
    torch.manual_seed(0)
    net = Net().to(torch.bfloat16).to(device)
    optimizer = torch.optim.AdamW(net.parameters(), lr=1e-3)
    for step, (x, y) in enumerate(loader(device)):
        if step == steps:
            break
        with torch.autocast("xla", dtype=torch.bfloat16):
            loss = nn.functional.cross_entropy(net(x), y)
        loss.backward()
        xm.optimizer_step(optimizer)
        optimizer.zero_grad()
        if step % 100 == 0 and not os.environ.get("NEURON_EXTRACT_GRAPHS_ONLY"):
            xm.add_step_closure(report, (step, loss))
    xm.save(net.state_dict(), "net.pt")
    xm.rendezvous("end")


if __name__ == "__main__":
    parser = argparse.ArgumentParser()
    parser.add_argument("--steps", type=int, default=1000)
    main(parser.parse_args().steps)
