"""`python -m tests.screenshot`: draws the picture of the page that README.md shows."""

import pathlib
import subprocess
import sys
import tempfile

from tests import browsers
from tests.readme import ROOT, START

IMAGE = ROOT / "docs" / "images" / "report.png"
SIZE = {"width": 1160, "height": 1230}
AUDIT = ("audit", "sample_models", "--matrix", "--exit-zero", "--quiet")


def page(folder: pathlib.Path) -> pathlib.Path:
    """The page of the sample models."""
    file = folder / "report.html"
    words = [*AUDIT, "--output", f"html={file}", "--output", f"json={folder / 'report.json'}"]
    subprocess.run(
        [sys.executable, "-c", START, *words], cwd=ROOT, check=True, stdout=subprocess.DEVNULL
    )
    return file


def main() -> None:
    """Write the top of that page, as it opens on a light screen."""
    IMAGE.parent.mkdir(exist_ok=True)
    with tempfile.TemporaryDirectory() as folder, browsers.started(required=True) as browser:
        file = page(pathlib.Path(folder))
        with browsers.opened(browser, file, viewport=SIZE) as (shown, _):
            shown.screenshot(path=IMAGE)


if __name__ == "__main__":
    main()
