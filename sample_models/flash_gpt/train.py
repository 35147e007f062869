"""One process per GPU: `torchrun --nproc_per_node=8 train.py`."""

import os

import torch
import torch.distributed as dist
from model import GPT
from torch.nn import functional as F
from torch.nn.parallel import DistributedDataParallel


def main(steps: int = 100) -> None:
    rank = int(os.environ["LOCAL_RANK"])
    dist.init_process_group("nccl")  # expect: NEU701
    torch.cuda.set_device(rank)  # expect: NEU116
    net = DistributedDataParallel(GPT().cuda(), device_ids=[rank])  # expect: NEU102, NEU704
    optimizer = torch.optim.AdamW(net.parameters(), lr=3e-4, fused=True)
    for step in range(steps):
        ids = torch.randint(0, 1024, (8, 257), device="cuda")  # expect: NEU101
        with torch.autocast("cuda", dtype=torch.bfloat16):  # expect: NEU710
            scores = net(ids[:, :-1])
            loss = F.cross_entropy(scores.flatten(0, 1).float(), ids[:, 1:].flatten())
        loss.backward()
        torch.nn.utils.clip_grad_norm_(net.parameters(), 1.0)
        optimizer.step()
        optimizer.zero_grad(set_to_none=True)
        if step % 20 == 0 and rank == 0:
            print(step, loss.item())
    dist.destroy_process_group()


if __name__ == "__main__":
    main()
