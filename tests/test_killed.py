"""A run that is ended at any moment: nothing half written, nobody left behind."""

import os
import pathlib
import random
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator

import pytest

from portlint.replace import replace
from tests.stub import write

COMMAND = [sys.executable, "-P", "-c", "from portlint.cli import main; main()"]
LINES = "import torch\nside = torch.cuda.Stream()\nx = torch.zeros(3, device='cuda')\n"
SIZE = 150
"""Files: enough for several parts of work, and a second of it."""


@pytest.fixture(scope="module")
def repo(tmp_path_factory: pytest.TempPathFactory) -> pathlib.Path:
    root = tmp_path_factory.mktemp("killed") / "repo"
    write(root, {f"m{n}.py": LINES * 20 + "# filler\n" * 2_000 for n in range(SIZE)})
    (root / "portlint.toml").touch()
    return root


@pytest.fixture(scope="module")
def whole(repo: pathlib.Path) -> dict[str, bytes]:
    """What an undisturbed run writes."""
    assert start(repo).wait(120) == 0
    return outputs(repo)


def start(repo: pathlib.Path, *, temporary: pathlib.Path | None = None) -> subprocess.Popen[bytes]:
    report, baseline = repo.parent / "report.json", repo.parent / "baseline.json"
    flags = ["--jobs", "2", "--quiet", "--output", f"json={report}"]
    flags += ["--write-baseline", str(baseline), "--force", "--fail-on", "info"]
    return subprocess.Popen(
        [*COMMAND, "check", ".", *flags, "--include", "test"],
        cwd=repo,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
        start_new_session=True,
        env=os.environ | ({"TMPDIR": str(temporary)} if temporary else {}),
    )


def outputs(repo: pathlib.Path) -> dict[str, bytes]:
    return {name: (repo.parent / name).read_bytes() for name in ("report.json", "baseline.json")}


def session(leader: int) -> list[int]:
    """The processes of a session that still live."""
    found = []
    for entry in pathlib.Path("/proc").iterdir():
        try:
            fields = (entry / "stat").read_text().rpartition(")")[2].split()
        except (OSError, ValueError):
            continue
        if int(fields[3]) == leader and fields[0] != "Z":
            found.append(int(entry.name))
    return found


def gone(leader: int) -> bool:
    """Whether nobody of a session is left, some seconds later at most."""
    for _ in range(200):
        if not session(leader):
            return True
        time.sleep(0.05)
    return False


@pytest.fixture
def moments() -> Iterator[float]:
    """Seconds after the start; the same in every run of the tests."""
    chance = random.Random(9)
    return (chance.uniform(0.2, 4.0) for _ in range(100))


@pytest.mark.slow
@pytest.mark.skipif(not pathlib.Path("/proc/self").exists(), reason="counts processes in /proc")
@pytest.mark.parametrize("number", [signal.SIGKILL, signal.SIGTERM, signal.SIGINT])
def test_nothing_is_half_written_and_nobody_stays(
    number: signal.Signals, repo: pathlib.Path, whole: dict[str, bytes], moments: Iterator[float]
) -> None:
    for _ in range(6):
        process = start(repo)
        time.sleep(next(moments))
        process.send_signal(number)
        process.wait(60)
        assert gone(process.pid), session(process.pid)
        assert outputs(repo) == whole
    for name in whole:
        (repo.parent / name).unlink()
    assert start(repo).wait(120) == 0
    assert outputs(repo) == whole


@pytest.mark.slow
def test_a_run_that_is_asked_to_end_takes_its_temporary_files_away(tmp_path: pathlib.Path) -> None:
    from tests.scratch import Repository

    repo = Repository(tmp_path / "repo")
    repo.commit({f"m{n}.py": LINES + "# filler\n" * 5_000 for n in range(300)})
    repo.write({"new.py": LINES})
    held = tmp_path / "held"
    held.mkdir()
    process = subprocess.Popen(
        [*COMMAND, "check", ".", "--diff-base", "HEAD", "--jobs", "1"],
        cwd=repo.folder,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
        env=os.environ | {"TMPDIR": str(held)},
    )
    while not list(held.glob("portlint-*/**/m*.py")):
        assert process.poll() is None
        time.sleep(0.01)
    process.terminate()
    assert process.wait(60) == 128 + signal.SIGTERM
    assert list(held.iterdir()) == []


