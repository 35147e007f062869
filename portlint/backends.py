"""Paths of a repository -> the modules that are one of several device backends.

`accelerators/cuda.py` beside `accelerators/cpu.py` runs where CUDA was chosen: what decides is the
code that chooses, and that is reported on its own.
"""

import re
from collections.abc import Iterable
from pathlib import PurePosixPath

GPUS = ("cuda", "gpu", "nvidia", "rocm", "amd", "hip")
OTHERS = ("cpu", "neuron", "xla", "tpu", "xpu", "hpu", "npu", "mps")
"""A family without one of these chooses among GPUs only, and has nothing for Neuron's host."""
DEVICE = re.compile(rf"(?:^|(?<=_))(?:{'|'.join(GPUS + OTHERS)})(?=_|$)")


def backends(paths: Iterable[str]) -> dict[str, str]:
    """Module of a package -> a module beside it that does the same for another device."""
    known = set(paths)
    found = {}
    for path in known:
        place = PurePosixPath(path)
        if place.suffix != ".py" or str(place.parent / "__init__.py") not in known:
            continue
        for word in OTHERS + GPUS if DEVICE.search(place.stem) else ():
            sibling = str(place.with_stem(DEVICE.sub(word, place.stem, count=1)))
            if sibling in known and sibling != path and (word in OTHERS or _is_other(place)):
                found[path] = sibling
                break
    return found


def _is_other(place: PurePosixPath) -> bool:
    word = DEVICE.search(place.stem)
    return word is not None and word[0] in OTHERS
