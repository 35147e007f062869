"""Serves an image model from every GPU of the host."""

import torch
from torchvision import models

PATH = "resnet.pt"


def build() -> None:
    model = models.resnet50(weights="IMAGENET1K_V2").eval().cuda()
    sample = torch.rand(4, 3, 224, 224, device="cuda")
    torch.jit.save(torch.jit.trace(model, sample), PATH)


def serve(images: torch.Tensor) -> torch.Tensor:
    traced = torch.jit.load(PATH, map_location="cuda")
    parallel = torch.nn.DataParallel(traced, device_ids=list(range(torch.cuda.device_count())))
    return parallel(images.cuda(non_blocking=True))


if __name__ == "__main__":
    build()
    print(serve(torch.rand(8, 3, 224, 224)).argmax(-1))
