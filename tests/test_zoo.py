"""The zoo of attentions: the programs are what they claim to be, and are recognised as that."""

import ast
import functools
import itertools
import pathlib
import re
from collections.abc import Callable, Iterator
from typing import Any, NamedTuple

import pytest

pytest.importorskip("torch")

import torch

from portlint.attention.kinds import kinds
from portlint.graph.attention import attentions
from portlint.graph.view import View
from portlint.record import Trace
from portlint.source.attention import instances
from tests import zoos
from tests.entry import Entry
from tests.renaming import KEPT, renamed
from tests.zoos import CALLERS, FILES, UNTRACED

pytestmark = [pytest.mark.xdist_group("zoo"), pytest.mark.usefixtures("torch_here")]


class Kept(NamedTuple):
    """An entry and where it stands."""

    path: pathlib.Path
    number: int
    entry: Entry

    @property
    def name(self) -> str:
        return f"{self.path.stem}-{self.entry.name}"


ALL = [Kept(p, i, e) for p in FILES for i, e in enumerate(zoos.entries(p))]
RUNNING = [one for one in ALL if one.path.stem not in (*CALLERS, *UNTRACED)]
TRACED = [one for one in ALL if one.path.stem not in UNTRACED]


def named(one: Kept) -> str:
    return one.name


@functools.cache
def files_renamed(folder: pathlib.Path) -> dict[pathlib.Path, list[Entry]]:
    """Every file with numbers for names, under a number."""
    found = {}
    for number, path in enumerate(FILES):
        copy = folder / f"f{number}.py"
        copy.write_text(renamed(path.read_text(encoding="utf-8")), encoding="utf-8")
        found[path] = zoos.entries(copy)
    return found


@pytest.fixture(scope="session")
def copies(tmp_path_factory: pytest.TempPathFactory) -> dict[pathlib.Path, list[Entry]]:
    return files_renamed(tmp_path_factory.mktemp("copies"))


@pytest.fixture(scope="session")
def traces(copies: dict[pathlib.Path, list[Entry]]) -> Callable[[Kept], Trace]:
    """The graphs of the programs without their names, each captured once."""

    @functools.cache
    def trace(path: pathlib.Path, number: int) -> Trace:
        return zoos.traced(copies[path][number])

    return lambda one: trace(one.path, one.number)


# The programs


def test_the_zoo_is_large_and_has_every_kind_in_two_spellings() -> None:
    spellings: dict[str, set[str]] = {}
    for one in ALL:
        if one.entry.kind:
            spellings.setdefault(one.entry.kind, set()).add(one.name)
    assert set(spellings) == set(kinds())
    assert [kind for kind, names in spellings.items() if len(names) < 2] == []
    assert sum(one.entry.kind is None for one in ALL) >= 12
    variants = {(one.path.stem, one.entry.twins or one.entry.name) for one in ALL if one.entry.kind}
    assert len(variants) >= 45


def test_kinds_that_a_pass_can_know_are_in_the_vocabulary() -> None:
    for one in ALL:
        assert {one.entry.in_graph, one.entry.in_source} <= {*kinds(), "", None}, one.name


@pytest.mark.parametrize("one", RUNNING, ids=named)
def test_a_program_runs_and_gives_what_it_says(one: Kept) -> None:
    given = zoos.outputs(one.entry)
    assert tuple(given[0].shape) == (one.entry.shape or tuple(one.entry.inputs()[0].shape))
    assert all(torch.isfinite(tensor).all() for tensor in given)


def twins() -> Iterator[list[Kept]]:
    """The spellings of one variant."""
    for _, same in itertools.groupby(
        sorted((one for one in RUNNING if one.entry.twins), key=family), family
    ):
        yield list(same)


def family(one: Kept) -> tuple[str, str]:
    return one.path.stem, one.entry.twins


@pytest.mark.parametrize("same", list(twins()), ids=lambda same: "-".join(family(same[0])))
def test_spellings_of_a_variant_agree(same: list[Kept]) -> None:
    assert len(same) > 1
    first, *others = (zoos.outputs(one.entry)[0] for one in same)
    near = 1e-2 if first.dtype == torch.bfloat16 else 1e-4
    for one, other in zip(same[1:], others, strict=True):
        assert torch.allclose(first, other, rtol=near, atol=near), one.name


@pytest.mark.parametrize("one", RUNNING, ids=named)
def test_a_program_without_its_names_gives_the_same(
    one: Kept, copies: dict[pathlib.Path, list[Entry]]
) -> None:
    copy = copies[one.path][one.number]
    torch.manual_seed(2)
    first = zoos.outputs(one.entry)
    torch.manual_seed(2)
    for left, right in zip(first, zoos.outputs(copy), strict=True):
        assert torch.equal(left, right)


