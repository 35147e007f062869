"""Numbers of bytes and parameters -> words."""

UNITS = ((2**40, "TiB"), (2**30, "GiB"), (2**20, "MiB"), (2**10, "KiB"), (1, "bytes"))


def amount(count: float) -> str:
    """`14.9 GiB`, `128 KiB`: three digits are enough to decide by."""
    scale, unit = next((pair for pair in UNITS if count >= pair[0]), UNITS[-1])
    return f"{_three(count / scale)} {unit}"


def parameters(count: int) -> str:
    """`8.03 B parameters`, `86.6 M parameters`."""
    for scale, unit in ((10**9, " B"), (10**6, " M")):
        if count >= scale:
            return f"{_three(count / scale)}{unit} parameters"
    return f"{count:,} parameters".replace(",", "\N{NARROW NO-BREAK SPACE}")


def _three(number: float) -> str:
    return f"{number:.0f}" if number >= 100 else f"{number:.3g}"
