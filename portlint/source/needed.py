"""Top-level statements -> which of them others need by a name, and which names are used."""

from __future__ import annotations

import ast
import itertools
import re
from collections.abc import Collection, Iterable, Iterator, Sequence

from portlint.source.lines import walk
from portlint.source.prose import statements as below
from portlint.source.reach import imported
from portlint.source.statements import DEFINITIONS, Group, defines, imports_only
from portlint.source.thin import is_private

WORD = re.compile(r"\w+")
FEW = 20
"""Names that are looked for one by one; to find all words of a text takes longer."""
NEAR = 80
"""Characters before a name in which what makes it a question or an argument has to begin."""
GIVEN = re.compile(r"\s*[,)]")
"""What stands behind a name that a call is given first."""
BROKEN = re.compile(r"\(\s*+(?:\w++\s*+)?[#\\]")
NOTHING = re.compile(r"#[^\n]*|\\\n")
"""Where a comment or a joined line may stand beside that name, and what both are."""
ASKING = re.compile(r"\b(?:if|elif|while|and|or|not|assert)\Z")
ANSWERING = re.compile(r"\b(?:if|elif|while|and|or|not|assert|return)\Z")
"""What stands before a call that a condition makes; an answer may hand on what it calls."""
TRACED = "torch_neuronx"
"""Where a file spells it, a function may hand on what it traced, and rules ask what calls it."""


def words(
    found: Sequence[Group], wanted: list[bool], extra: Iterable[str], gates: Sequence[str]
) -> frozenset[str]:
    """The names through which wanted statements can be used; statements with one are wanted too."""
    names: frozenset[str] = frozenset()
    new = set(extra)
    traced = any(TRACED in group.text for group in found)
    read = [False] * len(found)
    while True:
        for index, group in enumerate(found):
            if wanted[index] and not read[index]:
                read[index] = True
                new.update(n for node in group.statements for n in _aliases(node, gates, traced))
        new -= names
        if not new:
            return names
        names |= new
        for index, group in enumerate(found):
            wanted[index] = wanted[index] or stands_in(new, group.text)


def stands_in(names: Collection[str], text: str) -> bool:
    """Whether one of these names is a word of a text."""
    if len(names) < FEW:
        return any(_stands(name, text) for name in names)
    return not frozenset(WORD.findall(text)).isdisjoint(names)


def flags(found: Iterable[Group]) -> frozenset[str]:
    """The names that a try sets to True or False."""
    return frozenset(name for group in found for name in _set(group.statements))


def _set(statements: Sequence[ast.stmt]) -> Iterator[str]:
    for node in statements:
        for item in walk(node) if isinstance(node, ast.Try) else ():
            if isinstance(item, ast.Assign) and isinstance(item.value, ast.Constant):
                yield from (t.id for t in item.targets if isinstance(t, ast.Name))


def _aliases(node: ast.stmt, gates: Sequence[str], traced: bool) -> Iterator[str]:
    """The names a wanted statement binds to something that may be meant where they are used."""
    for item in walk(node) if isinstance(node, ast.If | ast.Try | ast.With) else [node]:
        if isinstance(item, ast.Import | ast.ImportFrom):
            yield from (
                name for name, path in imported(item) if name and any(g in path for g in gates)
            )
        elif isinstance(item, ast.Assign | ast.AnnAssign) and _tells(item.value, gates):
            targets = item.targets if isinstance(item, ast.Assign) else [item.target]
            yield from (t.id for t in targets if isinstance(t, ast.Name))
        elif (
            isinstance(item, ast.FunctionDef | ast.AsyncFunctionDef)
            and (traced or item.decorator_list or is_private(item.name))
        ) or (isinstance(item, ast.ClassDef) and is_private(item.name)):
            yield item.name


def _tells(value: ast.expr | None, gates: Sequence[str]) -> bool:
    """Whether more may be meant by a name than a literal; a word may be what a rule looks for."""
    if isinstance(value, ast.Constant):
        word = value.value
        return isinstance(word, str) and any(gate in word for gate in gates)
    return not isinstance(value, ast.Dict | ast.List | ast.Tuple | ast.Set | ast.JoinedStr)


