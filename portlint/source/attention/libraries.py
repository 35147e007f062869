"""Calls of attention that a library computes -> their kind and features."""

from __future__ import annotations

from portlint.attention.features import Features
from portlint.source.attention.products import value_of
from portlint.source.attention.sizes import size
from portlint.source.attention.terms import Term, known, number, whole

FLASH = {
    "flash_attn_func": ("q", "k", "v"),
    "flash_attn_qkvpacked_func": ("qkv",),
    "flash_attn_kvpacked_func": ("q", "kv"),
    "flash_attn_varlen_func": ("q", "k", "v"),
    "flash_attn_varlen_qkvpacked_func": ("qkv",),
    "flash_attn_varlen_kvpacked_func": ("q", "kv"),
    "flash_attn_unpadded_func": ("q", "k", "v"),
    "flash_attn_with_kvcache": ("q", "k_cache", "v_cache"),
}
MIXERS = {
    "selective_scan_fn": "ssm-selective-scan", "mamba_inner_fn": "ssm-selective-scan",
    "selective_state_update": "ssm-selective-scan", "Mamba": "ssm-selective-scan",
    "mamba_chunk_scan_combined": "ssd", "mamba_split_conv1d_scan_combined": "ssd", "Mamba2": "ssd",
    "chunk_gated_delta_rule": "gated-delta", "fused_recurrent_gated_delta_rule": "gated-delta",
    "chunk_delta_rule": "gated-delta", "fused_recurrent_delta_rule": "gated-delta",
    "GatedDeltaNet": "gated-delta", "DeltaNet": "gated-delta", "KimiDeltaAttention": "gated-delta",
    "chunk_kda": "gated-delta", "fused_recurrent_kda": "gated-delta",
    "chunk_linear_attn": "linear", "fused_chunk_linear_attn": "linear",
    "fused_recurrent_linear_attn": "linear", "chunk_gla": "linear", "fused_recurrent_gla": "linear",
    "fused_chunk_gla": "linear", "chunk_simple_gla": "linear", "chunk_hgrn": "linear-recurrence",
    "fused_recurrent_hgrn": "linear-recurrence", "chunk_retention": "retention",
    "parallel_retention": "retention", "fused_recurrent_retention": "retention",
    "fused_chunk_retention": "retention", "MultiScaleRetention": "retention",
    "fused_recurrent_rwkv6": "rwkv", "chunk_rwkv6": "rwkv", "chunk_rwkv7": "rwkv",
    "fused_recurrent_rwkv7": "rwkv", "fused_recurrent_rwkv4": "rwkv", "wkv_cuda": "rwkv",
}  # fmt: skip
MIXING = ("mamba_ssm", "fla", "rwkv", "selective_scan_cuda", "hub")
NATTEN = frozenset(
    "na1d na2d na3d na1d_qk na2d_qk na3d_qk neighborhood_attention_generic natten1dqk natten2dqk "
    "NeighborhoodAttention1D NeighborhoodAttention2D NeighborhoodAttention3D natten2dqkrpb".split()
)
WINDOWED = frozenset(["LocalAttentionFromBottomRightMask"])


class Call(tuple[str, Features]):
    """A kind and features."""


def library(term: Term) -> tuple[str, Features] | None:
    """The attention that a call is, where a library computes it; None for any other call.

    SDPA is not one: its queries and keys are read as those of attention by hand.
    """
    name = term.path.rpartition(".")[2] or str(term.value or "")
    root = term.path.split(".")[0]
    if term.op in FLASH and (root in ("flash_attn", "flash_attn_interface", "hub") or root == ""):
        return _flash(term) if term.path else None
    if name.startswith("memory_efficient_attention") and root == "xformers":
        return _xformers(term)
    if (term.op in NATTEN and root in ("natten", "hub")) or (name in NATTEN and root == "natten"):
        return "neighbourhood", Features()
    if root == "natten" and term.op == "layer":
        return "neighbourhood", Features()
    if (kind := MIXERS.get(name)) and root in MIXING and term.op != "made":
        return kind, Features(causal=True)
    if name in (
        "MSDeformAttnFunction",
        "MultiScaleDeformableAttention",
        "MultiScaleDeformableAttnFunction",
    ):
        return ("deformable", Features()) if term.op != "made" else None
    if name in ("ms_deform_attn_forward", "multi_scale_deformable_attn") and term.path:
        return "deformable", Features()
    if name in ("paged_attention_v1", "paged_attention_v2", "paged_attention"):
        return ("paged", Features(cache="paged")) if root in ("vllm", "hub") else None
    if "ring_flash_attn" in term.path or "ring_attention" in term.path:
        return "ring", Features(causal=_truth(term.kw.get("causal")))
    if root == "block_sparse_attn" or name in ("block_sparse_attn_func", "SparseSelfAttention"):
        return ("block-sparse", Features()) if term.op != "made" else None
    return None


def _truth(term: Term | None) -> bool | None:
    value = known(term)
    return bool(value) if isinstance(value, bool) else None


