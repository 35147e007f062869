"""Asking the oracle: the protocol, the cache, and workers that crash, hang or talk nonsense."""

import pathlib
import signal

import msgspec
import pytest

from portlint.child.namespaces import Wrapper
from portlint.errors import UsageError
from portlint.oracle import process
from portlint.oracle.cache import Cache
from portlint.oracle.process import Gone, Worker
from portlint.oracle.protocol import Answer, Query
from portlint.oracle.session import Session, conditional
from tests.oracles import Fake, op


@pytest.fixture
def fake(tmp_path: pathlib.Path) -> Fake:
    return Fake(tmp_path / "fake")


def session(fake: Fake, timeout: float = 20) -> Session:
    return Session(fake.interpreter, careful=["aten::addmm"], timeout=timeout, folder=fake.folder)


def statuses(fake: Fake, *names: str, timeout: float = 20) -> list[str]:
    with session(fake, timeout) as oracle:
        return [answer.status for answer in oracle.ask([op(name) for name in names])]


class TestAnswers:
    def test_come_in_the_order_of_the_calls(self, fake: Fake) -> None:
        assert statuses(fake, "a", "grid_sampler_2d", "b") == ["lowered", "fallback", "lowered"]

    def test_say_what_the_worker_said(self, fake: Fake) -> None:
        with session(fake) as oracle:
            (answer,) = oracle.ask([op("add")])
        assert answer == Answer(
            status="lowered", hlo=(("add", "f32"),), outputs=(((2, 3), "float32"),)
        )

    def test_one_worker_answers_many_models(self, fake: Fake) -> None:
        with session(fake) as oracle:
            for model in range(5):
                oracle.ask([op(f"op{model}_{n}") for n in range(50)])
        assert fake.starts == 1

    def test_no_call_starts_no_worker(self, fake: Fake) -> None:
        with session(fake) as oracle:
            assert oracle.ask([]) == []
        assert fake.starts == 0

    def test_pipes_that_are_full_on_both_sides_block_nobody(self, fake: Fake) -> None:
        calls = [op("large", size=90_000, text="y" * 90_000, number=n) for n in range(40)]
        with session(fake) as oracle:
            answers = oracle.ask(calls)
        assert {answer.status for answer in answers} == {"lowered"}
        assert {len(answer.custom_calls[0]) for answer in answers} == {90_000}

    def test_stray_prints_are_no_answers(self, fake: Fake) -> None:
        assert statuses(fake, "loud", "a", "loud") == ["lowered"] * 3 and fake.starts == 1

    def test_only_a_wary_call_names_what_must_not_run(self, fake: Fake) -> None:
        wary = msgspec.structs.replace(op("careful"), wary=True)
        with session(fake) as oracle:
            assert [a.fallback for a in oracle.ask([op("careful"), wary])] == [(), ("aten::addmm",)]

    def test_careful_are_the_operators_with_conditions(self) -> None:
        found = set(conditional())
        assert {"aten::addmm", "aten::_adaptive_avg_pool2d"} <= found
        assert "aten::cumsum" not in found and "aten::grid_sampler_2d" not in found


