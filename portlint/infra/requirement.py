"""One requirement as packages write it -> facts: distribution, specifier, index, what it admits."""

import functools
import re
from collections.abc import Iterator

from packaging.markers import Marker, default_environment
from packaging.requirements import InvalidRequirement, Requirement
from packaging.specifiers import InvalidSpecifier, SpecifierSet
from packaging.utils import canonicalize_name

from portlint.infra.facts import Fact
from portlint.model import Span
from portlint.targets import releases

HOSTS: tuple[dict[str, str], ...] = tuple(
    {key: str(value) for key, value in default_environment().items()}
    | {
        "os_name": "posix",
        "sys_platform": "linux",
        "platform_system": "Linux",
        "platform_machine": "x86_64",
        "implementation_name": "cpython",
        "platform_python_implementation": "CPython",
        "python_version": version,
        "python_full_version": f"{version}.0",
    }
    for version in ("3.10", "3.11", "3.12", "3.13", "3.14")
)
"""The hosts a Neuron program can run on: Linux on x86, some Python."""
WHEEL = re.compile(r"([A-Za-z0-9](?:[\w.]*[A-Za-z0-9])?)-\d[\w.!+%]*-[\w.]+-[\w.]+-[\w.]+\.whl")
EGG = re.compile(r"[#&]egg=([\w.-]+)")
REPOSITORY = re.compile(r"^(?:git\+|hg\+|https?://).*/([\w.-]+?)(?:\.git)?(?:@[^/]*)?(?:[#?].*)?$")
LEGACY = re.compile(r"([A-Za-z0-9][\w.-]*?)\s*(?:\[[^\]]*\])?\s*((?:[=<>!~]=?=?|@).*)?")
PYTHON = [f"3.{minor}" for minor in range(6, 16)]
NEURON_TORCH = ["2.5", "2.6", "2.7", "2.8", "2.9", "2.13", "2.14"]
"""Minor releases of torch-neuronx that exist: up to 2.9 for PyTorch/XLA, from 2.13 native."""

LONGEST = 1000
"""Characters of a range of versions that is read: Python takes no number of 4300 digits."""


def requirement(text: str, span: Span, guard: str | None = None) -> Iterator[Fact]:
    """The facts of one requirement; one whose marker no Neuron host fulfils says nothing."""
    name, value, marker = _read(text.strip())
    if not name or (marker is not None and not _applies(marker)):
        return
    if guard is None and marker is not None and "extra" in str(marker):
        guard = "only for an extra"
    yield Fact("requirement", name, value, span, guard=guard)
    if (
        name in ("torch", "torch-neuronx")
        and value
        and "://" not in value
        and len(value) <= LONGEST
    ):
        admitted = admits(name, value)
        if admitted is not None:
            yield Fact("admits", name, admitted, span, guard=guard)


def _read(text: str) -> tuple[str, str, Marker | None]:
    """Distribution, specifier or URL, and marker of a line; an empty name where it is none."""
    if "://" in text.split(";")[0].split("@")[0] or text.endswith(".whl"):
        return _from_url(text), text, None
    try:
        parsed = Requirement(text)
    except InvalidRequirement:
        match = LEGACY.fullmatch(text.split(";")[0].strip()) if len(text) <= 500 else None
        if match is None:
            return "", "", None
        return canonicalize_name(match[1]), (match[2] or "").strip(), None
    value = parsed.url or str(parsed.specifier)
    return canonicalize_name(parsed.name), value, parsed.marker


def _from_url(url: str) -> str:
    """The distribution a link leads to: from the egg name, the wheel, or the repository."""
    if egg := EGG.search(url):
        return canonicalize_name(egg[1])
    file = url.split("#")[0].split("?")[0].rpartition("/")[2]
    if wheel := WHEEL.fullmatch(file):
        return canonicalize_name(wheel[1])
    repository = REPOSITORY.match(url) if len(url) < 2000 else None
    return canonicalize_name(repository[1]) if repository and "." not in repository[1] else ""


def _applies(marker: Marker) -> bool:
    extras = re.findall(r"extra\s*==\s*['\"]([^'\"]+)", str(marker)) or [""]
    return any(marker.evaluate(host | {"extra": extra}) for host in HOSTS for extra in extras)


@functools.cache
def _minors(name: str) -> list[str]:
    """The minor releases that mean something for this distribution, oldest first."""
    if name == "torch-neuronx":
        return NEURON_TORCH
    if name == "python":
        return PYTHON
    found = {".".join(v.split(".")[:2]) for row in releases() for v in row["torch"].split(";") if v}
    return sorted(found, key=lambda minor: [int(part) for part in minor.split(".")])


@functools.lru_cache(maxsize=1024)
def admits(name: str, specifier: str) -> str | None:
    """The known minor releases a specifier lets in, as words; None where it cannot be read.

    A local part (`+cu121`) says which build, not which release, and is left aside.
    """
    plain = re.sub(r"\+[\w.]+", "", specifier)
    try:
        wanted = SpecifierSet(plain)
    except InvalidSpecifier:
        return None
    found = []
    for minor in _minors(name):
        versions = [f"{minor}.{patch}" for patch in range(12)]
        if name == "torch-neuronx":
            versions += [f"{v}.{b}" for v in versions[:4] for b in range(16)]
            versions += re.findall(rf"{re.escape(minor)}\.[\d.]+", plain)
        if any(wanted.contains(version.strip("."), prereleases=True) for version in versions):
            found.append(minor)
    return " ".join(found)


def caret(text: str) -> str:
    """Poetry's and conda's spellings of a version -> the ones pip knows."""
    parts = []
    for part in (p.strip() for p in text.split(",")):
        number = part.lstrip("^~=")
        if part.startswith("^") and re.fullmatch(r"\d+(\.\d+)*", number):
            major, minor, *_ = [*number.split("."), "0"]
            top = f"0.{int(minor) + 1}" if major == "0" else str(int(major) + 1)
            parts.append(f">={number},<{top}")
        elif re.fullmatch(r"~\d+(\.\d+)+", part):
            parts.append(f"~={number}" if number.count(".") > 1 else f"=={number}.*")
        elif re.fullmatch(r"\d+(\.\d+)*(\.?\*)?", part):
            parts.append(f"=={part}")
        elif re.fullmatch(r"=\d+(\.\d+)*(\.?\*)?", part):
            parts.append(f"=={number.removesuffix('.*').removesuffix('*')}.*")
        elif part not in ("*", ""):
            parts.append(part)
    return ",".join(parts)
