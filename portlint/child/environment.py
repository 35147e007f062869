"""What of the environment a model may see."""

from __future__ import annotations

import os
import pathlib

KEPT = ("PATH", "LANG", "LC_ALL", "LC_CTYPE", "PYTHONPATH", "VIRTUAL_ENV", "LD_LIBRARY_PATH")
"""What programs need to start, and no secret."""
SET = {
    "HF_HUB_OFFLINE": "1",
    "TRANSFORMERS_OFFLINE": "1",
    "HF_DATASETS_OFFLINE": "1",
    "WANDB_MODE": "disabled",
    "CUDA_VISIBLE_DEVICES": "",
    "TOKENIZERS_PARALLELISM": "false",
    "OMP_NUM_THREADS": "1",
    "MKL_NUM_THREADS": "1",
    "MALLOC_ARENA_MAX": "2",
    "PYTHONDONTWRITEBYTECODE": "1",
    "PYTHONHASHSEED": "0",
    "PYTHONWARNINGS": "ignore",
    "TORCHDYNAMO_VERBOSE": "0",
}


def environment(home: str) -> dict[str, str]:
    """A small environment whose home, caches and temporary files lie in a folder that goes away."""
    kept = {name: os.environ[name] for name in KEPT if name in os.environ}
    own = str(pathlib.Path(__file__).resolve().parent.parent.parent)
    path = os.pathsep.join(filter(None, (kept.get("PYTHONPATH"), own)))
    homes = dict.fromkeys(
        ("HOME", "TMPDIR", "XDG_CACHE_HOME", "XDG_CONFIG_HOME", "HF_HOME", "TORCH_HOME"), home
    )
    return {**kept, **SET, **homes, "PYTHONPATH": path}
