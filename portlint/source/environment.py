"""Python that reads or sets the process environment or starts a program -> facts."""

import itertools
import re
import shlex
from collections.abc import Iterator

from portlint.source import cst
from portlint.source.nodes import argument, string_value
from portlint.source.place import Place

ENVIRON = ("os.environ",)
READERS = (
    "os.environ.get",
    "os.environ.setdefault",
    "os.environ.pop",
    "os.getenv",
    "os.putenv",
    "os.unsetenv",
)
RUNNERS = (
    "os.system",
    "os.popen",
    "subprocess.run",
    "subprocess.call",
    "subprocess.check_call",
    "subprocess.check_output",
    "subprocess.Popen",
    "subprocess.getoutput",
    "subprocess.getstatusoutput",
)

WRITTEN = frozenset(
    (cst.SimpleString, cst.ConcatenatedString, cst.FormattedString, cst.List, cst.Tuple)
)
"""Arguments of which something can be told: most calls are given others."""
ASSIGNMENT = re.compile(r"\w+=")

FactAt = tuple[str, str, str, cst.CSTNode]
"""Kind, name, value and the node it stands at."""


def facts(node: cst.Call | cst.Subscript | cst.Comparison, at: Place) -> Iterator[FactAt]:
    """`env` facts (variable, value) and `command` facts (program, whole line)."""
    match node:
        case cst.Subscript():
            yield from _subscript(node, at)
        case cst.Call():
            yield from _call(node, at)
        case cst.Comparison():
            if len(node.comparisons) == 1 and isinstance(
                node.comparisons[0].operator, cst.In | cst.NotIn
            ):
                name = string_value(node.left)
                if name and _is_environ(node.comparisons[0].comparator, at):
                    yield "env", name, "", node.left


def _is_environ(node: cst.BaseExpression, at: Place) -> bool:
    return isinstance(node, cst.Name | cst.Attribute) and any(p in ENVIRON for p in at.paths(node))


def _subscript(node: cst.Subscript, at: Place) -> Iterator[FactAt]:
    index = node.slice[0].slice
    if len(node.slice) != 1 or not isinstance(index, cst.Index):
        return
    name = string_value(index.value)
    if name and _is_environ(node.value, at):
        yield "env", name, _assigned(node, at), node


def _assigned(node: cst.Subscript, at: Place) -> str:
    """The text a variable is set to, where it is a literal."""
    parents = at.frame.parents
    if len(parents) > 1 and isinstance(parents[-1], cst.AssignTarget):
        assign = parents[-2]
        if isinstance(assign, cst.Assign):
            return string_value(assign.value) or ""
    return ""


def _call(node: cst.Call, at: Place) -> Iterator[FactAt]:
    if not isinstance(node.func, cst.Name | cst.Attribute) or not node.args:
        return
    if type(node.args[0].value) not in WRITTEN:
        return
    paths = at.paths(node.func)
    if any(path in READERS for path in paths):
        name = string_value(node.args[0].value)
        if name:
            yield "env", name, string_value(argument(node, "", 1)) or "", node
    elif any(path in RUNNERS for path in paths):
        words = _words(node.args[0].value)
        if words:
            yield "command", words[0].rsplit("/", 1)[-1], " ".join(words), node


def _words(node: cst.BaseExpression) -> list[str]:
    """The command line of a call, as far as it is written out."""
    if isinstance(node, cst.List | cst.Tuple):
        parts = [string_value(element.value) for element in node.elements]
        return [part or "{}" for part in parts] if parts and parts[0] else []
    text = string_value(node)
    if text is None:
        return []
    try:
        words = shlex.split(text)
    except ValueError:
        words = text.split()
    return list(itertools.dropwhile(ASSIGNMENT.match, words))
