"""What is folded in a comment: its two tags, and tables within."""

from collections.abc import Sequence

from portlint.render.marks import cell

CLOSE = "\n</details>\n\n"


def opened(title: str) -> str:
    """The beginning of a folded part; the title is HTML."""
    return f"<details><summary>{title}</summary>\n\n"


def columns(names: Sequence[str]) -> str:
    """The head of a table; a name that ends in `:` is a column of numbers."""
    marks = ("--:" if name.endswith(":") else "---" for name in names)
    return row([name.removesuffix(":") for name in names]) + f"|{'|'.join(marks)}|\n"


def row(cells: Sequence[str]) -> str:
    """One line of a table, from Markdown."""
    return f"| {' | '.join(cell(text) for text in cells)} |\n"