@pytest.mark.parametrize("path", FILES, ids=lambda path: path.stem)
def test_no_name_is_left(path: pathlib.Path) -> None:
    tree = ast.parse(renamed(path.read_text(encoding="utf-8")))
    for node in ast.walk(tree):
        match node:
            case (
                ast.Name(id=name, ctx=ast.Store())
                | ast.arg(arg=name)
                | ast.ClassDef(name=name)
                | ast.FunctionDef(name=name)
                | ast.Attribute(value=ast.Name(id="self"), attr=name, ctx=ast.Store())
            ):
                assert re.fullmatch(r"n\d+|__\w+__", name) or name in KEPT
    assert ast.get_docstring(tree) is None


@pytest.mark.parametrize("one", TRACED, ids=named)
def test_a_program_is_captured_whole(one: Kept, traces: Callable[[Kept], Trace]) -> None:
    seen = traces(one)
    assert seen.captured_by == "export"
    assert seen.ops


# Recognition


def differences(groups: list[Any], one: Kept, kind: str | None) -> list[str]:
    """How what was recognised differs from what an entry expects."""
    expected = [g for g in groups if g.kind == kind]
    count, others = sum(g.number for g in expected), sum(g.number for g in groups)
    wanted = one.entry.number if kind else 0
    wrong = []
    if count != wanted or others - count != one.entry.also:
        wrong.append(f"{[(g.kind, g.number) for g in groups]}, not {kind} x {wanted}")
    for group in expected:
        for name, value in one.entry.expected().items():
            seen = getattr(group.features, name)
            if seen != pytest.approx(value):
                wrong.append(f"{name} is {seen}, not {value}")
    return wrong


@pytest.mark.slow
@pytest.mark.parametrize("one", TRACED, ids=named)
def test_a_program_is_recognised_in_its_graph(one: Kept) -> None:
    if one.entry.in_graph != "":
        groups = list(attentions(View(zoos.traced(one.entry))))
        assert differences(groups, one, one.entry.in_graph) == []


@pytest.mark.parametrize("one", TRACED, ids=named)
def test_a_program_without_its_names_is_recognised_in_its_graph(
    one: Kept, traces: Callable[[Kept], Trace]
) -> None:
    if one.entry.in_graph != "":
        groups = list(attentions(View(traces(one))))
        assert differences(groups, one, one.entry.in_graph) == []


@functools.cache
def read(text: str) -> tuple[Any, ...]:
    """The attentions of a text; what the recogniser calls its root is the class or function."""
    return tuple(instances(text))


def misread(instances: list[Any], entry: Entry) -> list[str]:
    """How what was read differs: what source does not tell is no difference."""
    if entry.in_source is None:
        return [f"{one.kind} at line {one.line}" for one in instances]
    seen = [one for one in instances if one.kind == entry.in_source]
    if not seen:
        return [f"{[one.kind for one in instances]}, not {entry.in_source}"]
    given = {
        (name, getattr(one.features, name), value)
        for one in seen
        for name, value in entry.expected().items()
    }
    return [
        f"{name} is {told}, not {value}"
        for name, told, value in sorted(given, key=str)
        if told is not None and told != pytest.approx(value)
    ]


@pytest.mark.parametrize("one", ALL, ids=named)
def test_a_program_is_recognised_in_its_source(one: Kept) -> None:
    if one.entry.in_source != "":
        found = read(one.path.read_text(encoding="utf-8"))
        own = [i for i in found if i.root.rpartition(".")[2] == one.entry.name]
        assert misread(own, one.entry) == []


@pytest.mark.parametrize("one", ALL, ids=named)
def test_a_program_without_its_names_is_recognised_in_its_source(one: Kept) -> None:
    if one.entry.in_source != "":
        text = renamed(one.path.read_text(encoding="utf-8"))
        name = new_names(one.path)[one.number]
        own = [i for i in read(text) if i.root.rpartition(".")[2] == name]
        assert misread(own, one.entry) == []


@functools.cache
def new_names(path: pathlib.Path) -> tuple[str, ...]:
    """What the programs of a file are called when their names say nothing."""
    tree = ast.parse(renamed(path.read_text(encoding="utf-8")))
    (zoo,) = (
        node.value
        for node in tree.body
        if isinstance(node, ast.Assign) and ast.unparse(node.targets[0]) == "ZOO"
    )
    assert isinstance(zoo, ast.List)
    return tuple(ast.unparse(one.args[0]) for one in zoo.elts if isinstance(one, ast.Call))
