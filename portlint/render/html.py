"""Report -> HTML: the page of `portlint.render.page`."""

from portlint.render.page.whole import render

__all__ = ["render"]
