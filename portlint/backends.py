"""Paths of a repository -> the files that are one of several device backends.

`accelerators/cuda.py` beside `accelerators/cpu.py` runs where CUDA was chosen: what decides is the
code that chooses, and that is reported on its own. Lists of requirements, settings and Dockerfiles
are chosen by hand: a team that has one for the host starts from that.
"""

import re
from collections.abc import Iterable, Iterator, Set
from pathlib import PurePosixPath

from portlint.infra.beside import BASES

GPUS = ("cuda", "gpu", "nvidia", "rocm", "amd", "hip")
OTHERS = ("cpu", "neuron", "xla", "tpu", "xpu", "hpu", "npu", "mps")
"""A family without one of these chooses among GPUs only, and has nothing for Neuron's host."""
AMD = frozenset(["rocm", "amd", "hip"])
FOREIGN = AMD | set("ascend npu xpu hpu gaudi tpu maca musa camb cambricon mlu".split())
"""Devices whose files CUDA's users never had, and Neuron does not get."""
PYTHON = (".py", ".pyi", ".ipynb")
SOURCES = (".cu", ".cuh", ".hip", ".cpp", ".cc", ".cxx", ".c", ".h", ".hpp", ".hh")
LISTS = (".txt", ".in")
SETTINGS = (*LISTS, ".yaml", ".yml")
DEVICE = re.compile(rf"(?:^|(?<=[-_]))(?:{'|'.join(GPUS + OTHERS)})(?=[-_]|$)")
NAMED = re.compile(rf"(?:^|(?<![^/_-]))(?:{'|'.join(GPUS + OTHERS)})(?=[-_.]|$)")
"""What the name of a file holds that names a device; most files are not looked at further."""
WITHIN = re.compile(rf"(?:^|/)(?:{'|'.join(sorted(AMD))})/")
IMAGE = re.compile(r"(?:Dockerfile|Containerfile)[._-](.+)|(.+)[._-][Dd]ockerfile")


def backends(paths: Iterable[str]) -> dict[str, str]:
    """File -> one beside it that is for another device."""
    known = set(paths)
    images = _images({path for path in known if "file" in path})
    inside = {path for path in known if WITHIN.search(path)}
    asked = {path for path in known if NAMED.search(path, path.rfind("/") + 1)}
    homes = {path.rpartition("/")[0] or "." for path in known} if inside else ()
    folders = _folders(homes)
    found = {}
    for path in {*images, *inside, *asked}:
        place = PurePosixPath(path)
        other = _module(place, known) or images.get(path) or _folder(place, folders)
        if other:
            found[path] = other
    return found


def _folders(homes: Iterable[str]) -> set[str]:
    """These folders and all that they stand in."""
    found = {"."}
    for home in homes:
        while home not in found:
            found.add(home)
            home = home.rpartition("/")[0] or "."
    return found


def foreign(path: str) -> str | None:
    """The device that is neither NVIDIA's nor Neuron's, of which a file that is no Python is."""
    place = PurePosixPath(path)
    if place.suffix in PYTHON:
        return None
    source = place.suffix in SOURCES
    parts = place.parent.parts if source else place.parts
    words = {word for part in parts for word in re.split(r"[-_.]", part.lower())}
    return min(words & (AMD if source else FOREIGN), default=None)


def _module(place: PurePosixPath, known: Set[str]) -> str | None:
    """A module of a package, or list of requirements, of the same name but for the device."""
    module = place.suffix == ".py" and str(place.parent / "__init__.py") in known
    if not (module or place.suffix in SETTINGS):
        return None
    for word in OTHERS + GPUS if DEVICE.search(place.stem) else ():
        sibling = str(place.with_stem(DEVICE.sub(word, place.stem, count=1)))
        if sibling in known and sibling != str(place) and (word in OTHERS or _is_other(place)):
            return sibling
    return None


def _is_other(place: PurePosixPath) -> bool:
    word = DEVICE.search(place.stem)
    return word is not None and word[0] in OTHERS


def _images(known: Set[str]) -> dict[str, str]:
    """`Dockerfile.rocm_base` -> `Dockerfile.cpu`, and the other way round."""
    families: dict[PurePosixPath, dict[str, str]] = {}
    for path in sorted(known):
        place = PurePosixPath(path)
        words = set(_image_words(place.name))
        for word in words & {*GPUS, *OTHERS}:
            families.setdefault(place.parent, {})[path] = word
    return {path: other for family in families.values() for path, other in _beside(family)}


def _image_words(name: str) -> list[str]:
    match = IMAGE.fullmatch(name)
    return re.split(r"[._-]", (match[1] or match[2]).lower()) if match else []


def _beside(family: dict[str, str]) -> Iterator[tuple[str, str]]:
    """Each file of a family with one for another device, where one of them is for no GPU."""
    for path, word in family.items():
        for other, its in family.items():
            if its != word and (its in OTHERS or word in OTHERS):
                yield path, other
                break


def _folder(place: PurePosixPath, folders: Set[str]) -> str | None:
    """The folder of another device beside the folder for AMD that a file is in."""
    for parent in place.parents:
        if parent.name in AMD:
            beside = (str(parent.with_name(word)) for word in (*GPUS, *OTHERS) if word not in AMD)
            return next((folder for folder in beside if folder in folders), None)
    return None


def based(paths: Iterable[str]) -> set[str]:
    """The folders that hold a base list of requirements, on which the other lists are added."""
    places = (PurePosixPath(p) for p in paths if "requirements" in p and p.endswith(LISTS))
    lists = (p for p in places if p.suffix in LISTS and "requirements" in p.parent.parts)
    return {str(p.parent) for p in lists if BASES & set(re.split("[-_]", p.stem))}
