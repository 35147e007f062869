"""A real Chromium, driven by Playwright; nothing is downloaded, and the network is off."""

import contextlib
import os
import pathlib
import shutil
from collections.abc import Iterator
from typing import TYPE_CHECKING, NamedTuple

import pytest

if TYPE_CHECKING:
    from playwright.sync_api import Browser, Dialog, Page

NAMES = ("chromium", "chromium-browser", "google-chrome", "google-chrome-stable")


class Seen(NamedTuple):
    """What a page said, asked for, and tried while it was open."""

    console: list[str]
    requests: list[str]


def program() -> str | None:
    """The installed browser."""
    return next(filter(None, map(shutil.which, NAMES)), None)


def missing() -> str:
    """Why no browser can be driven here; "" where one can."""
    if program() is None:
        return f"no browser: install one of {', '.join(NAMES)}"
    try:
        import playwright.sync_api  # noqa: F401
    except ImportError:
        return "no playwright: install the dev extra"
    return ""


@contextlib.contextmanager
def started(required: bool) -> Iterator["Browser"]:
    """A running browser; where there is none the test skips, or fails if it must not."""
    reason = missing()
    if reason and required:
        pytest.fail(reason)
    if reason:
        pytest.skip(reason)
    from playwright.sync_api import sync_playwright

    os.environ.setdefault("PLAYWRIGHT_SKIP_BROWSER_DOWNLOAD", "1")
    with sync_playwright() as driver:
        # as root, which is what a container of a build is, Chromium has no sandbox of its own
        browser = driver.chromium.launch(executable_path=program(), chromium_sandbox=False)
        yield browser
        browser.close()


@contextlib.contextmanager
def opened(
    browser: "Browser", file: pathlib.Path, **options: object
) -> Iterator["tuple[Page, Seen]"]:
    """A file in a fresh window: the page, and what it did."""
    settings: dict[str, object] = {"viewport": {"width": 1280, "height": 900}} | options
    context = browser.new_context(**settings)  # type: ignore[arg-type]
    page = context.new_page()
    seen = Seen([], [])
    page.on("console", lambda message: seen.console.append(message.text))
    page.on("pageerror", lambda error: seen.console.append(str(error)))
    page.on("dialog", lambda dialog: _refused(dialog, seen))
    page.on("request", lambda request: seen.requests.append(request.url))
    page.goto(file.as_uri())
    yield page, seen
    context.close()


def _refused(dialog: "Dialog", seen: Seen) -> None:
    seen.console.append(dialog.message)
    dialog.dismiss()
