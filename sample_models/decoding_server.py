"""Token-by-token decoding behind one captured CUDA graph, with copies on a stream of their own."""

import torch
from torch import Tensor, nn
from torch.nn import functional as F


class Step(nn.Module):
    """One token per row -> next-token scores, over a key and value cache of fixed length."""

    def __init__(self, vocabulary: int = 256, width: int = 64, length: int = 128) -> None:
        super().__init__()
        self.tokens = nn.Embedding(vocabulary, width)
        self.qkv = nn.Linear(width, 3 * width, bias=False)
        self.head = nn.Linear(width, vocabulary, bias=False)
        self.register_buffer("keys", torch.zeros(8, length, width), persistent=False)
        self.register_buffer("values", torch.zeros(8, length, width), persistent=False)

    def forward(self, ids: Tensor, position: Tensor) -> Tensor:
        q, k, v = self.qkv(self.tokens(ids)).chunk(3, dim=-1)
        self.keys.index_copy_(1, position, k[:, None])
        self.values.index_copy_(1, position, v[:, None])
        seen = torch.arange(self.keys.shape[1], device=ids.device)[None, None] <= position
        mixed = F.scaled_dot_product_attention(q[:, None], self.keys, self.values, attn_mask=seen)
        return self.head(mixed[:, 0])


class Server:
    """Captures the step once and replays it for every token."""

    def __init__(self, net: nn.Module) -> None:
        self.net = net.half().cuda().eval()  # expect: NEU102
        self.ids = torch.zeros(8, dtype=torch.long, device="cuda")  # expect: NEU101
        self.position = torch.zeros(1, dtype=torch.long, device="cuda")  # expect: NEU101
        self.copies = torch.cuda.Stream()  # expect: NEU118
        self.graph = torch.cuda.CUDAGraph()  # expect: NEU313
        self.net(self.ids, self.position)
        torch.cuda.synchronize()  # expect: NEU121
        with torch.cuda.graph(self.graph):  # expect: NEU313
            self.scores = self.net(self.ids, self.position)

    @torch.inference_mode()
    def generate(self, prompt: Tensor, count: int) -> Tensor:
        """Greedy continuation of one token per row: [8] -> [8, count] in pinned host memory."""
        out = torch.empty(8, count, dtype=torch.long, pin_memory=True)
        self.ids.copy_(prompt, non_blocking=True)
        ready = torch.cuda.Event()  # expect: NEU119
        for step in range(count):
            self.position.fill_(step)
            self.graph.replay()
            self.ids.copy_(self.scores.argmax(dim=-1))
            ready.record()
            with torch.cuda.stream(self.copies):  # expect: NEU118
                ready.wait(self.copies)
                out[:, step].copy_(self.ids, non_blocking=True)
        self.copies.synchronize()
        return out


def model() -> nn.Module:
    return Step()


def example_inputs() -> tuple[Tensor, Tensor]:
    return torch.randint(0, 256, (8,)), torch.zeros(1, dtype=torch.long)


if __name__ == "__main__":
    server = Server(model())
    print(server.generate(torch.randint(0, 256, (8,)), 32))
    print(f"{torch.cuda.memory_allocated() / 2**20:.1f} MiB on {torch.cuda.get_device_name()}")  # expect: NEU122, NEU132
