"""A model that misbehaves costs its own trace only: one failure event, and nothing stays behind."""

import os
import pathlib
import re
import signal
import subprocess
import sys
import textwrap
import time
from collections.abc import Callable

import pytest

from portlint.capture import capture
from portlint.child.environment import environment
from portlint.record import Event, Trace
from portlint.trace.protocol import Request
from tests.confined import gone, running

pytest.importorskip("torch")
pytestmark = pytest.mark.slow

PLAIN = """
import torch
from torch import nn


class Model(nn.Module):
    def __init__(self):
        super().__init__()
        self.linear = nn.Linear(4, 4)

    def forward(self, x):
        {forward}
        return self.linear(x)


def model():
    {factory}
    return Model()


def example_inputs():
    return (torch.ones(2, 4),)
"""
FIRST = PLAIN.splitlines().index("    {factory}") + 1
"""The line of the factory's first statement."""
SLEEPER = """
import subprocess, sys
subprocess.Popen([sys.executable, "-S", "-c", "import time; time.sleep(300)", "{mark}"])"""
"""Starts a program that goes on, and can be found by its mark."""
Hostile = Callable[..., Trace]


@pytest.fixture
def hostile(tmp_path: pathlib.Path) -> Hostile:
    """Trace a plain model that does something else first, in its factory or in forward."""

    def trace(factory: str = "pass", forward: str = "pass", **wishes: float) -> Trace:
        lines = {
            "factory": textwrap.indent(factory, "    ").strip(),
            "forward": textwrap.indent(forward, "        ").strip(),
        }
        (tmp_path / "model.py").write_text(PLAIN.format(**lines))
        given: dict[str, float] = {"timeout": 60.0, "memory": 8.0, **wishes}
        return capture(Request(spec="model.py:model", root=str(tmp_path), **given))  # type: ignore[arg-type]

    return trace


def last(trace: Trace) -> Event:
    failures = [event for event in trace.events if event.kind == "failure"]
    assert failures, trace.events
    return failures[-1]


def line_of(trace: Trace) -> int:
    place = last(trace).place
    assert place is not None
    return place.line


def test_a_factory_that_never_returns_is_ended_and_its_line_is_named(hostile: Hostile) -> None:
    start = time.monotonic()
    trace = hostile("while True:\n    pass", timeout=12)
    assert time.monotonic() - start < 25
    assert (trace.captured_by, last(trace).what) == (None, "timeout")
    assert line_of(trace) in (FIRST, FIRST + 1)


def test_a_forward_that_never_returns_keeps_what_was_known(hostile: Hostile) -> None:
    trace = hostile(forward="while True:\n    pass", timeout=15)
    assert last(trace).what == "timeout"
    assert trace.parameters == 20


def test_a_factory_that_sleeps_through_signals_is_ended(hostile: Hostile) -> None:
    factory = """
import signal, time
for number in (signal.SIGTERM, signal.SIGINT, signal.SIGALRM):
    signal.signal(number, signal.SIG_IGN)
time.sleep(1000)"""
    assert last(hostile(factory, timeout=5)).what == "timeout"


def test_what_a_model_forks_is_gone_too(hostile: Hostile, tmp_path: pathlib.Path) -> None:
    trace = hostile(SLEEPER.format(mark=tmp_path.name))
    assert trace.captured_by == "export"
    assert gone(tmp_path.name)


def test_a_forked_copy_that_goes_on_sends_no_second_answer(hostile: Hostile) -> None:
    trace = hostile("import os\nos.fork()")
    assert trace.captured_by == "export"
    assert [event for event in trace.events if event.kind == "failure"] == []


def test_processor_time_is_limited_even_if_nobody_watches(hostile: Hostile) -> None:
    factory = "import resource\nraise ValueError(resource.getrlimit(resource.RLIMIT_CPU))"
    assert "(65, 66)" in str(last(hostile(factory, timeout=60)))


def test_memory_without_end_is_refused(hostile: Hostile) -> None:
    trace = hostile("parts = []\nwhile True:\n    parts.append(torch.empty(1 << 26))", memory=3)
    assert last(trace).what == "memory"
    assert line_of(trace) == FIRST + 2


def test_python_objects_without_end_are_refused(hostile: Hostile) -> None:
    trace = hostile("parts = []\nwhile True:\n    parts.append(bytearray(1 << 28))", memory=3)
    assert last(trace).what == "memory"


def test_an_exit_without_a_word_is_told(hostile: Hostile) -> None:
    assert last(hostile("import os\nos._exit(0)")).what == "exit"
    failed = last(hostile("import os\nprint('so long', flush=True)\nos._exit(7)"))
    assert failed.what == "exit"
    assert "exit code 7" in failed.detail
    assert "so long" in failed.detail


def test_system_exit_in_a_factory_is_its_line(hostile: Hostile) -> None:
    trace = hostile("import sys\nsys.exit(3)")
    assert last(trace).what == "exit"
    assert line_of(trace) == FIRST + 1


