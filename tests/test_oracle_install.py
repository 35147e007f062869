"""The oracle's interpreter: finding one, making one, telling of it, removing it, and what fails."""

import json
import pathlib
import shutil
import socket
import subprocess
import sys
import threading
from collections.abc import Callable
from typing import NamedTuple

import pytest

from portlint.oracle import mark, needs
from tests import stub
from tests.invoke import Done, portlint
from tests.oracles import Fake

Run = Callable[..., Done]


@pytest.fixture(autouse=True)
def _stub(monkeypatch: pytest.MonkeyPatch) -> None:
    stub.use_stub_rules(monkeypatch)
    monkeypatch.delenv("PORTLINT_XLA_PYTHON", raising=False)


@pytest.fixture
def run(tmp_path: pathlib.Path) -> Run:
    """A command in a folder of its own, with a cache of its own."""
    here = tmp_path / "here"
    here.mkdir()
    (here / "portlint.toml").touch()

    def command(*words: str | pathlib.Path, **env: str | pathlib.Path) -> Done:
        values = {name: str(value) for name, value in env.items()}
        own = {"XDG_CACHE_HOME": str(tmp_path / "cache")}
        return portlint("oracle", *words, cwd=here, env=own | values)

    return command


@pytest.fixture
def fake(tmp_path: pathlib.Path) -> Fake:
    return Fake(tmp_path / "fake")


def env(tmp_path: pathlib.Path) -> pathlib.Path:
    return tmp_path / "cache" / "portlint" / "oracle" / "env"


def sentence(done: Done) -> str:
    """What a command that cannot go on says: one line on standard error, and 2."""
    assert (done.code, done.out) == (2, "")
    assert done.err.startswith("error: ") and done.err.count("\n") == 1, done.err
    return done.err


class TestFinding:
    def test_there_is_none(self, run: Run) -> None:
        done = run("status", "--format", "json")
        assert (done.code, done.json["ready"]) == (0, False)
        assert "portlint oracle install" in done.json["reason"]
        assert run("status").out.startswith("not ready\n")

    def test_the_environment_names_it(self, run: Run, fake: Fake) -> None:
        done = run("status", "--format", "json", PORTLINT_XLA_PYTHON=fake.python).json
        assert done == {
            "ready": True,
            "source": "env",
            "interpreter": str(fake.python),
            "versions": {"python": "3.12.3", "torch": "2.9.0", "torch_xla": "2.9.0"},
            "size": None,
            "reason": None,
        }

    def test_the_command_line_names_it_from_where_it_is_started(self, run: Run, fake: Fake) -> None:
        named = ("--oracle-python", "../fake/python")
        done = run("status", "--format", "json", *named).json
        assert (done["ready"], done["source"]) == (True, "option")
        shown = run("status", *named, PORTLINT_XLA_PYTHON="nowhere").out
        assert shown.startswith("ready\n") and "(--oracle-python)" in shown
        assert (
            "--oracle-python names nowhere, which does not exist"
            in run("status", "--oracle-python", "nowhere", PORTLINT_XLA_PYTHON=fake.python).out
        )

    @pytest.mark.parametrize("words", [("status",), ("verify",), ("run", "model.py:model")])
    def test_no_file_of_a_folder_names_it(
        self, words: tuple[str, ...], run: Run, tmp_path: pathlib.Path
    ) -> None:
        """Else `portlint oracle status` in somebody's repository would run what they wrote."""
        mark, here = tmp_path / "mark", tmp_path / "here"
        program = here / "python"
        program.write_text(f"#!/bin/sh\ntouch {mark}\n")
        program.chmod(0o755)
        (here / "portlint.toml").write_text(f'oracle-python = "{program}"\n')
        (here / "model.py").write_text("model = None\n")
        said = run(*words)
        assert not mark.exists()
        assert "oracle install" in said.out + said.err or "key 'oracle-python'" in said.err

    @pytest.mark.parametrize(
        ("versions", "words"),
        [
            ({"torch_xla": ""}, "which has no torch_xla"),
            ({"torch": "", "torch_xla": ""}, "which has no torch"),
            ({"torch": "2.13.0+cpu"}, "whose torch 2.13.0+cpu does not match its torch_xla 2.9.0"),
            ({"python": "3.9.18"}, "Python 3.9.18, which is older than 3.10"),
            ({"fails": "ImportError: libnrt.so.1"}, "does not start: ImportError: libnrt.so.1"),
        ],
    )
    def test_one_that_does_not_do_is_refused(
        self, versions: dict[str, str], words: str, run: Run, tmp_path: pathlib.Path
    ) -> None:
        python = Fake(tmp_path / "odd", **versions).python
        done = run("status", "--format", "json", PORTLINT_XLA_PYTHON=python)
        assert done.code == 0 and not done.json["ready"]
        assert words in done.json["reason"]

    def test_a_neuron_image_does(self, run: Run, tmp_path: pathlib.Path) -> None:
        """Its builds have versions of their own."""
        image = Fake(tmp_path / "image", torch="2.9.1", torch_xla="2.9.0+neuron")
        assert run("status", PORTLINT_XLA_PYTHON=image.python).out.startswith("ready\n")

    def test_what_is_no_python_is_refused(self, run: Run, tmp_path: pathlib.Path) -> None:
        assert "is no Python" in run("status", PORTLINT_XLA_PYTHON="/bin/true").out
        (tmp_path / "plain").touch()
        shown = run("status", PORTLINT_XLA_PYTHON=tmp_path / "plain").out
        assert "which cannot be run" in shown

    def test_a_run_without_any_ends_with_2(self, run: Run, tmp_path: pathlib.Path) -> None:
        (tmp_path / "here" / "net.py").write_text("def model(): ...\n")
        assert "portlint oracle install" in sentence(run("run", "net.py:model"))
        assert "no such file" in sentence(run("run", "absent.py:model"))


