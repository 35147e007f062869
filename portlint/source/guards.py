"""Guards: why a piece of code may not run on Neuron, and the blocks that make it so."""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from typing import Literal, NamedTuple

from portlint.source import cst
from portlint.source.nodes import descend, dotted_text, statements

Kind = Literal[
    "cuda",
    "library",
    "device",
    "other",
    "neuron",
    "typing",
    "import",
    "option",
    "skip",
    "fallback",
    "host",
    "method",
    "error",
    "idle",
    "release",
    "unreal",
]

KINDS = frozenset("cuda library device other neuron fallback method".split())
"""Guards behind which a call does not happen; a caught failure is met by the caller."""
NEURON_WORDS = re.compile(r"neuron|(^|[_.])xla|torch\.accelerator|current_accelerator")
ABSENT = frozenset(
    "ImportError ModuleNotFoundError Exception BaseException OSError FileNotFoundError "
    "RuntimeError AttributeError AssertionError".split()
)
"""Exceptions that missing CUDA, or a missing CUDA library, raises."""
NO_PROGRAM = frozenset(["FileNotFoundError"])
RUNNERS = frozenset("Popen check_call check_output getoutput getstatusoutput".split())
IMPORT_FAILURES = frozenset(["ImportError", "ModuleNotFoundError", "Exception", "BaseException"])


Code = Callable[[cst.CSTNode], str]
"""Node -> how it is written in its file, with the parentheses around it."""


class Guard:
    """Why code may not run on Neuron: the kind of condition, its text and where it stands.

    `choice` is the node that chooses (If, IfExp, …); `alternative` says that another branch of it
    speaks of Neuron, XLA or torch.accelerator, so nothing is left out.
    """

    __slots__ = ("alternative", "choice", "kind", "library", "node", "words")

    def __init__(
        self,
        kind: Kind,
        node: cst.CSTNode | None,
        words: str | cst.CSTNode,
        library: str = "",
        alternative: bool = False,
    ) -> None:
        self.kind = kind
        self.node = node
        self.words = words
        self.library = library
        self.choice: cst.CSTNode | None = node
        self.alternative = alternative

    def text(self, code: Code) -> str:
        """The condition as written, on one line; made only when a finding quotes it."""
        return self.words if isinstance(self.words, str) else brief(code(self.words))


class Atom(NamedTuple):
    """A fact a condition implies: its kind, whether it holds or not, and what says so."""

    kind: Kind
    holds: bool
    words: str | cst.CSTNode
    library: str = ""


def speaks_of_neuron(node: cst.CSTNode) -> bool:
    """Whether an expression or branch names Neuron, XLA or torch.accelerator."""
    for item in descend(node):
        if isinstance(item, cst.Name | cst.Attribute):
            if NEURON_WORDS.search(dotted_text(item) or ""):
                return True
        elif isinstance(item, cst.SimpleString) and NEURON_WORDS.search(item.value):
            return True
    return False


def catches(node: cst.Try | cst.TryStar, names: frozenset[str]) -> bool:
    """Whether a handler takes one of these exceptions and goes on instead of raising."""
    for handler in node.handlers:
        caught = {"Exception"} if handler.type is None else set(_exceptions(handler.type))
        if caught & names and not leaves(handler.body, raising=True):
            return True
    return False


def _exceptions(node: cst.BaseExpression) -> list[str]:
    elements = [e.value for e in node.elements] if isinstance(node, cst.Tuple) else [node]
    return [(dotted_text(e) or "").split(".")[-1] for e in elements]


def leaves(body: cst.BaseSuite | cst.CSTNode, raising: bool) -> bool:
    """Whether a block always raises or exits (`raising`), or always leaves in any way."""
    last = _last(body)
    if isinstance(last, cst.Raise):
        return raising
    if isinstance(last, cst.Expr) and isinstance(last.value, cst.Call):
        name = dotted_text(last.value.func) or ""
        exits = name in ("exit", "quit", "sys.exit", "os._exit", "pytest.skip", "parser.error")
        return exits and (raising or name == "pytest.skip")
    return not raising and isinstance(last, cst.Return | cst.Continue | cst.Break)


def _last(body: cst.CSTNode) -> cst.CSTNode | None:
    while isinstance(body, cst.IndentedBlock | cst.SimpleStatementSuite | cst.SimpleStatementLine):
        items: Sequence[cst.CSTNode] = body.body
        if not items:
            return None
        body = items[-1]
    return body


def brief(text: str, limit: int = 60) -> str:
    """Source on one line, shortened for a message."""
    text = " ".join(text.split())
    return text if len(text) <= limit else text[: limit - 1] + "…"


