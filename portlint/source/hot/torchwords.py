"""torch by name: which calls and attributes give tensors, masks, or numbers of Python."""

HOST = frozenset("item tolist".split())
"""Methods that give values of Python."""
MOVES = frozenset("cpu numpy".split())
"""Methods that give the values to the host."""
STATIC = frozenset(
    "size dim numel nelement element_size stride data_ptr is_contiguous get_device ndimension "
    "storage_offset is_floating_point is_complex is_pinned is_shared type untyped_storage storage "
    "register_hook has_names is_coalesced is_inference requires_grad_ backward".split()
)
"""Methods whose answer no data changes."""
FACTS = frozenset(
    "shape ndim dtype device is_cuda is_cpu is_mps is_sparse is_meta is_quantized requires_grad "
    "layout itemsize nbytes names grad_fn is_leaf is_nested retains_grad".split()
)
"""Attributes whose value no data changes."""
SAME = frozenset("T mT H mH data grad real imag".split())
MASKS = frozenset(
    "eq ne gt lt ge le logical_and logical_or logical_not logical_xor isnan isinf isfinite "
    "isposinf isneginf isin bool isclose greater less greater_equal less_equal not_equal "
    "signbit".split()
)
"""Methods and functions that give booleans."""
ASKS = frozenset("eq ne gt lt ge le logical_and logical_or logical_not".split())
"""Those that hardly anything but a tensor has."""
KEEPS = frozenset(
    "view reshape unsqueeze squeeze expand expand_as transpose permute flatten clone contiguous "
    "repeat detach narrow index_select flip roll t swapaxes unflatten diagonal tril triu any all "
    "broadcast_to view_as movedim repeat_interleave gather chunk split unbind cpu cuda tril_ "
    "triu_ select squeeze_ unsqueeze_".split()
)
"""Methods that give booleans of booleans."""
MANY = frozenset("chunk split unbind tensor_split split_with_sizes meshgrid unsafe_chunk".split())
"""Functions and methods that give several tensors."""
ONLY = frozenset(
    "softmax log_softmax unsqueeze masked_fill masked_fill_ masked_scatter detach sigmoid "
    "index_select type_as new_zeros new_ones new_full new_tensor new_empty expand_as bmm matmul "
    "logsumexp log1p scatter scatter_ scatter_add scatter_add_ relu tanh "
    "unfold requires_grad_".split()
)
"""Methods that hardly anything but a tensor has."""
LENGTHS = {
    "nonzero": "torch.nonzero",
    "argwhere": "torch.argwhere",
    "unique": "torch.unique",
    "unique_consecutive": "torch.unique_consecutive",
    "masked_select": "torch.masked_select",
    "bincount": "torch.bincount",
}
"""What gives as much as there is in the data, whatever its arguments."""
SUPPRESSION = frozenset(["torchvision.ops.nms", "torchvision.ops.batched_nms"])
TRUTHS = frozenset(["equal", "allclose", "is_nonzero"])
"""Functions whose answer is a truth of Python."""
MAKERS = frozenset(
    "zeros ones empty full arange linspace logspace rand randn randint randperm eye tensor "
    "as_tensor from_numpy scalar_tensor tril_indices triu_indices hann_window bernoulli "
    "LongTensor FloatTensor Tensor IntTensor BoolTensor frombuffer asarray".split()
)
"""Functions that make a tensor of nothing: on the host, unless a device is named."""
LIKE = frozenset("zeros_like ones_like empty_like full_like rand_like randn_like".split())
SIZED = frozenset("arange zeros ones empty full rand randn randperm eye".split())
"""Functions that are told sizes as numbers."""
OTHER = frozenset(
    "device dtype Size finfo iinfo is_tensor is_floating_point is_complex is_grad_enabled "
    "no_grad enable_grad inference_mode set_grad_enabled autocast get_default_dtype Generator "
    "Event Stream compile jit cuda compiler distributed utils backends autograd export library "
    "ops manual_seed get_rng_state set_rng_state initial_seed save load numel promote_types "
    "result_type can_cast broadcast_shapes is_autocast_enabled get_autocast_dtype amp profiler "
    "is_inference_mode_enabled typename onnx fx accelerator mps xpu _C _dynamo overrides "
    "set_default_dtype is_autocast_cpu_enabled get_autocast_gpu_dtype get_num_threads "
    "set_num_threads version __version__ multiprocessing hub random serialization storage "
    "distributions functional optim package testing sparse _check is_distributed".split()
)
"""Names of torch whose calls give no tensor of the model, or do not say what."""
LAYERS = frozenset(
    "Linear Conv1d Conv2d Conv3d ConvTranspose1d ConvTranspose2d ConvTranspose3d LayerNorm "
    "RMSNorm GroupNorm BatchNorm1d BatchNorm2d BatchNorm3d InstanceNorm2d Embedding Dropout "
    "ReLU GELU SiLU Sigmoid Tanh Softmax Softplus Identity AdaptiveAvgPool1d AdaptiveAvgPool2d "
    "AvgPool1d AvgPool2d MaxPool2d Flatten Upsample CrossEntropyLoss MSELoss BCELoss "
    "BCEWithLogitsLoss L1Loss NLLLoss GRUCell PixelShuffle EmbeddingBag Bilinear".split()
)
"""Layers that give one tensor for one tensor."""
