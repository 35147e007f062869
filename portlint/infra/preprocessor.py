"""C preprocessor conditions -> the guard that stands around a place of a source file."""

import bisect
import re

CONDITION = re.compile(r"^[ \t]*#[ \t]*(if|ifdef|ifndef|elif|else|endif)\b([^\n]*)", re.MULTILINE)
CUDA_MACRO = re.compile(r"\b\w*(?:CUDA|GPU|NVCC|HIP|ROCM)\w*\b")
VERSIONS = re.compile(r"ARCH|VERSION|CUDART|_MAJOR|_MINOR")


class Guards:
    """The conditions on CUDA of a blanked source, read once."""

    def __init__(self, code: str) -> None:
        self._starts = [0]
        self._guards: list[str | None] = [None]
        stack: list[str | None] = []
        for match in CONDITION.finditer(code):
            outer = stack[-2] if len(stack) > 1 else None
            if match[1].startswith("if"):
                outer = stack[-1] if stack else None
                stack.append(outer or (None if match[1] == "ifndef" else _guard(match[2])))
            elif match[1] == "endif":
                stack[-1:] = []
            elif stack:
                stack[-1] = outer or _guard(match[2])
            self._starts.append(match.end())
            self._guards.append(stack[-1] if stack else None)

    def at(self, offset: int) -> str | None:
        """Why the place may not be compiled, or None."""
        return self._guards[bisect.bisect_right(self._starts, offset) - 1]


def _guard(test: str) -> str | None:
    """The macro on which a condition makes CUDA code depend; a version or architecture is none."""
    test = test[:300]
    for macro in CUDA_MACRO.findall(test):
        denied = re.search(rf"!\s*(defined)?\s*\(?\s*{macro}", test)
        if not VERSIONS.search(macro) and not denied:
            return f"compiled only with `{macro}`"
    return None
