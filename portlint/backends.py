"""Paths of a repository -> the modules that are one of several device backends.

`accelerators/cuda.py` beside `accelerators/cpu.py` runs where CUDA was chosen: what decides is the
code that chooses, and that is reported on its own.
"""

import re
from collections.abc import Iterable
from pathlib import PurePosixPath

CUDA = re.compile(r"(?:^|(?<=_))(?:cuda|gpu|nvidia)(?=_|$)")
OTHERS = ("cpu", "neuron", "xla", "tpu", "xpu", "hpu", "npu", "mps")


def backends(paths: Iterable[str]) -> dict[str, str]:
    """Module of a package -> a module beside it that does the same for another device."""
    known = set(paths)
    found = {}
    for path in known:
        place = PurePosixPath(path)
        if place.suffix == ".py" and CUDA.search(place.stem):
            if str(place.parent / "__init__.py") not in known:
                continue
            for other in OTHERS:
                sibling = str(place.with_stem(CUDA.sub(other, place.stem)))
                if sibling in known:
                    found[path] = sibling
                    break
    return found
