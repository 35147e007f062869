"""Whether a traced model fits on a core, a chip, an instance. No torch."""

from portlint.fit.whole import fit

__all__ = ["fit"]
