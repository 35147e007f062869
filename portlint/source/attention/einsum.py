"""An equation of einsum -> which of its labels are summed over, shared and free."""

from __future__ import annotations

import functools
from typing import NamedTuple


class Equation(NamedTuple):
    """The labels of both operands and of the result."""

    left: str
    right: str
    out: str

    @property
    def summed(self) -> str:
        """Labels of both operands that the result has not."""
        return "".join(c for c in self.left if c in self.right and c not in self.out)

    @property
    def own(self) -> tuple[str, str]:
        """Labels of the result that only the left, and only the right operand has."""
        left = "".join(c for c in self.left if c in self.out and c not in self.right)
        right = "".join(c for c in self.right if c in self.out and c not in self.left)
        return left, right


@functools.cache
def equation(text: str) -> Equation | None:
    """`b i d, b j d -> b i j` with one letter for each label; None without two operands."""
    left, arrow, out = text.partition("->")
    operands = left.split(",")
    if len(operands) != 2 or not arrow:
        return None
    letters: dict[str, str] = {}

    def short(part: str) -> str:
        part = part.strip().replace("...", "." if " " not in part.strip() else " . ")
        words = part.split() if " " in part else list(part)
        words = [w for w in words if w not in ("(", ")", ".")]
        return "".join(letters.setdefault(w, chr(ord("a") + len(letters))) for w in words)

    return Equation(short(operands[0]), short(operands[1]), short(out))
