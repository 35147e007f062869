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
LISTS = (".txt", ".in")
DEVICE = re.compile(rf"(?:^|(?<=_))(?:{'|'.join(GPUS + OTHERS)})(?=_|$)")


def backends(paths: Iterable[str]) -> dict[str, str]:
    """Module of a package, or list of requirements -> one beside it that is for another device."""
    known = set(paths)
    found = {}
    for path in known:
        place = PurePosixPath(path)
        module = place.suffix == ".py" and str(place.parent / "__init__.py") in known
        if not (module or place.suffix in LISTS):
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
