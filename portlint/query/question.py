"""What a person typed -> the names it can stand for, and a tiny program that uses it."""

from __future__ import annotations

import ast
import re
import warnings
from collections.abc import Iterator, Mapping
from typing import NamedTuple

ALIASES = {
    "F": "torch.nn.functional",
    "nn": "torch.nn",
    "dist": "torch.distributed",
    "th": "torch",
    "np": "numpy",
    "optim": "torch.optim",
    "Tensor": "torch.Tensor",
    "tl": "triton.language",
    "xm": "torch_xla.core.xla_model",
    "xr": "torch_xla.runtime",
    "xmp": "torch_xla.distributed.xla_multiprocessing",
    "pl": "lightning",
}
"""What these names stand for in most programs."""
ERROR = re.compile(r"(NCC_)?([A-Z]{4}\d{3})")
DOTTED = re.compile(r"\.?[A-Za-z_]\w*(\.\w+)*")
HYPHENS = re.compile(r"[\w.]+(-[\w.]+)+")
"""`flash-attn`, `sliding-window`, `nvidia-smi`: a name, and no subtraction."""
OPAQUE = "(*args, **kwargs)"
"""A call of which nothing is known but that it is one."""


class Question(NamedTuple):
    """`names` are looked up, the likeliest first; `programs` are analysed (there may be none).

    `words` are the texts that stand in the call of an expression, by keyword.
    """

    text: str
    names: tuple[str, ...]
    programs: tuple[str, ...] = ()
    words: Mapping[str, str] = {}
    is_call: bool = False


def question(text: str, homes: Mapping[str, str]) -> Question:
    """Read one argument of the command; `homes` gives the dotted path of a class or function.

    >>> question("F.interpolate(mode='bicubic')", {}).names
    ('torch.nn.functional.interpolate',)
    """
    asked = text.strip()
    if ERROR.fullmatch(asked):
        return Question(asked, (f"NCC_{asked.removeprefix('NCC_')}",))
    plain = re.sub(r"^(torch\.ops\.)?aten(::|\.)", "aten.", asked).replace("::", ".")
    if DOTTED.fullmatch(plain):
        return _named(asked, plain, homes)
    tree = None if HYPHENS.fullmatch(asked) else _parsed(asked)
    if tree is None:
        return Question(asked, tuple(dict.fromkeys([asked, asked.replace("-", "_")])))
    call = next((n for n in ast.walk(tree) if isinstance(n, ast.Call)), None)
    path = _path(call.func, homes) if call else ""
    return Question(
        asked,
        (path,) if path else (),
        tuple(_programs(asked, tree, homes)),
        dict(_words(call)) if call else {},
        is_call=True,
    )


def _named(asked: str, plain: str, homes: Mapping[str, str]) -> Question:
    method = plain.startswith(".") or (plain not in homes and f".{plain}" in homes)
    name = f"torch.Tensor.{plain.lstrip('.')}" if method else expanded(plain, homes)
    bare = plain.lstrip(".")
    last = [f"aten.{bare}" if "." not in bare else f"torch.{bare}"]
    names = tuple(dict.fromkeys([name, bare, *last]))
    tree = _parsed(_use(name))
    if name.startswith("aten.") or tree is None:
        return Question(asked, names)
    return Question(asked, names, tuple(_programs(_use(name), tree, homes)))


def _use(name: str) -> str:
    """The name called, without saying with what; a method on some tensor."""
    if name.startswith("torch.Tensor."):
        return f"x.{name.removeprefix('torch.Tensor.')}{OPAQUE}"
    return f"{name}{OPAQUE}"


def expanded(name: str, homes: Mapping[str, str]) -> str:
    """`F.gelu` -> `torch.nn.functional.gelu`; a lone class or function -> where it is defined."""
    root, dot, rest = name.partition(".")
    if not dot:
        return homes.get(name, name)
    home = ALIASES.get(root) or homes.get(root, root)
    return f"{home}.{rest}" if root in ALIASES or home.startswith("torch.") else name


def _parsed(text: str) -> ast.Module | None:
    try:
        with warnings.catch_warnings(action="ignore"):
            return ast.parse(text)
    except (SyntaxError, ValueError, RecursionError):
        return None


def _path(node: ast.expr, homes: Mapping[str, str]) -> str:
    """The dotted path of what is called; a method counts as one of a tensor."""
    parts: list[str] = []
    while isinstance(node, ast.Attribute):
        parts.append(node.attr)
        node = node.value
    if not isinstance(node, ast.Name):
        return f"torch.Tensor.{parts[0]}" if parts else ""
    name = expanded(".".join([node.id, *reversed(parts)]), homes)
    is_module = node.id in ALIASES or _import(node.id, called=not parts, homes=homes)
    return name if is_module or not parts else f"torch.Tensor.{parts[0]}"


def _words(call: ast.Call) -> Iterator[tuple[str, str]]:
    for keyword in call.keywords:
        if keyword.arg and isinstance(keyword.value, ast.Constant):
            yield keyword.arg, str(keyword.value.value)


def _programs(text: str, tree: ast.Module, homes: Mapping[str, str]) -> Iterator[str]:
    """The text as a module, and as the forward of one, below the imports that it needs."""
    roots = dict.fromkeys(n.id for n in ast.walk(tree) if isinstance(n, ast.Name))
    called = {n.func.id for n in ast.walk(tree) if _calls_a_name(n)}  # type: ignore[attr-defined]
    imports = {root: _import(root, root in called, homes) for root in roots}
    head = "".join(f"{line}\n" for line in imports.values() if line)
    yield f"{head}{text}\n"
    free = ", ".join(root for root, line in imports.items() if not line)
    given = f"self, {free}" if free else "self"
    body = "\n".join(f"        {line}" for line in text.split("\n"))
    needs = "" if "import torch\n" in head else "import torch\n"
    yield f"{needs}{head}class Asked(torch.nn.Module):\n    def forward({given}):\n{body}\n"


def _calls_a_name(node: ast.AST) -> bool:
    return isinstance(node, ast.Call) and isinstance(node.func, ast.Name)


def _import(root: str, called: bool, homes: Mapping[str, str]) -> str:
    """The import of a package, a usual alias, a class, or a function; "" for a variable."""
    home = homes.get(root, "")
    if root == "Tensor":
        return "from torch import Tensor"
    if root in ALIASES:
        return f"import {ALIASES[root]} as {root}"
    if "." in home and (called or root[0].isupper()):
        return f"from {home.rpartition('.')[0]} import {root}"
    return f"import {root}" if home == root or root == "torch" else ""