@pytest.fixture(params=["nameless files", "names only"])
def _either(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> None:
    """Not every system has files without a name."""
    if request.param == "names only":
        monkeypatch.delattr(os, "O_TMPFILE", raising=False)


@pytest.mark.skipif(not hasattr(os, "O_TMPFILE"), reason="has files without a name")
@pytest.mark.parametrize("before", [None, b"before"])
def test_who_is_killed_while_it_writes_leaves_nothing(
    before: bytes | None, tmp_path: pathlib.Path
) -> None:
    file = tmp_path / "report.json"
    if before is not None:
        file.write_bytes(before)
    code = (
        "import os, pathlib, signal, sys\n"
        "from portlint.replace import put\n"
        "def pieces():\n"
        "    yield b'x' * 1_000_000\n"
        "    os.kill(os.getpid(), signal.SIGKILL)\n"
        "put(pathlib.Path(sys.argv[1]), pieces(), 0o600)\n"
    )
    done = subprocess.run([sys.executable, "-P", "-c", code, file], timeout=60)
    assert done.returncode == -signal.SIGKILL
    assert [path.read_bytes() for path in tmp_path.iterdir()] == [before] * (before is not None)


@pytest.mark.usefixtures("_either")
class TestReplace:
    """One file takes the place of another."""

    def test_permissions_stay_and_new_files_have_the_usual(self, tmp_path: pathlib.Path) -> None:
        old, new = tmp_path / "old", tmp_path / "new"
        old.write_bytes(b"before")
        old.chmod(0o640)
        before = os.umask(0o027)
        try:
            replace(old, b"after")
            replace(new, b"after")
        finally:
            os.umask(before)
        modes = [file.stat().st_mode & 0o777 for file in (old, new)]
        assert modes == [0o640, 0o640]
        assert old.read_bytes() == new.read_bytes() == b"after"
        assert sorted(tmp_path.iterdir()) == [new, old]

    def test_a_link_stays_one(self, tmp_path: pathlib.Path) -> None:
        (tmp_path / "there").mkdir()
        link, file = tmp_path / "link", tmp_path / "there" / "file"
        link.symlink_to(file)
        for text in (b"first", b"second"):
            replace(link, text)
            assert link.is_symlink() and file.read_bytes() == text

    def test_what_cannot_be_written_stays_as_it_was(
        self, tmp_path: pathlib.Path, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        file = tmp_path / "file"
        file.write_bytes(b"before")

        def full(path: pathlib.Path, other: pathlib.Path) -> None:
            raise OSError(28, "No space left on device")

        monkeypatch.setattr(pathlib.Path, "replace", full)
        with pytest.raises(OSError, match="No space left"):
            replace(file, b"after")
        assert [p.read_bytes() for p in tmp_path.iterdir()] == [b"before"]

    def test_a_pipe_is_written_to(self, tmp_path: pathlib.Path) -> None:
        pipe = tmp_path / "pipe"
        os.mkfifo(pipe)
        reader = os.open(pipe, os.O_RDONLY | os.O_NONBLOCK)
        replace(pipe, b"all of it")
        assert os.read(reader, 100) == b"all of it"
        os.close(reader)
        assert pipe.is_fifo()


@pytest.mark.skipif(not pathlib.Path("/dev/full").exists(), reason="a disk that is always full")
@pytest.mark.parametrize("flag", ["--output", "--write-baseline"])
def test_a_full_disk_is_told(flag: str, tmp_path: pathlib.Path) -> None:
    from tests.invoke import portlint

    write(tmp_path, {"m.py": LINES, "portlint.toml": ""})
    target = "json=/dev/full" if flag == "--output" else "/dev/full"
    done = portlint("check", ".", flag, target, cwd=tmp_path)
    assert done.code == 2
    assert done.err.endswith("error: /dev/full: cannot be written: No space left on device\n")


def test_standard_output_that_is_full_is_told(tmp_path: pathlib.Path) -> None:
    write(tmp_path, {"m.py": LINES, "portlint.toml": ""})
    with open("/dev/full", "wb") as full:  # noqa: PTH123
        done = subprocess.run(
            [*COMMAND, "check", "."], cwd=tmp_path, stdout=full, stderr=subprocess.PIPE, text=True
        )
    assert "Traceback" not in done.stderr
    assert done.returncode == 2
    assert "standard output: cannot be written: No space left on device" in done.stderr


@pytest.mark.slow
def test_two_runs_at_once_give_what_one_gives(repo: pathlib.Path, whole: dict[str, bytes]) -> None:
    runs = [start(repo) for _ in range(3)]
    assert [run.wait(240) for run in runs] == [0, 0, 0]
    assert outputs(repo) == whole


def as_user(work: Callable[[], None]) -> None:
    """Do it in a copy of this process that is no longer root."""
    child = os.fork()
    if child == 0:
        code = 1
        try:
            if os.geteuid() == 0:
                os.setgid(65534)
                os.setuid(65534)
            work()
            code = 0
        finally:
            os._exit(code)
    assert os.waitpid(child, 0)[1] == 0


def test_a_checkout_that_is_read_only_is_read_and_nothing_is_written_there() -> None:
    import tempfile

    from tests.invoke import portlint

    with tempfile.TemporaryDirectory() as name:
        root = pathlib.Path(name)
        write(root, {"m.py": LINES, "portlint.toml": "", "old.json": "{}"})
        portlint("check", ".", cwd=root)  # all that is needed is loaded
        root.chmod(0o555)
        for file in root.iterdir():
            file.chmod(0o444)

        def reads() -> None:
            assert portlint("check", ".", cwd=root).code == 1
            for target in ("new.json", "old.json"):
                done = portlint("check", ".", "--output", f"json={target}", cwd=root)
                assert done.code == 2
                assert f"{target}: cannot be written: Permission denied" in done.err

        as_user(reads)
        assert sorted(p.name for p in root.iterdir()) == ["m.py", "old.json", "portlint.toml"]
        root.chmod(0o755)
