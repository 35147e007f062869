"""Mixed-precision training on several GPUs: `sbatch launch.sh`."""

import os
import random

import torch
import torch.distributed as dist
from model import ResNet
from torch.cuda.amp import GradScaler, autocast  # expect: NEU713
from torch.nn import functional as F
from torch.nn.parallel import DistributedDataParallel
from torch.utils.data import DataLoader, TensorDataset
from torch.utils.data.distributed import DistributedSampler


def setup(seed: int = 0) -> tuple[int, torch.device]:
    rank = int(os.environ["LOCAL_RANK"])
    torch.cuda.set_device(rank)  # expect: NEU116
    dist.init_process_group(backend="nccl")  # expect: NEU701
    random.seed(seed)
    torch.manual_seed(seed)
    torch.cuda.manual_seed_all(seed)  # expect: NEU129
    torch.backends.cudnn.benchmark = True  # expect: NEU142
    torch.backends.cuda.matmul.allow_tf32 = True  # expect: NEU141
    return rank, torch.device("cuda", rank)  # expect: NEU101


def data(batch: int) -> DataLoader:
    dataset = TensorDataset(torch.rand(2048, 3, 32, 32), torch.randint(0, 10, (2048,)))
    return DataLoader(
        dataset,
        batch_size=batch,
        sampler=DistributedSampler(dataset),
        num_workers=4,
        pin_memory=True,
        drop_last=True,
    )


def main(epochs: int = 5) -> None:
    rank, device = setup()
    net = torch.nn.SyncBatchNorm.convert_sync_batchnorm(ResNet()).to(device)  # expect: NEU716
    net = DistributedDataParallel(net, device_ids=[rank])  # expect: NEU704
    optimizer = torch.optim.SGD(net.parameters(), lr=0.1, momentum=0.9, weight_decay=1e-4)
    scaler = GradScaler()
    for epoch in range(epochs):
        for images, labels in data(128):
            images = images.cuda(rank, non_blocking=True)  # expect: NEU102
            labels = labels.cuda(rank, non_blocking=True)  # expect: NEU102
            with autocast():  # expect: NEU710
                loss = F.cross_entropy(net(images), labels)
            scaler.scale(loss).backward()
            scaler.step(optimizer)
            scaler.update()
            optimizer.zero_grad(set_to_none=True)
        torch.cuda.synchronize()  # expect: NEU121
        if rank == 0:
            peak = torch.cuda.max_memory_allocated() / 2**20  # expect: NEU122
            print(f"epoch {epoch}: loss {loss.item():.3f}, peak {peak:.0f} MiB")
            torch.save(net.module.state_dict(), "checkpoint.pt")
    dist.destroy_process_group()


if __name__ == "__main__":
    main()