class TestLostWorkers:
    @pytest.mark.parametrize(
        ("name", "status", "words"),
        [
            ("crash", "crash", "signal 11"),
            ("exit", "crash", "exit code 3; it last printed: the last words"),
            ("garbage", "crash", "an answer that is none"),
            ("other", "crash", "an answer to something else"),
        ],
    )
    def test_cost_one_call(self, name: str, status: str, words: str, fake: Fake) -> None:
        with session(fake) as oracle:
            answers = oracle.ask([op("a"), op(name), op("b"), op("c")])
        assert [a.status for a in answers] == ["lowered", status, "lowered", "lowered"]
        assert words in answers[1].error
        # the call is asked again on its own before it is given up
        assert fake.starts == 3

    def test_one_that_the_system_kills_was_short_of_memory(
        self, fake: Fake, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        # within a namespace of its own it could not kill itself
        monkeypatch.setattr("portlint.child.namespaces.wrapper", Wrapper)
        assert statuses(fake, "a", "killed", "b") == ["lowered", "memory", "lowered"]
        starts = fake.starts
        assert statuses(fake, "killed") == ["memory"] and fake.starts > starts

    def test_a_call_that_hangs_is_given_up(self, fake: Fake) -> None:
        assert statuses(fake, "a", "hang", "b", timeout=3) == ["lowered", "timeout", "lowered"]

    def test_a_call_that_works_the_second_time_is_answered(self, fake: Fake) -> None:
        assert statuses(fake, "a", "once", "b") == ["lowered"] * 3
        assert fake.starts == 2

    def test_the_first_and_the_last_call_may_crash(self, fake: Fake) -> None:
        assert statuses(fake, "crash", "a", "exit") == ["crash", "lowered", "crash"]

    def test_nothing_is_left_of_them(self, fake: Fake) -> None:
        worker = Worker(str(fake.python))
        home = pathlib.Path(worker._home)
        assert home.is_dir()
        worker.close()
        assert not home.exists() and worker._process.returncode == -signal.SIGKILL

    def test_one_that_does_not_start_says_why(self, tmp_path: pathlib.Path) -> None:
        broken = Fake(tmp_path / "fake", fails="ImportError: undefined symbol")
        with pytest.raises(UsageError, match="does not start: ImportError: undefined symbol"):
            statuses(broken, "a")

    def test_no_hello_is_no_worker(self, tmp_path: pathlib.Path) -> None:
        mute = tmp_path / "mute"
        mute.write_text("#!/bin/sh\nsleep 60\n")
        mute.chmod(0o755)
        with pytest.raises(Gone, match=r"no answer after 0\.5 s"):
            Worker(str(mute), start=0.5)
        with pytest.raises(Gone):
            Worker(str(tmp_path / "nowhere"))


class TestPrograms:
    def walked(self, fake: Fake, text: str) -> list[tuple[str, str]]:
        program = fake.folder / "program"
        program.write_text(text)
        with session(fake) as oracle:
            return [(node.node, node.answer.status) for node in oracle.walk(program)]

    def test_every_node_has_an_answer(self, fake: Fake) -> None:
        (fake.folder / "program").write_text("add\nmul\n")
        with session(fake) as oracle:
            add, mul = oracle.walk(fake.folder / "program")
        assert add.answer.hlo == (("add", "f32"),) and add.answer.custom_calls == ("T",)
        assert (mul.node, mul.place, mul.answer.hlo) == ("mul", ("/m.py", 3), ())

    def test_a_node_that_crashes_costs_itself(self, fake: Fake) -> None:
        found = self.walked(fake, "add\nbad crash\nmul\nworse crash\nend\n")
        assert [status for _, status in found] == [
            "lowered",
            "crash",
            "lowered",
            "crash",
            "lowered",
        ]
        assert fake.starts == 3

    def test_what_is_no_program_is_an_error(self, fake: Fake) -> None:
        with pytest.raises(UsageError, match="cannot read the program: RuntimeError: no program"):
            self.walked(fake, "broken")


class TestCache:
    def test_answers_are_kept_between_runs(self, fake: Fake) -> None:
        first = statuses(fake, "a", "grid_sampler_2d", "crash")
        starts = fake.starts
        assert statuses(fake, "a", "grid_sampler_2d", "crash") == first
        assert fake.starts == starts

    def test_only_what_is_new_is_asked(self, fake: Fake) -> None:
        statuses(fake, "a")
        assert statuses(fake, "a", "b") == ["lowered", "lowered"] and fake.starts == 2

    def test_what_was_short_of_time_is_asked_again(self, fake: Fake) -> None:
        statuses(fake, "hang", timeout=2)
        starts = fake.starts
        statuses(fake, "hang", timeout=2)
        assert fake.starts > starts

    def test_shapes_dtypes_literals_and_care_are_part_of_a_call(self, fake: Fake) -> None:
        plain = {"t": [2, 3], "d": "float32"}
        calls = [
            op("a", self=plain),
            op("a", self=plain | {"t": [3, 2]}),
            op("a", self=plain | {"d": "bfloat16"}),
            op("a", self=plain, dim=1),
            msgspec.structs.replace(op("a", self=plain), wary=True),
            Query(op="aten.a.out", kwargs={"self": plain}),
        ]
        cache = Cache(fake.folder, {}, [])
        cache.put(calls[0], Answer(status="lowered"))
        assert [cache.get(call) is not None for call in calls] == [True] + [False] * 5
        # not the order in which arguments were named
        swapped = op("a", **dict(reversed(op("a", x=1, y=2).kwargs.items())))
        cache.put(op("a", x=1, y=2), Answer(status="lowered"))
        assert cache.get(swapped) is not None

    def test_another_torch_or_another_worker_answers_anew(
        self, fake: Fake, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        files = {Cache(fake.folder, {"torch": v}, []).file for v in ("2.9.0", "2.9.1")}
        monkeypatch.setattr("portlint.oracle.cache.script", lambda: "other")
        files.add(Cache(fake.folder, {"torch": "2.9.0"}, []).file)
        files.add(Cache(fake.folder, {"torch": "2.9.0"}, ["aten::addmm"]).file)
        assert len(files) == 4

    def test_what_was_answered_before_the_end_is_kept(
        self, fake: Fake, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        def interrupted(*_: object) -> None:
            raise KeyboardInterrupt

        monkeypatch.setattr(Session, "_alone", interrupted)
        with pytest.raises(KeyboardInterrupt):
            statuses(fake, "a", "b", "crash", "c")
        assert len(session(fake).cache.known) == 2

    @pytest.mark.parametrize("data", [b"", b"{", b"[]", b'{"key": 3}', b"\xff\xfe"])
    def test_a_broken_file_is_an_empty_one(self, data: bytes, fake: Fake) -> None:
        statuses(fake, "a")
        (file,) = (fake.folder / "answers").iterdir()
        file.write_bytes(data)
        assert statuses(fake, "a") == ["lowered"] and fake.starts == 2
        assert statuses(fake, "a") == ["lowered"] and fake.starts == 2

    def test_two_runs_keep_the_answers_of_both(self, fake: Fake) -> None:
        with session(fake) as one, session(fake) as other:
            one.ask([op("a")])
            other.ask([op("b")])
        assert len(session(fake).cache.known) == 2
        assert [f.suffix for f in (fake.folder / "answers").iterdir()] == [".json"]

    def test_a_folder_that_cannot_be_written_keeps_nothing(self, fake: Fake) -> None:
        (fake.folder / "answers").write_text("a file in its place")
        assert statuses(fake, "a") == ["lowered"]


def test_the_worker_is_part_of_the_package() -> None:
    assert process.SCRIPT.is_file()
