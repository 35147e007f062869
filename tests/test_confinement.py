"""What a model's code can do to the machine it is traced on, and what not, by kind of machine.

SECURITY.md says the same in words; a test holds it to the table below.
"""

import contextlib
import functools
import os
import pathlib
import re
import subprocess
import sys
import tempfile
import textwrap
import time
from collections.abc import Iterator
from typing import get_args

import pytest

from portlint.capture import _heard, capture
from portlint.child import watching
from portlint.child.environment import KEPT, environment
from portlint.child.held import words
from portlint.child.namespaces import Wrapper
from portlint.record import Trace
from portlint.trace.confine import calls, kernel, landlock, readable, seccomp
from portlint.trace.protocol import Request
from tests import escapes
from tests.confined import SECRETS, Machine, Outcome, gone, outer, tried

OUT, IN, EITHER = "refused", "possible", "depends"
"""EITHER: on who runs it, or on how the system is set up."""
TABLE = {
    "tcp": (OUT, OUT, IN),
    "tcp_over_ipv6": (OUT, OUT, EITHER),
    "udp": (OUT, OUT, IN),
    "listening": (OUT, OUT, IN),
    "unix_socket": (OUT, OUT, IN),
    "abstract_socket": (OUT, OUT, IN),
    "socket_by_ctypes": (OUT, OUT, IN),
    "program_that_connects": (OUT, OUT, IN),
    "pair_of_datagrams": (OUT, OUT, IN),
    "ring_of_requests": (OUT, OUT, EITHER),
    "read_a_key_in_the_home": (OUT, OUT, IN),
    "read_a_file_in_the_home": (OUT, OUT, IN),
    "list_the_home": (OUT, OUT, IN),
    "read_through_a_symlink": (OUT, OUT, IN),
    "read_through_proc": (OUT, OUT, IN),
    "read_by_a_program": (OUT, OUT, IN),
    "read_what_others_left_in_tmp": (OUT, OUT, IN),
    "read_password_hashes": (OUT, OUT, EITHER),
    "read_the_environment_of_portlint": (OUT, OUT, EITHER),
    "read_the_memory_of_portlint": (OUT, OUT, EITHER),
    "read_open_files_of_portlint": (OUT, OUT, EITHER),
    "read_command_lines_of_others": (EITHER, IN, IN),
    "read_the_repository": (IN, IN, IN),
    "write_to_the_repository": (OUT, OUT, IN),
    "write_outside": (OUT, OUT, IN),
    "write_by_a_descriptor_of_the_folder": (OUT, OUT, IN),
    "write_by_ctypes": (OUT, OUT, IN),
    "write_by_a_program": (OUT, OUT, IN),
    "write_through_a_symlink": (OUT, OUT, IN),
    "write_through_a_hard_link": (OUT, OUT, EITHER),
    "write_through_proc": (OUT, OUT, IN),
    "reopen_a_file_for_writing": (OUT, OUT, IN),
    "truncate": (OUT, OUT, IN),
    "rename": (OUT, OUT, IN),
    "delete": (OUT, OUT, IN),
    "make_a_folder": (OUT, OUT, IN),
    "share_memory": (OUT, OUT, EITHER),
    "change_a_mode": (IN, IN, IN),
    "change_a_time": (IN, IN, IN),
    "make_a_device": (OUT, OUT, OUT),
    "type_into_the_terminal": (OUT, OUT, IN),
    "signal_portlint": (OUT, OUT, IN),
    "signal_portlint_by_ctypes": (OUT, OUT, IN),
    "signal_the_group_of_portlint": (OUT, OUT, IN),
    "signal_everybody": (OUT, OUT, IN),
    "kill_another_program": (OUT, OUT, IN),
    "trace_portlint": (OUT, OUT, EITHER),
    "copy_the_memory_of_portlint": (OUT, OUT, EITHER),
    "change_limits_of_portlint": (OUT, OUT, EITHER),
    "change_processors_of_portlint": (OUT, OUT, EITHER),
    "leave_the_session": (OUT, OUT, IN),
    "leave_the_group": (OUT, OUT, IN),
    "make_a_namespace": (OUT, OUT, EITHER),
    "clone_into_a_namespace": (OUT, OUT, EITHER),
    "read_keys_of_the_session": (OUT, OUT, EITHER),
    "mount": (OUT, OUT, OUT),
    "gain_rights_by_a_program": (OUT, OUT, OUT),
    "read_secrets_of_the_environment": (OUT, OUT, OUT),
    "use_open_files_of_portlint": (OUT, OUT, OUT),
    "start_a_program": (IN, IN, IN),
    "use_ctypes": (IN, IN, IN),
    "write_to_its_own_folder": (IN, IN, IN),
    "wait_for_its_own_children": (IN, IN, IN),
    "pair_of_sockets": (IN, IN, IN),
}
"""Attempt -> what becomes of it with user namespaces, without them, and without Landlock and
seccomp too (Linux before 5.13, some containers)."""
MACHINES: tuple[Machine, ...] = get_args(Machine)
CASES = [(name, at) for name in TABLE for at in range(len(MACHINES))]
linux = pytest.mark.skipif(sys.platform != "linux", reason="other systems have other ways")
pytestmark = pytest.mark.xdist_group("confinement")