def test_a_keyboard_interrupt_of_the_model_is_no_interrupt_of_ours(hostile: Hostile) -> None:
    assert last(hostile("raise KeyboardInterrupt")).what == "exit"


def test_binary_on_stdout_is_no_answer(hostile: Hostile) -> None:
    factory = "import os\nos.write(1, bytes(range(256)) * 64)\nos.write(2, b'\\x93\\xff' * 999)"
    assert hostile(factory).captured_by == "export"


def test_megabytes_of_output_are_cut(hostile: Hostile) -> None:
    factory = "for _ in range(400):\n    print('x' * 65536)\nimport os\nos._exit(1)"
    assert len(last(hostile(factory)).detail) < 1000


def test_stdin_is_empty(hostile: Hostile) -> None:
    factory = "import sys\nassert sys.stdin.read() == ''\nassert not open(0).read()"
    assert hostile(factory).captured_by == "export"


def test_another_working_directory_changes_nothing(
    hostile: Hostile, tmp_path: pathlib.Path
) -> None:
    here = pathlib.Path.cwd()
    trace = hostile("import os\nos.chdir('/')")
    assert trace.captured_by == "export"
    assert {op.place.path for op in trace.ops if op.place} == {str(tmp_path / "model.py")}
    assert pathlib.Path.cwd() == here


def test_the_network_is_closed(hostile: Hostile) -> None:
    factory = "import socket\nsocket.create_connection(('192.0.2.1', 80), timeout=5)"
    trace = hostile(factory)
    if "no network" not in trace.confinement:
        pytest.skip("the network cannot be closed here")
    assert last(trace).what == "network"
    assert line_of(trace) == FIRST + 1


def test_home_and_working_directory_go_away(hostile: Hostile, tmp_path: pathlib.Path) -> None:
    factory = """
import os, pathlib, shutil, tempfile
home = pathlib.Path.home()
assert pathlib.Path.cwd() == home and home.name.startswith("portlint-")
assert pathlib.Path(tempfile.gettempdir()) == home
(home / "left").write_text("behind")
shutil.rmtree(home, ignore_errors=True)
raise RuntimeError(f"it was <{home}>")"""
    (home,) = re.findall("it was <(.*)>", last(hostile(factory)).detail)
    assert not pathlib.Path(home).exists()
    assert (tmp_path / "model.py").exists()


def test_no_secret_of_the_environment_is_seen(
    hostile: Hostile, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("SOME_TOKEN", "secret")
    assert hostile("import os\nassert 'SOME_TOKEN' not in os.environ").captured_by == "export"
    assert "SOME_TOKEN" not in environment("/nowhere")


def test_recursion_without_end_is_its_line(hostile: Hostile) -> None:
    trace = hostile("def down(n):\n    return down(n + 1)\ndown(0)")
    assert last(trace).what == "recursion"
    assert line_of(trace) == FIRST + 1


def test_a_crash_names_the_signal_and_the_line(hostile: Hostile) -> None:
    trace = hostile("import ctypes\nctypes.string_at(1)")
    assert last(trace).what == "crash"
    assert "SIGSEGV" in last(trace).detail
    assert line_of(trace) == FIRST + 1


def test_threads_and_exit_handlers_do_not_keep_it_alive(hostile: Hostile) -> None:
    factory = """
import atexit, threading, time
atexit.register(time.sleep, 1000)
threading.Thread(target=time.sleep, args=(1000,)).start()"""
    assert hostile(factory, timeout=40).captured_by == "export"


def test_one_model_costs_the_next_one_nothing(hostile: Hostile) -> None:
    assert hostile("import os\nos.abort()").captured_by is None
    assert hostile().captured_by == "export"


def test_an_interrupt_leaves_no_process_behind(tmp_path: pathlib.Path) -> None:
    (tmp_path / "model.py").write_text(
        f"{SLEEPER.format(mark=tmp_path.name)}\nwhile True:\n    pass\n"
    )
    program = (
        "from portlint.capture import capture; from portlint.trace.protocol import Request;"
        f"capture(Request(spec='model.py:model', root={str(tmp_path)!r}))"
    )
    root = str(pathlib.Path(__file__).parent.parent)
    process = subprocess.Popen(
        [sys.executable, "-c", program],
        env=os.environ | {"PYTHONPATH": root},
        stderr=subprocess.DEVNULL,
        # Whoever runs the tests in the background may have told them to ignore it.
        preexec_fn=lambda: signal.signal(signal.SIGINT, signal.SIG_DFL),
    )
    for _ in range(400):
        if running(tmp_path.name):
            break
        time.sleep(0.1)
    assert running(tmp_path.name) != []
    process.send_signal(signal.SIGINT)
    process.wait(10)
    assert gone(tmp_path.name)


def test_without_torch_it_says_what_to_install(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("importlib.util.find_spec", lambda name: None)
    failed = last(capture(Request(spec="model.py:model", root=".")))
    assert failed.what == "missing-torch"
    assert "portlint[trace]" in failed.detail
