"""Training on Trainium2 with the native backend: FSDP2, bfloat16, fixed shapes."""

import os

import torch
import torch.distributed as dist
import torch_neuronx  # registers the device and the process group
from torch import nn
from torch.distributed.device_mesh import init_device_mesh
from torch.distributed.fsdp import MixedPrecisionPolicy, fully_shard
from torch.nn.functional import cross_entropy
from torch.utils.checkpoint import checkpoint
from torch.utils.data import DataLoader, DistributedSampler, TensorDataset

WIDTH, VOCABULARY, LENGTH = 1024, 32000, 512


class Block(nn.Module):
    def __init__(self) -> None:
        super().__init__()
        self.norm = nn.RMSNorm(WIDTH)
        self.attention = nn.MultiheadAttention(WIDTH, 16, batch_first=True)
        self.up = nn.Linear(WIDTH, 4 * WIDTH)
        self.down = nn.Linear(4 * WIDTH, WIDTH)

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        y = self.norm(x)
        x = x + self.attention(y, y, y, need_weights=False)[0]
        return x + self.down(nn.functional.gelu(self.up(x)))


class Net(nn.Module):
    def __init__(self, depth: int = 12) -> None:
        super().__init__()
        self.tokens = nn.Embedding(VOCABULARY, WIDTH)
        self.blocks = nn.ModuleList(Block() for _ in range(depth))
        self.head = nn.Linear(WIDTH, VOCABULARY, bias=False)

    def forward(self, ids: torch.Tensor) -> torch.Tensor:
        x = self.tokens(ids)
        for block in self.blocks:
            x = checkpoint(block, x, use_reentrant=False)
        return self.head(x)


def data(rank: int, world: int) -> DataLoader:
    ids = torch.randint(VOCABULARY, (4096, LENGTH + 1))
    sampler = DistributedSampler(TensorDataset(ids), num_replicas=world, rank=rank)
    return DataLoader(TensorDataset(ids), batch_size=4, sampler=sampler, drop_last=True)


def main() -> None:
    dist.init_process_group(backend="neuron", init_method="env://")
    rank, world = dist.get_rank(), dist.get_world_size()
    device = torch.device("neuron")
    mesh = init_device_mesh("neuron", (world,), mesh_dim_names=("data",))
    torch.manual_seed(0)
    net = Net().to(device)
    policy = MixedPrecisionPolicy(param_dtype=torch.bfloat16, reduce_dtype=torch.float32)
    for block in net.blocks:
        fully_shard(block, mesh=mesh, mp_policy=policy)
    fully_shard(net, mesh=mesh, mp_policy=policy)
    optimizer = torch.optim.AdamW(net.parameters(), lr=3e-4)
    for step, (ids,) in enumerate(data(rank, world)):
        ids = ids.to(device)
        logits = net(ids[:, :-1])
        loss = cross_entropy(logits.flatten(0, 1).float(), ids[:, 1:].flatten())
        loss.backward()
        torch.nn.utils.clip_grad_norm_(net.parameters(), 1.0)
        optimizer.step()
        optimizer.zero_grad(set_to_none=True)
        if step % 100 == 0:
            dist.all_reduce(loss, op=dist.ReduceOp.SUM)
            if rank == 0:
                print(f"step {step}: loss {loss.item() / world:.3f}", flush=True)
    torch.neuron.synchronize()
    if rank == 0:
        print(torch_neuronx.memory_allocated(), os.environ["LOCAL_RANK"])
    dist.destroy_process_group()


if __name__ == "__main__":
    main()