def _flash(term: Term) -> tuple[str, Features]:
    tensors = len(FLASH[term.op])
    varlen = "varlen" in term.op or "unpadded" in term.op
    cached = term.op == "flash_attn_with_kvcache"
    lead = tensors + ({1: 2, 2: 4, 3: 4}[tensors] if varlen else 0)
    first = tensors if cached else lead
    dropout = None if cached else term.given("dropout_p", first)
    causal = _truth(term.kw.get("causal") or (None if cached else term.given("causal", first + 2)))
    if causal is None and "causal" not in term.kw:
        causal = False
    window, symmetric = _window(term.kw.get("window_size"), bool(causal))
    cap = number(term.kw.get("softcap")) or None
    sink = term.kw.get("sinks", term.kw.get("s_aux"))
    slopes = term.kw.get("alibi_slopes")
    table = term.kw.get("block_table", term.kw.get("page_table"))
    heads = _heads(term, tensors) if tensors == len(("q", "k", "v")) else Features()
    features = Features(
        heads=heads.heads,
        kv_heads=heads.kv_heads,
        head_dim=heads.head_dim,
        causal=causal,
        window=window,
        softcap=cap,
        sink=_given(sink),
        bias="alibi" if _given(slopes) else None,
        dropout=value_of(dropout) or 0.0,
        scale=number(term.kw.get("softmax_scale")),
        cache="paged" if _given(table) else "static" if cached else None,
        mask_source="is_causal" if causal else None,
    )
    names = ["bidirectional"]
    names += ["symmetric-window"] if symmetric else []
    names += ["varlen"] if varlen else []
    splits = whole(term.kw.get("num_splits")) or 0
    names += ["split-kv"] if splits > 1 else []
    return named(names, features), features


def _heads(term: Term, tensors: int) -> Features:
    """Heads and their width, from how queries and keys are laid out: (…, heads, width)."""
    if len(term.args) < tensors or term.op == "flash_attn_with_kvcache":
        return Features()
    query, key = size(term.args[0]), size(term.args[1])
    return Features(heads=query.heads, kv_heads=key.heads, head_dim=query.width)


def named(names: list[str], features: Features) -> str:
    """The kind of a library's call, by its features."""
    from portlint.source.attention.naming import kind

    return kind(names, features)


def _given(term: Term | None) -> bool:
    """Whether an argument is there for certain: neither None nor a parameter that may be."""
    if term is None or (term.op == "const" and not term.value):
        return False
    return not (term.op == "param" and term.held == "optional") and term.op != "phi"


def _window(term: Term | None, causal: bool) -> tuple[int | None, bool]:
    """Keys that a query sees by `window_size=(left, right)`; whether it looks to both sides."""
    if term is None or term.op not in ("tuple", "list") or len(term.args) != 2:
        return None, False
    left, right = (number(arg) for arg in term.args)
    if left is None or left < 0:
        return None, False
    if causal or right == 0:
        return int(left) + 1, False
    if right is None or right < 0:
        return None, False
    return int(left + right) + 1, True


def _xformers(term: Term) -> tuple[str, Features]:
    bias = term.given("attn_bias", 3)
    name = _class(bias)
    causal = "LowerTriangular" in name or "Causal" in name
    if name in WINDOWED and whole(_made(bias).given("window_right", 1)) == 0:
        causal = True
    packed = "BlockDiagonal" in name
    window = whole(_made(bias).given("window_left", 0)) if name in WINDOWED and bias else None
    chosen = value_of(term.given("p", 4)) or 0.0
    features = Features(
        causal=causal if name or bias is None or known(bias) is None else None,
        window=window + 1 if window is not None else None,
        dropout=chosen,
        scale=number(term.kw.get("scale")),
        cache="paged" if "Paged" in name else None,
        mask_source="is_causal" if causal else None,
    )
    names = ["bidirectional"]
    names += ["varlen"] if packed else []
    names += ["sliding-window"] if name in WINDOWED or "LocalAttention" in name else []
    if bias is not None and not name and bias.op not in ("const", "phi", "param"):
        names.append("dense-mask")
    if "WithTensorBias" in name:
        names.append("dense-mask")
    return named(names, features), features


def _made(bias: Term | None) -> Term:
    return bias if bias is not None else Term("unknown")


def _class(bias: Term | None) -> str:
    """The class of an attn_bias: made by its constructor or by one of its methods."""
    if bias is None:
        return ""
    if bias.op == "made":
        return str(bias.value)
    if "xformers" in bias.path:
        parts = [part for part in bias.path.split(".") if part[:1].isupper()]
        return parts[-1] if parts else ""
    if bias.args and bias.op in ("make_causal", "from_seqlens", "materialize"):
        inner = _class(bias.args[0])
        return f"{inner}Causal" if bias.op == "make_causal" else inner
    return ""


def flexed(term: Term) -> bool:
    """Whether a call is flex_attention."""
    return term.op == "flex_attention" or term.path.endswith(".flex_attention")
