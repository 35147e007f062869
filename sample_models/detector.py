"""Single-shot detector; the boxes that remain after suppression depend on the image."""

import torch
from torch import Tensor, nn


def overlap(boxes: Tensor, others: Tensor) -> Tensor:
    """Intersection over union of [n, 4] and [m, 4] corner boxes -> [n, m]."""
    top = torch.maximum(boxes[:, None, :2], others[None, :, :2])
    bottom = torch.minimum(boxes[:, None, 2:], others[None, :, 2:])
    shared = (bottom - top).clamp(min=0).prod(dim=-1)
    area = (boxes[:, 2:] - boxes[:, :2]).prod(dim=-1)
    others_area = (others[:, 2:] - others[:, :2]).prod(dim=-1)
    return shared / (area[:, None] + others_area[None] - shared + 1e-7)


def suppress(boxes: Tensor, scores: Tensor, limit: float = 0.5) -> Tensor:
    """Indices of the boxes to keep, best first: greedy non-maximum suppression."""
    order = scores.argsort(descending=True)
    keep = []
    while order.numel() > 0:  # traced: NEU606
        best = order[0]
        keep.append(best)
        rest = order[1:]
        # traced: NEU606
        shared = overlap(boxes[best][None], boxes[rest])[0]
        order = rest[shared <= limit]  # expect: NEU601
    return torch.stack(keep) if keep else order


class Detector(nn.Module):
    """Images [batch, 3, height, width] -> per image the boxes [kept, 4] and scores [kept]."""

    def __init__(self, width: int = 16, limit: float = 0.5) -> None:
        super().__init__()
        self.limit = limit
        self.backbone = nn.Sequential(
            nn.Conv2d(3, width, 3, stride=4, padding=1),
            nn.BatchNorm2d(width),
            nn.SiLU(),
            nn.Conv2d(width, 2 * width, 3, stride=4, padding=1),
            nn.SiLU(),
        )
        self.boxes = nn.Conv2d(2 * width, 4, 1)
        self.scores = nn.Conv2d(2 * width, 1, 1)

    def decode(self, features: Tensor) -> tuple[Tensor, Tensor]:
        """Distances from each cell's centre -> corner boxes [batch, cells, 4]."""
        _, _, rows, columns = features.shape
        y, x = torch.meshgrid(
            torch.arange(rows).float(), torch.arange(columns).float(), indexing="ij"
        )
        centre = torch.stack((x, y), dim=-1).view(1, -1, 2) * 16 + 8
        sides = self.boxes(features).flatten(2).transpose(1, 2).exp() * 8
        boxes = torch.cat((centre - sides[..., :2], centre + sides[..., 2:]), dim=-1)
        return boxes, self.scores(features).flatten(1).sigmoid()

    def forward(self, images: Tensor) -> list[tuple[Tensor, Tensor]]:
        boxes, scores = self.decode(self.backbone(images))
        found = []
        for box, score in zip(boxes, scores, strict=True):
            sure = score > 0.3
            box, score = box[sure], score[sure]  # expect: NEU601
            kept = suppress(box, score, self.limit)
            found.append((box[kept], score[kept]))
        return found


def model() -> nn.Module:
    return Detector().eval()


def example_inputs() -> Tensor:
    return torch.rand(2, 3, 96, 96)
