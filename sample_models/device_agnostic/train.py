"""Trains an image classifier on whatever accelerator the machine has."""

import argparse

import torch
from torch import Tensor, nn
from torch.nn import functional as F
from torch.utils.data import DataLoader, TensorDataset


class ConvNet(nn.Module):
    """Images [batch, 3, 32, 32] -> class scores [batch, 10]."""

    def __init__(self, width: int = 16) -> None:
        super().__init__()
        self.features = nn.Sequential(
            nn.Conv2d(3, width, 3, padding=1),
            nn.BatchNorm2d(width),
            nn.ReLU(),
            nn.MaxPool2d(2),
            nn.Conv2d(width, 2 * width, 3, padding=1),
            nn.BatchNorm2d(2 * width),
            nn.ReLU(),
            nn.MaxPool2d(2),
        )
        self.head = nn.Linear(2 * width * 8 * 8, 10)

    def forward(self, images: Tensor) -> Tensor:
        return self.head(self.features(images).flatten(1))


def accelerator() -> torch.device:
    """The accelerator of this machine, or the host where there is none."""
    if torch.accelerator.is_available():
        return torch.accelerator.current_accelerator()
    return torch.device("cpu")


def data(count: int, batch: int) -> DataLoader:
    images = torch.rand(count, 3, 32, 32)
    labels = torch.randint(0, 10, (count,))
    # drop_last keeps every batch of one shape, so that the step is compiled once
    return DataLoader(TensorDataset(images, labels), batch_size=batch, shuffle=True, drop_last=True)


def train(net: nn.Module, loader: DataLoader, epochs: int, device: torch.device) -> None:
    net.to(device).train()
    optimizer = torch.optim.SGD(net.parameters(), lr=0.05, momentum=0.9)
    for epoch in range(epochs):
        total = torch.zeros((), device=device)
        for images, labels in loader:
            images, labels = images.to(device), labels.to(device)
            loss = F.cross_entropy(net(images), labels)
            loss.backward()
            optimizer.step()
            optimizer.zero_grad(set_to_none=True)
            total += loss.detach()
        print(f"epoch {epoch}: mean loss {total.item() / len(loader):.3f}")


def model() -> nn.Module:
    return ConvNet()


def example_inputs() -> Tensor:
    return torch.rand(2, 3, 32, 32)


if __name__ == "__main__":
    parser = argparse.ArgumentParser()
    parser.add_argument("--epochs", type=int, default=3)
    parser.add_argument("--batch", type=int, default=64)
    options = parser.parse_args()
    train(model(), data(1024, options.batch), options.epochs, accelerator())
