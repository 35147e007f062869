"""The dispatcher -> which kernels every operator of ATen has, for lazy tensors and behind them."""

import torch

KEYS = (
    "XLA",
    "CPU",
    "CompositeImplicitAutograd",
    "CompositeExplicitAutograd",
    "CompositeExplicitAutogradNonFunctional",
)


def kernels() -> dict[str, list[str]]:
    """By name and overload ("index.Tensor"), what is registered among `KEYS`."""
    found = {}
    for name in torch._C._dispatch_get_all_op_names():
        if name.startswith("aten::"):
            short = name.removeprefix("aten::")
            short = short if "." in short else f"{short}.default"
            has = torch._C._dispatch_has_kernel_for_dispatch_key
            found[short] = [key for key in KEYS if has(name, key)]
    return found
