"""`portlint oracle run`: what is printed of a model whose trace and oracle are made up."""

import pathlib

import pytest

from portlint.record import Event, Op, Place, Tensor, Trace
from portlint.trace.protocol import Request
from tests.invoke import Done, portlint
from tests.oracles import Fake


@pytest.fixture
def fake(tmp_path: pathlib.Path) -> Fake:
    return Fake(tmp_path / "fake")


def run(fake: Fake, *words: str) -> Done:
    """The command beside the model, with a cache of its own."""
    own = {"PORTLINT_XLA_PYTHON": str(fake.python), "XDG_CACHE_HOME": str(fake.folder)}
    return portlint("oracle", "run", "net.py:model", *words, cwd=fake.folder.parent, env=own)


@pytest.fixture
def trace(tmp_path: pathlib.Path, monkeypatch: pytest.MonkeyPatch) -> Trace:
    """That of a model which nobody runs; asked to, it "saves" a program of two nodes."""
    file = tmp_path / "net.py"
    file.write_text("def model(): ...\n")
    (tmp_path / "portlint.toml").touch()
    place = Place(path=str(file), line=1)
    x = Tensor(shape=(2, 3), dtype="float32")

    def op(number: int, name: str, stub: str = "") -> Op:
        return Op(
            id=number,
            name=name,
            level="aten",
            inputs=(x,),
            arguments=("self",),
            outputs=(x,),
            place=place,
            stub=stub,
        )

    ops = (
        op(0, "aten.relu.default"),
        op(1, "aten.relu.default"),
        op(2, "aten.grid_sampler_2d.default"),
        op(3, "aten.crash.default"),
        op(4, "portlint.stub.default", stub="fast.kernel"),
    )
    made = Trace(model="net.py:model", captured_by="export", ops=ops)

    def capture(request: Request) -> Trace:
        if request.program:
            pathlib.Path(request.program).write_text("add\nbad crash\n")
        return made

    monkeypatch.setattr("portlint.oracle.run.capture", capture)
    return made


def test_each_operator_has_its_answer(trace: Trace, fake: Fake) -> None:
    done = run(fake, "--format", "json")
    assert done.code == 0, done.err
    (model,) = done.json["models"]
    found = {row["op"]: row for row in model["rows"]}
    relu = found["aten.relu.default"]
    assert (relu["count"], relu["path"], relu["line"]) == (2, "net.py", 1)
    assert relu["answer"]["status"] == "lowered" and relu["answer"]["hlo"] == [["add", "f32"]]
    statuses = [row["answer"]["status"] for row in found.values() if row["answer"]]
    assert statuses == ["lowered", "fallback", "crash"]
    assert "fast.kernel" in found["portlint.stub.default"]["reason"]
    assert done.json["interpreter"]["versions"]["torch_xla"] == "2.9.0"
    assert model["program"] is None


def test_the_program_is_handed_over_as_a_whole(trace: Trace, fake: Fake) -> None:
    (model,) = run(fake, "--graph", "--format", "json").json["models"]
    add, bad = model["program"]
    assert (add["node"], add["line"], add["answer"]["status"]) == ("add", 3, "lowered")
    assert bad["answer"]["status"] == "crash"
    shown = run(fake, "--graph").out
    assert "as one program: 2 nodes: 1 lowered, 1 crash" in shown and "signal 11" in shown


def test_a_model_that_has_no_graph(
    trace: Trace, fake: Fake, monkeypatch: pytest.MonkeyPatch
) -> None:
    event = Event(kind="failure", what="model-error", detail="it raised\x1b")
    empty = Trace(model="net.py:model", events=(event,))
    monkeypatch.setattr("portlint.oracle.run.capture", lambda request: empty)
    done = run(fake, "--graph")
    assert done.code == 2 and r"not traced: it raised\x1b" in done.out
    assert "no exported program" in done.err