class Used:
    """The words of what is read. Few are asked for, and each is looked for then."""

    def __init__(self, names: set[str], text: str) -> None:
        self.names = names
        self.text = text

    def __contains__(self, name: object) -> bool:
        if name in self.names:
            return True
        if isinstance(name, str) and _stands(name, self.text):
            self.names.add(name)
            return True
        return False


def _stands(name: str, text: str) -> bool:
    """Whether a name is a word of a text; `in` would take parts of words as well."""
    at = text.find(name) if name else -1
    while at >= 0:
        around = text[at - 1 : at] + text[at + len(name) : at + len(name) + 1]
        if not around or not any(sign.isalnum() or sign == "_" for sign in around):
            return True
        at = text.find(name, at + 1)
    return False


def used(found: Sequence[Group], wanted: Sequence[bool]) -> Used:
    """Every word of what can be read: wanted statements, plain ones, and what they call."""
    names: set[str] = set()
    new: list[str] = []
    left: list[Group] = []
    for group, want in zip(found, wanted, strict=True):
        if want:
            new.append(group.text)
        elif defines(group):
            left.append(group)
        elif not imports_only(group.statements):
            names.update(_loaded(group.statements))
    texts: list[str] = []
    while True:
        texts += new
        here = Used(names, "".join(new))
        asked = [any(name in here for name in _names(group)) for group in left]
        if not any(asked):
            return Used(names, "".join(texts))
        new = [group.text for group in itertools.compress(left, asked)]
        left = [group for group, ask in zip(left, asked, strict=True) if not ask]


def _loaded(statements: Sequence[ast.stmt]) -> Iterator[str]:
    """The names in plain statements; strings in them, of which `__all__` is made, name nothing."""
    for statement in statements:
        for node in walk(statement):
            if isinstance(node, ast.Name):
                yield node.id
            elif isinstance(node, ast.Attribute):
                yield node.attr


def _names(group: Group) -> Iterator[str]:
    return (n.name for n in group.statements if isinstance(n, DEFINITIONS))


def want_named(found: Sequence[Group], wanted: list[bool]) -> None:
    """What wanted statements say by a name: bases of a module, `jit(f)`, what a guard calls."""
    left = {
        node.name: index
        for index, group in enumerate(found)
        if not wanted[index]
        for node in group.statements
        if isinstance(node, DEFINITIONS)
    }
    if not left or not any(wanted):
        return
    groups = [g for g, want in zip(found, wanted, strict=True) if want or not defines(g)]
    answers = False
    while groups:
        said = _said(groups, left, answers)
        new = sorted({left.pop(name) for name in said})
        groups = [found[index] for index in new]
        answers = True
        for index in new:
            wanted[index] = True


APART = "\n;"
"""Between texts that are searched as one: no call goes on behind it."""


def _said(groups: Sequence[Group], names: Iterable[str], answers: bool) -> list[str]:
    """Those of the names by which groups may say more than their own text does."""
    text = APART.join(group.text for group in groups)
    spelled = [name for name in names if name in text]
    if not spelled:
        return []
    bases = {
        base
        for group in groups
        if any(name in group.text for name in spelled)
        for base in _bases(group)
    }
    asking = ANSWERING if answers else ASKING
    plain = NOTHING.sub("", text) if BROKEN.search(text) else ""
    return [
        name
        for name in spelled
        if name in bases or _is_said(name, text, asking) or _is_said(name, plain, asking)
    ]


def _is_said(name: str, text: str, asking: re.Pattern[str]) -> bool:
    """Whether a call is given a name first, or a condition calls it."""
    at = text.find(name)
    while at >= 0:
        end = at + len(name)
        before = text[max(at - NEAR, 0) : at]
        last = before.rstrip()[-1:]
        if last in ("(", "") and GIVEN.match(text, end):
            return True
        if text[end : end + 1] == "(":
            words = before.rstrip(" (")
            if not words or (words != before and asking.search(words)):
                return True
            if last == "=" and text[end + 1 : end + 2] == ")":
                return True
        at = text.find(name, end)
    return False


def _bases(group: Group) -> Iterator[str]:
    """The bases of the classes of a group; of classes in others only where there are any."""
    inner = len(group.statements) < group.text.count("class ")
    for statement in group.statements:
        for node in below(statement) if inner else [statement]:
            if isinstance(node, ast.ClassDef):
                yield from (base.id for base in node.bases if isinstance(base, ast.Name))
