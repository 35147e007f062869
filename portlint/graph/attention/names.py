"""Operators by what they do to scores and operands of attention."""

from __future__ import annotations

import functools

from portlint.record import Op

ELEMENTWISE = {"aten.max.other": "aten.maximum", "aten.min.other": "aten.minimum"}
"""Overloads that do something else than the others of their name."""


def base(op: Op) -> str:
    """The name of an operator without library, overload and mark of in-place: "masked_fill"."""
    return _base(op.name)


@functools.cache
def _base(full: str) -> str:
    full = ELEMENTWISE.get(full, full)
    name = full.split(".")[1] if full.startswith("aten.") else full
    return name if name.endswith("__") else name.rstrip("_").removeprefix("_unsafe_")


VIEWS = frozenset(
    "view reshape permute transpose t expand expand_as unsqueeze squeeze contiguous clone alias "
    "flatten unflatten slice select narrow to _to_copy type_as detach movedim moveaxis swapaxes "
    "swapdims split chunk unbind split_with_sizes repeat_interleave lift_fresh_copy lift_fresh "
    "float half bfloat16 view_as reshape_as _reshape_alias adjoint numpy_T mT repeat tile cpu "
    "_assert_tensor_metadata roll pad constant_pad_nd as_strided unfold im2col".split()
)
"""Give the same numbers in another shape, place or type: one operand, and nothing is added."""
SCALING = frozenset("mul div true_divide __imul__".split())
ADDING = frozenset("add sub rsub __iadd__ __isub__".split())
HIDING = frozenset("masked_fill where index_put tril triu masked_scatter".split())
BOUNDING = frozenset("clamp clip clamp_min clamp_max nan_to_num softplus maximum minimum".split())
SOFTMAX = frozenset(
    ["softmax", "_softmax", "_safe_softmax", "masked_softmax", "log_softmax", "_log_softmax"]
)
FUSED = frozenset(
    [
        "scaled_dot_product_attention",
        "_scaled_dot_product_flash_attention",
        "_scaled_dot_product_flash_attention_for_cpu",
        "_scaled_dot_product_efficient_attention",
        "_scaled_dot_product_cudnn_attention",
        "_scaled_dot_product_attention_math",
        "_scaled_dot_product_fused_attention_overrideable",
        "_scaled_dot_product_attention_math_for_mps",
    ]
)
"""Attention as one operator: queries, keys and values are its first three operands."""
DROPPING = frozenset("dropout native_dropout feature_dropout alpha_dropout bernoulli".split())
MULTIPLYING = frozenset("matmul bmm baddbmm mm einsum __matmul__ bilinear tensordot mv dot".split())
PROJECTING = frozenset("linear addmm".split())
CONVOLVING = frozenset("conv1d conv2d conv3d convolution _convolution".split())
ROOT = frozenset("rsqrt sqrt".split())
"""Of a sum or mean of squares: a norm in parts."""
NORMS = frozenset("rms_norm layer_norm native_layer_norm group_norm _fused_rms_norm".split())
LENGTHS = frozenset("linalg_vector_norm norm linalg_norm frobenius_norm".split())