class TestInstalling:
    def test_makes_an_environment_that_works(
        self, run: Run, fake: Fake, tmp_path: pathlib.Path
    ) -> None:
        done = run("install", "--python", fake.python)
        assert done.code == 0, done.err
        assert done.out.startswith(f"{env(tmp_path)}: python 3.12.3, torch 2.9.0") and not done.err
        (call,) = (fake.folder / "pip.log").read_text().splitlines()
        assert call.endswith("torch==2.9.0 torch-xla==2.9.0 numpy") and "index" not in call
        found = run("status", "--format", "json").json
        assert (found["ready"], found["source"]) == (True, "cache") and found["size"] > 0
        assert sorted(p.name for p in env(tmp_path).iterdir()) == ["bin", mark.NAME]

    def test_a_second_time_there_is_nothing_to_do(self, run: Run, fake: Fake) -> None:
        run("install", "--python", fake.python)
        assert run("install").out.endswith(": is ready\n")
        assert len((fake.folder / "pip.log").read_text().splitlines()) == 1

    def test_pytorchs_own_index_lacks_torch_xla(self, run: Run, fake: Fake) -> None:
        cpu = "https://download.pytorch.org/whl/cpu"
        run("install", "--python", fake.python, "--index-url", cpu, PIP_INDEX_URL="https://m/s")
        mirror = "https://mirror.example/simple"
        run("install", "--python", fake.python, "--index-url", mirror)
        first, second = (fake.folder / "pip.log").read_text().splitlines()
        assert f"--index-url={cpu} --extra-index-url=https://m/s" in first
        assert f"--index-url={mirror}" in second and "extra" not in second

    def test_an_interrupted_one_is_completed(
        self, run: Run, fake: Fake, tmp_path: pathlib.Path
    ) -> None:
        (fake.folder / "pip.txt").write_text("Collecting torch\nERROR: broken pipe\n")
        assert "broken pipe" in sentence(run("install", "--python", fake.python))
        assert "is not complete" in run("status").out
        (env(tmp_path) / "kept").touch()
        (fake.folder / "pip.txt").unlink()
        assert run("install").code == 0
        assert (env(tmp_path) / "kept").exists() and run("status").out.startswith("ready\n")

    def test_one_that_cannot_be_completed_is_made_anew(
        self, run: Run, fake: Fake, tmp_path: pathlib.Path, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setattr(needs, "python", lambda asked: str(asked or fake.python))
        (fake.folder / "pip.txt").write_text("ERROR: broken pipe\n")
        run("install", "--python", fake.python)
        (fake.folder / "pip.txt").unlink()
        (env(tmp_path) / "kept").touch()
        broken = Fake(tmp_path / "broken", fails="OSError: half a file")
        shutil.copy(broken.python, env(tmp_path) / "bin" / "python")
        done = run("install")
        assert done.code == 0 and "half a file" in done.err
        assert not (env(tmp_path) / "kept").exists()

    def test_what_does_not_answer_is_not_ready(self, run: Run, tmp_path: pathlib.Path) -> None:
        broken = Fake(tmp_path / "broken", fails="ImportError: undefined symbol")
        said = sentence(run("install", "--python", broken.python))
        assert "torch-xla is installed but does not start: ImportError: undefined symbol" in said
        assert "is not complete" in run("status").out

    def test_two_at_once_make_one(self, run: Run, fake: Fake, tmp_path: pathlib.Path) -> None:
        words = ["install", "--dir", str(tmp_path / "one")]
        code = "import sys; from portlint.cli import main; sys.executable = sys.argv.pop(); main()"
        command = [sys.executable, "-c", code, "oracle", *words, str(fake.python)]
        root = pathlib.Path(__file__).parent.parent
        own = {"PYTHONPATH": str(root), "PYTHONDONTWRITEBYTECODE": "1", "HOME": str(tmp_path)}
        both = [
            subprocess.Popen(command, env=own, stdout=subprocess.PIPE, text=True) for _ in range(2)
        ]
        said = sorted(process.communicate(timeout=60)[0].partition(": ")[2][:8] for process in both)
        assert said == ["is ready", "python 3"]
        assert len((fake.folder / "pip.log").read_text().splitlines()) == 1

    def test_another_folder_is_named_where_it_is_used(
        self, run: Run, fake: Fake, tmp_path: pathlib.Path
    ) -> None:
        done = run("install", "--python", fake.python, "--dir", tmp_path / "own")
        assert f"PORTLINT_XLA_PYTHON={tmp_path}/own/bin/python" in done.out
        python = tmp_path / "own" / "bin" / "python"
        assert run("status", PORTLINT_XLA_PYTHON=python).out.startswith("ready\n")


class Usage(NamedTuple):
    total: int = 0
    used: int = 0
    free: int = 3 * needs.GB


class TestWhatAnInstallNeeds:
    def test_space(
        self, run: Run, fake: Fake, tmp_path: pathlib.Path, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setattr(shutil, "disk_usage", lambda path: Usage())
        said = sentence(run("install", "--python", fake.python))
        assert "has 3.0 GB free, and the install needs 12 GB, of which 7.5 GB stay" in said
        assert not env(tmp_path).exists()
        cpu = "https://download.pytorch.org/whl/cpu"
        assert run("install", "--python", fake.python, "--index-url", cpu).code == 0

    @pytest.mark.parametrize(
        ("versions", "words"),
        [
            ({"python": "3.14.0"}, "is Python 3.14.0: torch-xla 2.9 has wheels for 3.10 to 3.13"),
            ({"python": "3.9.2"}, "is Python 3.9.2"),
            ({"kind": "PyPy"}, "is PyPy: torch-xla has wheels for CPython only"),
        ],
    )
    def test_the_right_python(
        self, versions: dict[str, str], words: str, run: Run, tmp_path: pathlib.Path
    ) -> None:
        odd = Fake(tmp_path / "odd", **versions)
        assert words in sentence(run("install", "--python", odd.python))
        assert not env(tmp_path).exists()

    def test_a_python_at_all(self, run: Run, tmp_path: pathlib.Path) -> None:
        assert "there is no such program" in sentence(run("install", "--python", tmp_path / "no"))
        assert "does not" in sentence(run("install", "--python", "/bin/true"))

    def test_another_python_is_looked_for(
        self, run: Run, fake: Fake, tmp_path: pathlib.Path, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        new = Fake(tmp_path / "new", python="3.15.0")
        monkeypatch.setattr(sys, "executable", str(new.python))
        (fake.folder / "python3.11").symlink_to(fake.python)
        assert run("install", PATH=f"{fake.folder}:/usr/bin:/bin").code == 0
        shutil.rmtree(env(tmp_path))
        monkeypatch.setattr(needs, "PYTHONS", ("3.10",))
        said = sentence(run("install", PATH="/nowhere"))
        assert "with --python" in said and "3.15.0" in said

    def test_linux_on_x86(self, run: Run, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setattr("platform.machine", lambda: "aarch64")
        assert "Linux aarch64" in sentence(run("install"))
        monkeypatch.setattr("platform.machine", lambda: "x86_64")
        monkeypatch.setattr("platform.libc_ver", lambda: ("", ""))
        assert "without glibc" in sentence(run("install"))
        monkeypatch.setattr(sys, "platform", "darwin")
        monkeypatch.setattr("platform.system", lambda: "Darwin")
        assert "Darwin" in sentence(run("install"))

    @pytest.mark.parametrize(
        ("text", "words"),
        [
            ("WARNING: Retrying … NewConnectionError …\nERROR: Could not find", "can be reached"),
            ("ERROR: Could not find torch==2.9.0 (from versions: none)\n", "can be reached"),
            ("ERROR: [Errno 28] No space left on device\n", "the disk is full"),
            ("ERROR: torch is \x1b[31modd\n", r"torch is \x1b[31modd"),
        ],
    )
    def test_what_pip_says_becomes_a_sentence(
        self, text: str, words: str, run: Run, fake: Fake
    ) -> None:
        (fake.folder / "pip.txt").write_text(text)
        assert words in sentence(run("install", "--python", fake.python))

    def test_a_folder_that_is_free(self, run: Run, fake: Fake, tmp_path: pathlib.Path) -> None:
        (tmp_path / "mine").mkdir()
        (tmp_path / "mine" / "thesis.tex").touch()
        said = sentence(run("install", "--python", fake.python, "--dir", tmp_path / "mine"))
        assert "not made by portlint" in said and (tmp_path / "mine" / "thesis.tex").exists()
        (tmp_path / "file").touch()
        assert "is a file" in sentence(run("install", "--dir", tmp_path / "file"))
        assert "cannot be written" in sentence(run("install", "--dir", tmp_path / "file" / "x"))


@pytest.mark.slow
@pytest.mark.skipif(not (sys.platform == "linux" and sys.version_info < (3, 14)), reason="pip")
def test_an_index_that_refuses_is_no_network(run: Run) -> None:
    """The real pip, in an environment of its own."""
    with socket.socket() as closed:
        closed.bind(("127.0.0.1", 0))
        url = f"http://127.0.0.1:{closed.getsockname()[1]}/simple"
        alone = {"PIP_CONFIG_FILE": "/dev/null", "PIP_RETRIES": "1", "PIP_FIND_LINKS": ""}
        done = run("install", "--python", sys.executable, "--index-url", url, **alone)
    assert "no package index with torch and torch-xla can be reached" in sentence(done)


class TestRemoving:
    def test_takes_what_install_made(self, run: Run, fake: Fake, tmp_path: pathlib.Path) -> None:
        run("install", "--python", fake.python)
        answers = env(tmp_path).parent / "answers"
        answers.mkdir()
        done = run("remove")
        assert (done.code, "removed" in done.out) == (0, True)
        assert not env(tmp_path).exists() and not answers.exists()
        assert "nothing to remove" in run("remove").out
        assert not run("status", "--format", "json").json["ready"]

    def test_takes_what_an_interrupted_install_left(self, run: Run, fake: Fake) -> None:
        (fake.folder / "pip.txt").write_text("ERROR: broken pipe\n")
        run("install", "--python", fake.python)
        assert run("remove").code == 0

    def test_leaves_what_is_not_its_own(self, run: Run, fake: Fake, tmp_path: pathlib.Path) -> None:
        (tmp_path / "mine").mkdir()
        (tmp_path / "mine" / "thesis.tex").touch()
        assert "not made by" in sentence(run("remove", "--dir", tmp_path / "mine"))
        assert (tmp_path / "mine" / "thesis.tex").exists()
        run("install", "--python", fake.python, "--dir", tmp_path / "own")
        (tmp_path / "link").symlink_to(tmp_path / "own")
        assert "not made by" in sentence(run("remove", "--dir", tmp_path / "link"))
        (tmp_path / "own" / mark.NAME).write_text("{")
        assert "not made by" in sentence(run("remove", "--dir", tmp_path / "own"))

    def test_waits_for_an_install(self, run: Run, fake: Fake, tmp_path: pathlib.Path) -> None:
        from portlint.oracle.lock import locked

        run("install", "--python", fake.python)
        with locked(env(tmp_path), lambda: None):
            waiting = threading.Event()
            thread = threading.Thread(target=lambda: _removed(env(tmp_path), waiting), daemon=True)
            thread.start()
            assert waiting.wait(20) and env(tmp_path).exists()
        thread.join(20)
        assert not env(tmp_path).exists()


def _removed(folder: pathlib.Path, waiting: threading.Event) -> None:
    from portlint.oracle.lock import locked

    with locked(folder, waiting.set):
        shutil.rmtree(folder)


def test_progress_stands_on_one_line_of_a_terminal(fake: Fake, tmp_path: pathlib.Path) -> None:
    (fake.folder / "pip.txt").write_text(
        "Collecting torch==2.9.0\n  Downloading torch.whl (9 MB)\n"
    )
    words = ("oracle", "install", "--python", fake.python)
    cache = {"XDG_CACHE_HOME": str(tmp_path / "cache")}
    done = portlint(*words, cwd=tmp_path, terminal=True, env=cache)
    assert "downloading torch.whl (9 MB)" in done.err and "\n" not in done.err
    assert json.loads((env(tmp_path) / mark.NAME).read_text())["made_by"] == "portlint"
