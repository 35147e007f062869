"""JSON -> JSON with other values in some places; a notebook with other cells."""

import json
from random import Random
from typing import Any

from tests.fuzz import programs, texts
from tests.fuzz.texts import LARGEST

SCALARS: tuple[Any, ...] = (
    *(None, True, False, 0, -1, 1, 3, 2**63, 10**400, 0.5, -0.0, float("nan"), float("inf"), 1e308),
    *("", "x", "cuda", "auto", "\ud800", "\udfff", "\0", "é", "a\nb", "\x1b", "1", "x" * 3000),
    *([], {}, [None], [[]], [1, "x"], {"": 0}, {"a": {"b": []}}, ["x\n", 3], [{}], {"x": None}),
)
CELLS = (
    *(
        "!pip install torch\n",
        "%%bash\nnvidia-smi\n",
        "%%writefile a.py\nimport torch\n",
        "%time x\n",
    ),
    *(
        "%%writefile -a\n",
        "!{x} = 3\n",
        "x = !ls\n",
        "?torch",
        "torch??\n",
        "%%capture\nimport torch",
    ),
    *(
        "%load_ext x\n  %y\n",
        "%%writefile Dockerfile\nFROM nvidia/cuda\n",
        "%%\n",
        "%",
        "!",
        "!!ls",
    ),
    *(
        "%%cython\nx",
        "if x:\n    !pip install torch\n",
        "%pip install \\\n  torch",
        "\\\n!x",
        ", f a",
    ),
    *("%%writefile ../../x.yaml\na: *b\n", "%%html\n<b>", "%%writefile n.ipynb\n{}", "; x\n/ y\n"),
)


def values(data: bytes, other: bytes, random: Random) -> bytes:
    """Exchange, delete or add values."""
    try:
        document = json.loads(data)
        taken = json.loads(other)
    except (ValueError, RecursionError):
        return texts.words(data, other, random)
    places = list(_places(document))
    for _ in range(random.choice((1, 1, 1, 2, 5))):
        if not places:
            return json.dumps(random.choice(SCALARS)).encode()
        inside, key = random.choice(places)
        _change(inside, key, taken, random)
    try:
        text = json.dumps(document, indent=random.choice((None, 0, 1, 4)))
    except (ValueError, RecursionError):
        return data
    return text.encode()[:LARGEST]


def _change(inside: Any, key: Any, taken: Any, random: Random) -> None:
    if isinstance(inside, list) and key >= len(inside):
        return
    match random.randrange(5):
        case 0:
            inside.pop(key, None) if isinstance(inside, dict) else inside.pop(key)
        case 1 if others := list(_places(taken)):
            there, name = random.choice(others)
            inside[key] = json.loads(json.dumps(there[name]))
        case 2 if isinstance(inside, dict):
            name = random.choice(("", "a.b", "\ud800", "é", *map(str, inside))) + random.choice(
                ("", "x")
            )
            inside[name] = inside.get(key)
        case 3:
            depth: Any = inside.get(key) if isinstance(inside, dict) else inside[key]
            for _ in range(random.choice((1, 2, 60))):
                depth = [depth] if random.random() < 0.5 else {"a": depth}
            inside[key] = depth
        case _:
            inside[key] = json.loads(json.dumps(random.choice(SCALARS)))


def _places(value: Any) -> Any:
    """Every place that holds a value: what it is in, and its key or number."""
    if not isinstance(value, dict | list):
        return
    for key, inner in list(value.items() if isinstance(value, dict) else enumerate(value)):
        yield value, key
        yield from _places(inner)


def cells(data: bytes, other: bytes, random: Random) -> bytes:
    """Change the code of a cell as a program or as text, or let it begin with a magic."""
    try:
        notebook = json.loads(data)
        sources = [cell for cell in notebook["cells"] if "source" in cell]
        cell = random.choice(sources)
        code = "".join(cell["source"])
        more = "".join(random.choice(json.loads(other)["cells"])["source"])
    except (ValueError, RecursionError, LookupError, TypeError, AttributeError):
        return values(data, other, random)
    match random.randrange(4):
        case 0:
            lines = code.split("\n")
            lines.insert(random.randint(0, len(lines)), random.choice(CELLS))
            code = "\n".join(lines)
        case 1:
            code = random.choice(CELLS) + code
        case _:
            change = random.choice((*programs.ALL, *texts.ANY))
            made = change(code.encode("utf-8", "replace"), more.encode("utf-8", "replace"), random)
            code = made.decode("utf-8", "replace")
    cell["source"] = code if random.random() < 0.5 else code.splitlines(keepends=True)
    return json.dumps(notebook, indent=1, ensure_ascii=random.random() < 0.5).encode(
        "utf-8", "replace"
    )[:LARGEST]