@functools.cache
def outcome(machine: Machine) -> Outcome | None:
    """All attempts, once, in one child."""
    with (
        tempfile.TemporaryDirectory(prefix="portlint-test-", dir="/tmp") as folder,
        pytest.MonkeyPatch.context() as patch,
    ):
        for name in SECRETS:
            patch.setenv(name, "secret")
        return tried(machine, list(TABLE), pathlib.Path(folder, "put-up"))


def has_landlock() -> bool:
    try:
        return landlock.version() >= 6
    except OSError:
        return False


@linux
class TestAttempts:
    def test_every_attempt_has_its_row(self) -> None:
        own = {n for n, v in vars(escapes).items() if getattr(v, "__annotations__", {}).get("aim")}
        assert own - {"attempt"} == set(TABLE)

    @pytest.mark.parametrize(("name", "at"), CASES, ids=lambda value: str(value))
    def test_is_refused_or_possible_as_the_table_says(self, name: str, at: int) -> None:
        found = outcome(MACHINES[at])
        if found is None:
            pytest.skip(f"this machine cannot play one with {MACHINES[at]}")
        if at < 2 and not {"files", "signals", "calls"} <= set(found.held):
            pytest.skip(f"this kernel has only {', '.join(found.held) or 'none of the means'}")
        expected = TABLE[name][at]
        if expected != EITHER:
            assert (IN if found.found[name] == "through" else OUT) == expected, found.found[name]

    def test_the_child_says_what_it_gave_up(self) -> None:
        found = outcome("no namespaces")
        assert found is not None
        assert ("files" in found.held, "signals" in found.held) == (has_landlock(),) * 2

    def test_a_child_that_could_give_up_nothing_says_so_and_works(self) -> None:
        found = outcome("old kernel")
        assert found is not None
        assert found.held == ()
        assert found.found["use_ctypes"] == "through"


class TestWords:
    REQUEST = Request(spec="m.py", root=".", timeout=60, memory=8)

    def test_tell_what_held(self) -> None:
        held = ("files", "signals", "calls")
        assert words(Wrapper(), held, self.REQUEST) == (
            "no network",
            "no files of yours but the repository",
            "processes of its own",
            "8 GiB of memory",
            "60 s",
        )

    def test_tell_what_nothing_held(self) -> None:
        assert words(Wrapper(), (), self.REQUEST)[:3] == (
            "network open",
            "your files open",
            "processes it leaves behind may stay",
        )

    def test_namespaces_alone_close_the_network_and_leave_files_open(self) -> None:
        outer = Wrapper(("unshare",), network=True, processes=True)
        assert words(outer, (), self.REQUEST)[:3] == (
            "no network",
            "your files open",
            "processes of its own",
        )