PROBE = 3
"""Statements: a longer body under a broad `except` is the program itself, not a probe."""


def tried(node: cst.Try | cst.TryStar, code: Code) -> Guard | None:
    """The guard of a try that survives a missing library or device.

    torch is there on a Neuron host, so a try that imports nothing else guards nothing.
    """
    if not catches(node, ABSENT):
        return None
    statements = [s for line in node.body.body for s in _parts(line)]
    imports = [s for s in statements if isinstance(s, cst.Import | cst.ImportFrom)]
    narrow = catches(node, IMPORT_FAILURES - {"Exception", "BaseException"})
    if imports and all(_is_torch(s) for s in imports) and (narrow or len(statements) > PROBE):
        return None
    if not (imports or narrow or _missing(node) or len(statements) <= PROBE):
        return None
    caught = next((brief(code(h.type)) for h in node.handlers if h.type), "")
    return Guard("import" if imports or narrow else "option", node, f"except {caught}".strip())


def _missing(node: cst.Try | cst.TryStar) -> bool:
    """Whether a handler takes that a file or a program is not there, as `nvidia-smi` is not."""
    if catches(node, NO_PROGRAM):
        return True
    return catches(node, frozenset(["OSError"])) and any(
        _runs(n) for n in descend(node.body) if isinstance(n, cst.Call)
    )


def _runs(call: cst.Call) -> bool:
    name = dotted_text(call.func) or ""
    return name.startswith("subprocess.") or name in RUNNERS


VERSION_FAILURES = frozenset("AttributeError TypeError ImportError ModuleNotFoundError".split())
"""Exceptions of a name, a parameter or a module that an older torch does not have."""


def fallback(node: cst.Try | cst.TryStar, handler: cst.CSTNode, code: Code) -> Guard | None:
    """The guard of a handler for older versions of what the try uses.

    Where the tried code has nothing to do with CUDA or a library, it works on a Neuron host as
    anywhere, and the handler does not run.
    """
    caught = getattr(handler, "type", None)
    if caught is None or not set(_exceptions(caught)) <= VERSION_FAILURES:
        return None
    words = code(node.body)
    imports = [n for n in statements(node.body) if isinstance(n, cst.Import | cst.ImportFrom)]
    ours = all(_module(n).split(".")[0] == "torch" for n in imports)
    if "cuda" in words.lower() or not (ours or NEURON_WORDS.search(words)):
        return None
    return Guard("fallback", node, brief(words))


def _module(node: cst.CSTNode) -> str:
    """The module an import names first; "" for one relative to the file."""
    if isinstance(node, cst.ImportFrom):
        return "" if node.relative or node.module is None else dotted_text(node.module) or ""
    return dotted_text(node.names[0].name) or "" if isinstance(node, cst.Import) else ""


def _is_torch(node: cst.CSTNode) -> bool:
    """`import torch`, `import torch.cuda`: modules that every build of torch has."""
    if not isinstance(node, cst.Import):
        return False
    return all((dotted_text(alias.name) or "").split(".")[0] == "torch" for alias in node.names)


def _parts(line: cst.CSTNode) -> Sequence[cst.CSTNode]:
    return line.body if isinstance(line, cst.SimpleStatementLine) else [line]


def chain_speaks(node: cst.If, guards: Sequence[Guard]) -> bool:
    """Whether some branch of an if-chain, or what stands around it, deals with Neuron."""
    current: cst.If | cst.Else | None = node
    while isinstance(current, cst.If):
        if speaks_of_neuron(current.test):
            return True
        current = current.orelse
    return under_neuron(guards) or (current is not None and speaks_of_neuron(current.body))


def under_neuron(guards: Sequence[Guard]) -> bool:
    """Whether one of the guards asks for Neuron."""
    return any(guard.kind == "neuron" for guard in guards)


def tried_library(body: cst.CSTNode, libraries: frozenset[str]) -> str:
    """The CUDA-bound library whose import a try below this node survives, or the empty string."""
    for node in statements(body):
        if isinstance(node, cst.Try | cst.TryStar) and catches(node, IMPORT_FAILURES):
            return imported_library(node.body, libraries)
    return ""


def imported_library(body: cst.CSTNode, libraries: frozenset[str]) -> str:
    """The first of these libraries imported below a node, or the empty string."""
    for node in statements(body):
        modules: list[str | None] = []
        if isinstance(node, cst.Import):
            modules = [dotted_text(alias.name) for alias in node.names]
        elif isinstance(node, cst.ImportFrom) and node.module:
            modules = [dotted_text(node.module)]
        for module in modules:
            if module and module.split(".")[0] in libraries:
                return module.split(".")[0]
    return ""
