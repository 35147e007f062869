"""One process per logical NeuronCore: `bash launch.sh`."""

import os

import torch
import torch.distributed as dist
import torch_neuronx  # registers the device and the process group backend
from model import Decoder
from torch.nn import functional as F
from torch.nn.parallel import DistributedDataParallel

LENGTH = 256
BATCH = 8


def main(steps: int = 200) -> None:
    rank = int(os.environ["RANK"])
    dist.init_process_group(backend="neuron", init_method="env://")
    device = torch.device("neuron")
    net = DistributedDataParallel(Decoder().to(device))
    optimizer = torch.optim.AdamW(net.parameters(), lr=3e-4)
    for step in range(steps):
        # every batch has one shape, so that each graph is compiled once
        ids = torch.randint(0, 512, (BATCH, LENGTH + 1), dtype=torch.int32).to(device)
        with torch.autocast(device_type="neuron", dtype=torch.bfloat16):
            scores = net(ids[:, :-1])
            loss = F.cross_entropy(scores.flatten(0, 1).float(), ids[:, 1:].flatten().long())
        loss.backward()
        optimizer.step()
        optimizer.zero_grad(set_to_none=True)
        if step % 50 == 0 and rank == 0:
            print(step, loss.item())
    if rank == 0:
        state = {name: value.cpu() for name, value in net.module.state_dict().items()}
        torch.save(state, "checkpoint.pt")
    dist.destroy_process_group()


if __name__ == "__main__":
    main()
