"""Top-level functions -> those that may answer others what a name says, or what one of them does.

`def usable(): return has_flashinfer() and ready()` holds nothing that a rule asks for; but who asks
it in another file stands behind a guard.
"""

from __future__ import annotations

import ast
import re
from collections.abc import Collection, Iterator, Sequence

from portlint.source.needed import stands_in
from portlint.source.probes import ASKED, CUDA_PROBES, OTHER_PROBES, kind_by_name
from portlint.source.statements import FUNCTIONS, Group
from portlint.source.versions import flag

WORD = re.compile(r"\w+")
FIRST = ("is_", "has_", "have_")
"""How names begin, after underscores, that say by themselves what there is."""
PROBES = frozenset(path.split(".")[-1] for path in CUDA_PROBES | OTHER_PROBES)
TELLING = PROBES.union(ASKED, ("find_spec", "import_module", "ImportError", "version"))
"""Words of functions that may say what there is."""


def want_answers(
    found: Sequence[Group], wanted: list[bool], flags: Collection[str], libraries: frozenset[str]
) -> None:
    """Want the functions that a name tells of the host, and those that ask one which is wanted.

    `flags` are names that other files say something by.
    """
    left: dict[int, Group] = {}
    asked: set[str] = set()
    for index, group in enumerate(found):
        names = list(_functions(group))
        if not names or "return" not in group.text:
            continue
        words = set(WORD.findall(group.text))
        tells = _speaks(words, libraries)
        if wanted[index]:
            telling = tells or not (words.isdisjoint(TELLING) and words.isdisjoint(flags))
            asked.update(names if telling else ())
        elif tells:
            wanted[index] = True
            asked.update(names)
        else:
            left[index] = group
    while asked:
        asking = [index for index, group in left.items() if stands_in(asked, group.text)]
        asked = {name for index in asking for name in _functions(left.pop(index))}
        for index in asking:
            wanted[index] = True


def _functions(group: Group) -> Iterator[str]:
    return (node.name for node in group.statements if isinstance(node, FUNCTIONS))


def answering(module: ast.Module, text: str, libraries: frozenset[str]) -> bool:
    """Whether a top-level function of a module may answer what a name says."""
    functions = [node for node in module.body if isinstance(node, FUNCTIONS)]
    lines = text.split("\n") if functions else []
    bodies = ("\n".join(lines[node.lineno - 1 : node.end_lineno]) for node in functions)
    return any("return" in body and _speaks(WORD.findall(body), libraries) for body in bodies)


def _speaks(words: Collection[str], libraries: frozenset[str]) -> bool:
    """Whether some name says by itself what there is, or which release of torch."""
    return any(_says(word, libraries) for word in words)


def _says(name: str, libraries: frozenset[str]) -> bool:
    low = name.lstrip("_").lower()
    if low.startswith(FIRST) and kind_by_name(name, libraries) is not None:
        return True
    return "torch_" in low and (low.startswith("is_") or flag(name) is not None)