class TestHearing:
    def test_one_line_is_enough_though_the_pipe_stays_open(
        self, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        ends = os.pipe()
        waits: list[object] = []

        def ready(reads: list[object], *others: object) -> tuple[list[object]]:
            waits.append(reads)
            return (reads,)

        monkeypatch.setattr("select.select", ready)
        with os.fdopen(ends[0], "rb", buffering=0) as held, os.fdopen(ends[1], "wb") as told:
            told.write(b'["calls"]\n')
            told.flush()
            assert _heard(held, time.monotonic() + 600) == ("calls",)
        assert len(waits) == 1

    @pytest.mark.parametrize("said", [b"", b"x" * 9999, b"[1]\n", b"\xff\n", b'["files"'])
    def test_what_is_no_answer_held_nothing(self, said: bytes) -> None:
        ends = os.pipe()
        with os.fdopen(ends[0], "rb", buffering=0) as held:
            with os.fdopen(ends[1], "wb") as told:
                told.write(said)
            assert _heard(held, time.monotonic() + 600) == ()


class TestReadable:
    @pytest.fixture
    def home(self, tmp_path: pathlib.Path) -> pathlib.Path:
        for name in ("home/.ssh", "home/.venv/lib", "home/work/repo/src", "home/work/other"):
            (tmp_path / name).mkdir(parents=True)
        (tmp_path / "home/work/repo/.git").mkdir()
        return tmp_path / "home"

    def open(self, found: list[str], path: pathlib.Path) -> bool:
        return any(path.is_relative_to(one) for one in found)

    def test_of_a_home_only_the_repository_is(self, home: pathlib.Path) -> None:
        found = readable.readable([str(home / "work/repo")], [str(home)])
        assert self.open(found, home / "work/repo/src")
        for name in (".ssh", ".venv", "work", "work/other", "."):
            assert not self.open(found, home / name), name

    def test_of_a_home_that_is_audited_all_is_but_what_is_hidden(self, home: pathlib.Path) -> None:
        found = readable.readable([str(home), str(home / ".venv/lib")], [str(home)])
        assert self.open(found, home / "work/other")
        assert self.open(found, home / ".venv/lib")
        assert not self.open(found, home / ".ssh")
        assert not self.open(found, home / ".venv/bin")

    def test_the_whole_machine_as_root_opens_no_home(self, home: pathlib.Path) -> None:
        found = readable.readable(["/"], [str(home)])
        assert self.open(found, pathlib.Path("/usr"))
        assert not self.open(found, home / "work")
        assert not self.open(found, pathlib.Path("/etc/shadow"))

    def test_a_link_out_of_the_repository_opens_nothing(self, home: pathlib.Path) -> None:
        (home / "work/repo/keys").symlink_to(home / ".ssh")
        found = readable.readable([str(home / "work/repo")], [str(home)])
        assert not self.open(found, home / ".ssh")

    def test_a_link_to_the_repository_opens_it(
        self, home: pathlib.Path, tmp_path: pathlib.Path
    ) -> None:
        (tmp_path / "link").symlink_to(home / "work/repo")
        found = readable.readable([str(tmp_path / "link")], [str(home)])
        assert self.open(found, home / "work/repo")

    def test_the_repository_of_a_folder_is_the_one_around_it(self, home: pathlib.Path) -> None:
        assert readable.repository(home / "work/repo/src", [str(home)]) == home / "work/repo"
        assert readable.repository(home / "work/other", [str(home)]) == home / "work/other"

    def test_a_home_under_version_control_is_no_repository(self, home: pathlib.Path) -> None:
        (home / ".git").mkdir()
        assert readable.repository(home / "work/other", [str(home)]) == home / "work/other"

    def test_the_interpreter_is(self) -> None:
        found = readable.readable(readable.interpreter(), [str(pathlib.Path.home())])
        for path in (sys.executable, pytest.__file__, readable.__file__):
            assert self.open(found, pathlib.Path(path).resolve()), path


@linux
class TestFilter:
    @pytest.mark.parametrize("machine", ["x86_64", "aarch64"])
    def test_has_one_end_for_every_way_through(
        self, machine: str, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setattr("platform.machine", lambda: machine)
        steps = seccomp.steps(1234, 77)
        assert len(steps) < 4096
        for at, (code, yes, no, _) in enumerate(steps):
            jumps = code in (seccomp.EQUAL, seccomp.GREATER, seccomp.ANY_BIT)
            assert not jumps or at + 1 + max(yes, no) < len(steps)
        assert steps[-1] == seccomp.allow()

    def test_numbers_are_those_of_the_headers(self) -> None:
        x86, arm = (
            pathlib.Path("/usr/include/x86_64-linux-gnu/asm/unistd_64.h"),
            pathlib.Path("/usr/include/asm-generic/unistd.h"),
        )
        if not (x86.is_file() and arm.is_file()):
            pytest.skip("the kernel's headers are not installed")
        known = calls.DENIED | calls.TALKS | calls.TARGETED
        single = ("CLONE", "CLONE3", "SOCKET", "SOCKETPAIR", "KILL", "FCNTL", "IOCTL")
        known |= {name.lower(): getattr(calls, name) for name in single}
        known |= {"prlimit64": calls.PRLIMIT, "setpriority": calls.SETPRIORITY}
        known |= {"seccomp": seccomp.SECCOMP, "landlock_create_ruleset": landlock.CREATE}
        for column, header in enumerate((x86, arm)):
            text = header.read_text()
            found = dict(re.findall(r"#define __NR(?:3264)?_(\w+)\s+(\d+)", text))
            here = {name: str(numbers[column]) for name, numbers in known.items()}
            assert here == {name: found[name] for name in known}

    def test_elsewhere_nothing_is_filtered_and_nothing_fails(
        self, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setattr("sys.platform", "darwin")
        assert kernel.column() is None
        for attempt in (lambda: seccomp.install(1), lambda: landlock.restrict([], [])):
            with pytest.raises(OSError):
                attempt()


class TestEnvironment:
    def test_is_a_list_of_what_is_kept(self, monkeypatch: pytest.MonkeyPatch) -> None:
        for name in (*SECRETS, "DOCKER_HOST", "KUBECONFIG", "LD_PRELOAD", "BASH_ENV"):
            monkeypatch.setenv(name, "secret")
        found = environment("/scratch")
        assert "secret" not in found.values()
        assert not any(re.search("TOKEN|SECRET|KEY|PASS|SOCK", name) for name in KEPT)


class TestWatch:
    @contextlib.contextmanager
    def program(self, code: str, folder: pathlib.Path) -> Iterator["subprocess.Popen[bytes]"]:
        process = subprocess.Popen(
            [sys.executable, "-S", "-c", textwrap.dedent(code)], cwd=folder, start_new_session=True
        )
        try:
            yield process
        finally:
            watching.end(process)

    def reason(self, code: str, folder: pathlib.Path, timeout: float = 60) -> watching.Reason:
        with self.program(code, folder) as process:
            return watching.Watch(process, str(folder), timeout).wait()[1]

    def test_one_that_ends_is_no_matter(self, tmp_path: pathlib.Path) -> None:
        assert self.reason("pass", tmp_path) == ""

    def test_one_that_sleeps_is_out_of_time(self, tmp_path: pathlib.Path) -> None:
        assert self.reason("import time; time.sleep(600)", tmp_path, 0.5) == "timeout"

    def test_many_files_fill_the_disk(
        self, tmp_path: pathlib.Path, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setattr(watching, "ENTRIES", 50)
        code = "import time\nfor n in range(60): open(str(n), 'w')\ntime.sleep(600)"
        assert self.reason(code, tmp_path) == "disk"

    def test_large_files_fill_the_disk(
        self, tmp_path: pathlib.Path, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setattr(watching, "DISK", 1 << 20)
        code = "import time\nopen('a', 'wb').write(bytes(1 << 21))\ntime.sleep(600)"
        assert self.reason(code, tmp_path) == "disk"

    def test_a_file_of_holes_fills_nothing(self, tmp_path: pathlib.Path) -> None:
        with (tmp_path / "holes").open("wb") as file:
            file.truncate(watching.DISK * 4)
        assert watching.fits(str(tmp_path))

    def test_a_deleted_file_that_is_open_still_fills_the_disk(
        self, tmp_path: pathlib.Path, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        left = [watching.SPARE * 4, watching.SPARE * 3, watching.SPARE // 2]
        monkeypatch.setattr(watching, "free", lambda folder: left.pop(0))
        assert self.reason("import time; time.sleep(600)", tmp_path) == "disk"

    def test_a_full_disk_is_not_the_model_s_doing(
        self, tmp_path: pathlib.Path, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setattr(watching, "free", lambda folder: 1000)
        assert self.reason("pass", tmp_path) == ""

    @linux
    def test_processes_without_end_are_ended(
        self, tmp_path: pathlib.Path, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setattr(watching, "PROCESSES", 20)
        mark = f"bomb-{tmp_path.name}"
        code = f"""
            import subprocess, sys, time
            for _ in range(40):
                subprocess.Popen(["sleep", "300"], process_group=None)
            subprocess.Popen([sys.executable, "-S", "-c", "import time; time.sleep(300)", {mark!r}])
            time.sleep(600)
        """
        assert self.reason(code, tmp_path) == "processes"
        assert gone(mark)


@linux
class TestQuoting:
    """A report quotes the line a model says it was on: not one of a file that is no code."""

    def test_the_files_of_a_person_are_not_quoted(self, tmp_path: pathlib.Path) -> None:
        from portlint.graph.match import _line
        from portlint.record import Place

        root = tmp_path / "repo"
        root.mkdir()
        for name in ("id_rsa", "model.py", "repo/config.json", "config.json"):
            (tmp_path / name).write_text("secret\n")
        (root / "innocent.py").symlink_to(tmp_path / "id_rsa")

        def quoted(path: str, line: int = 1) -> str:
            return _line(Place(path=path, line=line), root)

        assert quoted(str(tmp_path / "model.py")) == "secret\n"
        assert quoted(str(root / "config.json")) == "secret\n"
        for path in ("id_rsa", "repo/innocent.py", "config.json", "missing.py", "repo"):
            assert quoted(str(tmp_path / path)) == ""
        for path in ("/dev/zero", "/dev/stdin", "a\0b", "\ud800", "x" * 10_000, "", "~"):
            assert quoted(path) == ""
        assert quoted(str(tmp_path / "model.py"), -1) == quoted(str(tmp_path / "model.py"), 1 << 70)


MODEL = """
import os, pathlib, subprocess, sys, threading, time
import torch
from torch import nn


class Model(nn.Module):
    def forward(self, x):
        return x + 1


def example_inputs():
    return (torch.ones(2),)


def model():
{body}
    return Model()
"""


@pytest.mark.slow
class TestTraces:
    """The same through a whole trace, on this machine without and with its namespaces."""

    @pytest.fixture(params=["namespaces", "no namespaces"])
    def machine(self, request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> Machine:
        pytest.importorskip("torch")
        machine: Machine = request.param
        start = outer(machine)
        if start is None:
            pytest.skip("no namespaces here")
        monkeypatch.setattr("portlint.capture.wrapper", lambda: start)
        return machine

    def trace(self, body: str, folder: pathlib.Path, **wishes: float) -> Trace:
        text = MODEL.format(body=textwrap.indent(textwrap.dedent(body).strip(), "    "))
        (folder / "model.py").write_text(text)
        limits: dict[str, float] = {"timeout": 90.0, "memory": 8.0, **wishes}
        return capture(Request(spec="model.py:model", root=str(folder), **limits))  # type: ignore[arg-type]

    def failed(self, trace: Trace) -> tuple[str, str]:
        failures = [event for event in trace.events if event.kind == "failure"]
        return (failures[-1].what, failures[-1].detail) if failures else ("", "")

    def test_a_plain_model_is_captured(self, machine: Machine, tmp_path: pathlib.Path) -> None:
        trace = self.trace("pass", tmp_path)
        assert (trace.captured_by, self.failed(trace)) == ("export", ("", ""))

    def test_a_daemon_does_not_outlive_the_run(
        self, machine: Machine, tmp_path: pathlib.Path
    ) -> None:
        mark = f"daemon-{tmp_path.name}"
        body = f"""
            code = "import time; time.sleep(300)"
            if os.fork() == 0:
                try:
                    os.setsid()
                except PermissionError:
                    pass
                if os.fork() == 0:
                    os.execv(sys.executable, [sys.executable, "-S", "-c", code, {mark!r}])
                os._exit(0)
            time.sleep(1)
        """
        assert self.trace(body, tmp_path).captured_by == "export"
        assert gone(mark)

    def test_a_fork_bomb_ends_with_its_trace(
        self, machine: Machine, tmp_path: pathlib.Path
    ) -> None:
        mark = f"bomb-{tmp_path.name}"
        body = f"""
            made = []
            try:
                while True:
                    made.append(subprocess.Popen(["sleep", "300", {mark!r}][:2]))
            except OSError:
                raise RuntimeError("no more") from None
        """
        kind, detail = self.failed(self.trace(body, tmp_path))
        if os.getuid() == 0:  # the system itself does not count what root starts
            assert kind == "processes"
        assert kind == "processes" or "no more" in detail, (kind, detail)
        assert gone(mark)

    def test_a_bomb_of_threads_costs_its_own_trace(
        self, machine: Machine, tmp_path: pathlib.Path
    ) -> None:
        body = """
            while True:
                threading.Thread(target=time.sleep, args=(600,), daemon=True).start()
        """
        kind, _ = self.failed(self.trace(body, tmp_path, memory=4.0))
        assert kind in ("model-error", "memory", "fake-tensor", "processes", "timeout")

    def test_a_large_file_is_refused(self, machine: Machine, tmp_path: pathlib.Path) -> None:
        body = """
            with open("large", "wb") as file:
                file.seek(5 << 30)
                file.write(b"x")
        """
        assert "File too large" in self.failed(self.trace(body, tmp_path))[1]

    def test_output_without_end_is_thrown_away(
        self, machine: Machine, tmp_path: pathlib.Path
    ) -> None:
        body = """
            while True:
                os.write(1, b"x" * 65536)
                os.write(2, b"y" * 65536)
        """
        kind, detail = self.failed(self.trace(body, tmp_path, timeout=12.0))
        assert kind == "timeout"
        assert len(detail) < 300

    def test_a_home_of_a_person_stays_unread_and_is_told(
        self, machine: Machine, tmp_path: pathlib.Path, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        if not has_landlock():
            pytest.skip("this kernel has no rules on files")
        home, repository = tmp_path / "person", tmp_path / "person" / "work"
        repository.mkdir(parents=True)
        (home / "weights.pt").write_text("private")
        monkeypatch.setenv("HOME", str(home))
        body = f"open({str(home / 'weights.pt')!r}).read()"
        trace = self.trace(body, repository)
        kind, detail = self.failed(trace)
        assert kind == "permission"
        assert "--trace-read" in detail and "weights.pt" in detail
        assert "no files of yours but the repository" in trace.confinement

    def test_what_a_person_opens_is_read(
        self, machine: Machine, tmp_path: pathlib.Path, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        home, repository = tmp_path / "person", tmp_path / "person" / "work"
        repository.mkdir(parents=True)
        (home / "weights.pt").write_text("private")
        monkeypatch.setenv("HOME", str(home))
        text = MODEL.format(body=f"    open({str(home / 'weights.pt')!r}).read()")
        (repository / "model.py").write_text(text)
        wish = (str(home / "weights.pt"),)
        trace = capture(Request(spec="model.py:model", root=str(repository), readable=wish))
        assert trace.captured_by == "export"

    def test_a_temporary_folder_behind_a_link_is_used_and_goes_away(
        self, machine: Machine, tmp_path: pathlib.Path, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        real = tmp_path / "real"
        real.mkdir()
        (tmp_path / "link").symlink_to(real)
        monkeypatch.setattr(tempfile, "tempdir", str(tmp_path / "link"))
        repository = tmp_path / "repository"
        repository.mkdir()
        body = "pathlib.Path(os.environ['TMPDIR'], 'note').write_text('x')"
        assert self.trace(body, repository).captured_by == "export"
        assert list(real.iterdir()) == []

    def test_a_link_in_its_folder_to_yours_deletes_nothing_of_yours(
        self, machine: Machine, tmp_path: pathlib.Path
    ) -> None:
        kept = tmp_path / "kept"
        kept.mkdir()
        (kept / "file").write_text("mine")
        repository = tmp_path / "repository"
        repository.mkdir()
        body = f"os.symlink({str(kept)!r}, 'link'); os.symlink('/', 'root')"
        assert self.trace(body, repository).captured_by == "export"
        assert (kept / "file").read_text() == "mine"

    def test_a_folder_that_cannot_be_entered_goes_away_too(
        self, machine: Machine, tmp_path: pathlib.Path, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        scratch, repository = tmp_path / "scratch", tmp_path / "repository"
        scratch.mkdir()
        repository.mkdir()
        monkeypatch.setattr(tempfile, "tempdir", str(scratch))
        body = "os.makedirs('a/b'); open('a/b/c', 'w'); os.chmod('a/b', 0); os.chmod('a', 0)"
        assert self.trace(body, repository).captured_by == "export"
        assert list(scratch.iterdir()) == []


@pytest.mark.slow
class TestForgery:
    """A model runs in the process that reports on it: what it says of itself is its own word."""

    def trace(self, body: str, folder: pathlib.Path) -> Trace:
        pytest.importorskip("torch")
        return TestTraces().trace(body, folder)

    def test_a_model_can_lie_about_itself(self, tmp_path: pathlib.Path) -> None:
        body = """
            import msgspec
            from portlint.record import Trace
            lie = Trace(model="nobody", captured_by="export", versions={"torch": "9"},
                        confinement=("nothing held me",))
            data = msgspec.msgpack.encode(lie)
            os.write(int(sys.orig_argv[-3]), len(data).to_bytes(8, "big") + data)
            os._exit(0)
        """
        trace = self.trace(body, tmp_path)
        assert trace.versions == {"torch": "9"}

    def test_but_not_about_what_held_it_or_which_model_it_is(self, tmp_path: pathlib.Path) -> None:
        self.test_a_model_can_lie_about_itself(tmp_path)
        body = (tmp_path / "model.py").read_text()
        trace = capture(Request(spec="model.py:model", root=str(tmp_path)))
        assert "nothing held me" in body
        assert trace.model == "model.py:model"
        assert "nothing held me" not in trace.confinement

    @pytest.mark.parametrize(
        "message",
        [
            "b'\\xff' * 64",
            "(1 << 62).to_bytes(8, 'big') + b'x'",
            "(4).to_bytes(8, 'big') + b'\\xdd\\xff\\xff\\xff'",
            "(99999).to_bytes(8, 'big') + b'\\x91' * 99999",
        ],
    )
    def test_a_message_that_is_none_costs_its_own_trace(
        self, message: str, tmp_path: pathlib.Path
    ) -> None:
        body = f"""
            number = int(sys.orig_argv[-3])
            os.ftruncate(number, 0)
            os.lseek(number, 0, 0)
            os.write(number, {message})
            os._exit(0)
        """
        trace = self.trace(body, tmp_path)
        assert (trace.captured_by, trace.events[-1].what) == (None, "exit")

    def test_portlint_changed_in_the_child_is_not_changed_here(
        self, tmp_path: pathlib.Path
    ) -> None:
        body = """
            import portlint.record, portlint.capture
            portlint.capture.capture = None
            portlint.record.Trace = None
        """
        self.trace(body, tmp_path)
        assert callable(capture)
        assert TestTraces().trace("pass", tmp_path).captured_by == "export"
