"""What a region computes: whether autocast would lower anything in it."""

from __future__ import annotations

import builtins

from portlint.detectors.words import last
from portlint.source import cst
from portlint.source.nodes import descend
from portlint.source.place import Place

LOWERED = frozenset(
    "matmul mm bmm mv addmm addmv addr addbmm baddbmm chain_matmul multi_dot einsum tensordot "
    "inner linear bilinear prelu scaled_dot_product_attention multi_head_attention_forward "
    "multi_head_attention conv1d conv2d conv3d conv_transpose1d conv_transpose2d conv_transpose3d "
    "convolution rnn_tanh rnn_relu gru lstm rnn_tanh_cell rnn_relu_cell gru_cell lstm_cell "
    "checkpoint checkpoint_sequential".split()
)
"""Operators that autocast runs in the lower type, and calls that run what they are given."""
METHODS = frozenset(
    "abs acos add addcdiv addcmul all amax amin any append arccos arcsin argmax argmin argsort "
    "asin atan atan2 backward bfloat16 bincount bool broadcast_to ceil chunk clamp clamp_max "
    "clamp_min clip clone conj contiguous copy copy_ cos cosh count_nonzero cpu cross cuda "
    "cummax cumprod cumsum detach diag diag_embed diagonal diff dim div double eq erf exp exp2 "
    "expand expand_as expm1 extend fill_ flatten flip float floor floor_divide fmod format frac "
    "gather ge get gt half imag index_add index_add_ index_copy_ index_fill index_put "
    "index_select int isfinite isinf isnan items item keys kthvalue le lerp lerp_ log log10 "
    "log1p log2 log_softmax logaddexp logical_and logical_not logical_or logical_xor logsumexp "
    "long lt masked_fill masked_fill_ masked_scatter masked_scatter_ masked_select max maximum "
    "mean median min minimum movedim mul mul_ nan_to_num nan_to_num_ narrow ndimension ne neg "
    "new_empty new_full new_ones new_tensor new_zeros nonzero norm numel numpy permute polar "
    "pop pow prod quantile real reciprocal relu remainder repeat repeat_interleave "
    "requires_grad_ reshape reshape_as roll round rsqrt scatter scatter_ scatter_add "
    "scatter_add_ select sigmoid sign sin sinh size softmax sort split sqrt square squeeze "
    "stack std sub sub_ sum swapaxes t take tan tanh tile to tolist topk transpose tril triu "
    "trunc type type_as unbind unflatten unfold unique unsqueeze unsqueeze_ values var view "
    "view_as where zero_ add_ div_ exp_ clamp_ neg_ pow_ sqrt_ rsqrt_".split()
)
"""Methods of tensors, lists and dicts; any other may be a layer of the model."""
HARMLESS = ("torch.", "math.", "numpy.", "einops.re", "einops.pack", "typing.", "logging.")


def lowered(region: cst.CSTNode, at: Place) -> bool:
    """Whether autocast would lower something here, or what runs here cannot be seen.

    Functions of the same file are not seen: a walk holds only the statements that gates name.
    """
    return any(_is_lowered(node, at) for node in descend(region))


def _is_lowered(node: cst.CSTNode, at: Place) -> bool:
    match node:
        case cst.BinaryOperation(operator=cst.MatrixMultiply()):
            return True
        case cst.AugAssign(operator=cst.MatrixMultiplyAssign()):
            return True
        case cst.Call():
            return _runs(node, at)
    return False


def _runs(node: cst.Call, at: Place) -> bool:
    """Whether a call lowers something, or may."""
    name = last(node.func)
    paths = at.paths(node.func)
    if name in LOWERED or any(path.rpartition(".")[2] in LOWERED for path in paths):
        return True
    if paths:
        return not all(path.startswith(HARMLESS) or _is_builtin(path) for path in paths)
    match node.func:
        case cst.Name():
            return not _is_builtin(name)
        case cst.Attribute(value=cst.Name("self" | "cls")):
            return True
        case cst.Attribute():
            return name not in METHODS
    return True


def _is_builtin(name: str) -> bool:
    return hasattr(builtins, name)


def around(at: Place) -> cst.CSTNode | None:
    """The block that a context manager at this place holds for; None where it is handed on."""
    parents = at.frame.parents
    for inner, outer in zip(reversed(parents), reversed(parents[:-1]), strict=False):
        match inner, outer:
            case cst.WithItem(), cst.With(body=body):
                return body
            case cst.Decorator(), cst.FunctionDef(body=body):
                return body
            case cst.BaseStatement() | cst.BaseSuite(), _:
                return None
    return None
