"""Attention read in source: what is measured, where it stands, and what rules are told of it."""

import ast
import textwrap

from portlint.infra.jsonfile import parse
from portlint.source.attention import Instance, instances, marks
from portlint.source.attention.marks import marked
from portlint.source.hot.heat import COLD
from portlint.source.reach import aliases

HEAD = """
import torch
from torch import nn
from torch.nn import functional as F

class Attention(nn.Module):
    def __init__(self, dim=768, heads=12, window=None):
        super().__init__()
        self.heads, self.window = heads, window
        self.qkv = nn.Linear(dim, 3 * dim)
        self.proj = nn.Linear(dim, dim)

    def forward(self, x, mask=None):
        b, n, c = x.shape
        qkv = self.qkv(x).reshape(b, n, 3, self.heads, c // self.heads).permute(2, 0, 3, 1, 4)
        q, k, v = qkv.unbind(0)
"""


def body(text: str) -> str:
    return HEAD + textwrap.indent(textwrap.dedent(text).strip("\n"), " " * 8)


def one(text: str) -> Instance:
    (found,) = instances(text)
    return found


def test_sizes_come_from_the_constructor_and_the_layout() -> None:
    found = one(body("return self.proj(F.scaled_dot_product_attention(q, k, v))"))
    assert (found.kind, found.features.heads, found.features.head_dim) == ("bidirectional", 12, 64)
    assert found.features.scale == 0.125
    assert (found.function, found.root) == ("Attention.forward", "Attention")


def test_a_branch_that_the_constructor_decides_is_taken_or_left() -> None:
    text = body(
        """
        scores = q @ k.transpose(-2, -1)
        if self.window is not None:
            at = torch.arange(n)
            far = at[:, None] - at[None, :] >= self.window
            scores = scores.masked_fill(far, float("-inf"))
        at = torch.arange(n)
        scores = scores.masked_fill(at[None, :] > at[:, None], float("-inf"))
        return scores.softmax(-1) @ v
        """
    )
    assert one(text).kind == "causal"
    windowed = one(text.replace("window=None", "window=128"))
    assert (windowed.kind, windowed.features.window) == ("sliding-window", 128)


def test_an_argument_that_may_be_left_out_makes_no_kind() -> None:
    found = one(
        body(
            """
            scores = q @ k.transpose(-2, -1)
            if mask is not None:
                scores = scores + mask
            return scores.softmax(-1) @ v
            """
        )
    )
    assert (found.kind, found.features.mask_source) == ("bidirectional", None)


def test_an_attention_is_read_where_a_helper_computes_it() -> None:
    text = body("return attend(q, k, v, 30.0)") + textwrap.dedent(
        """

        def attend(q, k, v, cap=None):
            scores = torch.einsum("bhid,bhjd->bhij", q, k)
            if cap is not None:
                scores = cap * torch.tanh(scores / cap)
            return torch.einsum("bhij,bhjd->bhid", scores.softmax(-1), v)
        """
    )
    found = one(text)
    assert (found.kind, found.features.softcap, found.function) == ("softcap", 30.0, "attend")


def test_a_file_that_loops_in_its_calls_is_read_in_finite_time() -> None:
    text = "def f(x):\n    return g(x)\n\ndef g(x):\n    return f(x) + g(f(x))\n"
    assert instances(text) == []


def said(text: str) -> dict[str, list[str]]:
    module = ast.parse(text)
    heat = marked(COLD, module, aliases(module, text), text, text.__contains__)
    return {function: sorted(kinds) for function, kinds in heat.places.items()}


def test_rules_are_told_of_what_no_kernel_serves_and_not_of_plain_attention() -> None:
    plain = body("return F.scaled_dot_product_attention(q, k, v, is_causal=True)")
    assert said(plain) == {}
    capped = body(
        """
        scores = 50.0 * torch.tanh(q @ k.transpose(-2, -1) / 50.0)
        return scores.softmax(-1) @ v
        """
    )
    assert said(capped) == {"Attention.forward": ["attention:softcap"]}


def test_what_a_library_computes_is_left_to_the_rule_on_the_library() -> None:
    text = """
import torch
from flash_attn import flash_attn_varlen_func

def attend(q, k, v, cu_seqlens):
    softmax_scale = 0.125
    return flash_attn_varlen_func(q, k, v, cu_seqlens, cu_seqlens, 64, 64, causal=True)
"""
    assert [found.kind for found in instances(text)] == ["varlen"]
    assert said(text) == {}


def facts(text: str) -> dict[str, str]:
    found = parse(text, "config.json")
    return {f.name: f.value for f in found if f.name.startswith("attention:")}


def test_a_configuration_tells_what_it_switches_on() -> None:
    text = '{"model_type": "own", "attn_logit_softcapping": %s, "sliding_window": 4096}'
    assert facts(text % "50.0") == {"attention:softcap": "at 50.0"}
    assert facts(text % "null") == {}


def test_a_configuration_inside_another_counts() -> None:
    text = '{"model_type": "own", "text_config": {"kv_lora_rank": 512, "head_dim": 192}}'
    assert facts(text) == {"attention:mla": "512"}


def test_what_a_missing_library_leaves_to_do_is_read() -> None:
    text = """
import torch

try:
    from fused import scan
except ImportError:
    scan = None


def mix(u, delta, a, b, c):
    if scan is not None:
        return scan(u, delta, a, b, c)
    decay = torch.exp(delta[..., None] * a)
    drive = (delta * u)[..., None] * b[:, :, None]
    state, out = torch.zeros_like(decay[:, 0]), []
    for t in range(u.shape[1]):
        state = decay[:, t] * state + drive[:, t]
        out.append((state * c[:, t, None]).sum(-1))
    return torch.stack(out, 1)
"""
    assert [found.loop for found in instances(text)] == [True]


def test_the_words_asked_first_are_part_of_everything_a_file_is_asked_for() -> None:
    assert all(any({*group} <= {*marks.NEEDED} for group in rule) for rule in marks.FILE)
