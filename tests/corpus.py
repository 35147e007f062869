"""Fetch pinned source distributions and unpack them: real repositories to read findings on.

`pip download` would run the packages' build scripts; this client only reads index and archive.
"""

import os
import pathlib
import sys
import tarfile

from pypi_simple import DistributionPackage, PyPISimple

PINS = {
    "flash-attn": "2.8.3.post2",
    "mamba-ssm": "2.3.2.post1",
    "xformers": "0.0.35",
    "transformers": "5.23.0",
    "timm": "1.0.31",
    "diffusers": "0.42.1",
    "deepspeed": "0.19.8",
    "lightning": "2.6.6",
    "vllm": "0.33.0",
}


def find(client: PyPISimple, name: str, version: str) -> DistributionPackage:
    """The sdist of this release, or an error that names it."""
    for package in client.get_project_page(name).packages:
        if package.version == version and package.package_type == "sdist":
            return package
    raise SystemExit(f"the index has no source distribution of {name} {version}: check the pin")


def fetch(client: PyPISimple, name: str, version: str, folder: pathlib.Path) -> None:
    """Download and unpack one release into folder, unless it is there already."""
    target = folder / f"{name}-{version}"
    if target.exists():
        return
    package = find(client, name, version)
    archive = folder / package.filename
    client.download_package(package, archive)
    with tarfile.open(archive) as tar:
        tar.extractall(target, filter="data")
    archive.unlink()
    print(f"{target}: fetched", file=sys.stderr)


def main() -> None:
    """Fetch the releases named on the command line, or all of them."""
    folder = pathlib.Path(os.environ.get("PORTLINT_CORPUS", ".corpus"))
    folder.mkdir(parents=True, exist_ok=True)
    index = os.environ.get("PIP_INDEX_URL", "https://pypi.org/simple/")
    with PyPISimple(index) as client:
        for name in sys.argv[1:] or PINS:
            fetch(client, name, PINS[name], folder)


if __name__ == "__main__":
    main()
