"""C++ source -> the operators that it registers for the host."""

import re
from collections.abc import Iterator

IMPLEMENTED = re.compile(r'\.\s*impl\(\s*"(?:\w+::)?(\w+)"\s*,\s*(?:\w+::)*k?CPU\b')
LIBRARY = re.compile(
    r"\bTORCH_LIBRARY_IMPL\w*\(\s*\w+\s*,\s*CPU\s*,\s*\w+\s*\)\s*\{(?P<body>.*?)^\}",
    re.DOTALL | re.MULTILINE,
)
NAMED = re.compile(r'\.\s*impl\(\s*"(?:\w+::)?(\w+)"')
CUDA = re.compile(r"\bk?CUDA\b")


def hosted(text: str) -> Iterator[str]:
    """Names of operators with a CPU implementation.

    A file that registers for CUDA as well counts for nothing: what it has for the host are the
    operators that take no tensors of a device.
    """
    if "CPU" not in text or CUDA.search(text):
        return
    yield from (match[1] for match in IMPLEMENTED.finditer(text))
    for library in LIBRARY.finditer(text):
        yield from (match[1] for match in NAMED.finditer(library["body"]))
