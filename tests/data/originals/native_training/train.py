"""Training on GPUs: FSDP, automatic mixed precision, a loss that is read in every step."""

import os

import torch
import torch.distributed as dist
from torch import nn
from torch.distributed.fsdp import FullyShardedDataParallel
from torch.nn.functional import cross_entropy
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
            x = block(x)
        return self.head(x)


def main() -> None:
    dist.init_process_group(backend="nccl")
    local = int(os.environ["LOCAL_RANK"])
    torch.cuda.set_device(local)
    net = FullyShardedDataParallel(Net().cuda(), device_id=torch.cuda.current_device())
    scaler = torch.cuda.amp.GradScaler()
    optimizer = torch.optim.AdamW(net.parameters(), lr=3e-4, fused=True)
    data = TensorDataset(torch.randint(VOCABULARY, (4096, LENGTH + 1)))
    for step, (ids,) in enumerate(DataLoader(data, 4, sampler=DistributedSampler(data))):
        ids = ids.cuda(local, non_blocking=True)
        with torch.cuda.amp.autocast(dtype=torch.float16):
            loss = cross_entropy(net(ids[:, :-1]).flatten(0, 1), ids[:, 1:].flatten())
        scaler.scale(loss).backward()
        scaler.step(optimizer)
        scaler.update()
        optimizer.zero_grad(set_to_none=True)
        print(step, loss.item(), torch.cuda.max_memory_allocated())
    torch.cuda.synchronize()
    dist.destroy_process_group()


if __name__ == "__main__":
    main()
