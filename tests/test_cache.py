"""With and without what earlier runs left a run says the same, whatever happened to it since."""

import errno
import multiprocessing
import os
import pathlib
import pickle
import shutil
import signal
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from typing import Any

import msgspec
import pytest
from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, rule

from portlint import catalog, config, engine
from portlint.cache import archive, stamps
from portlint.cache.writer import writer
from portlint.overlay import FOLDER
from portlint.replace import PREFIX
from tests.invoke import portlint

WAIT = 60
"""Seconds after which somebody waits for a pipe."""
HERE = pathlib.Path(__file__).parent.parent
CODE = "import torch\n\ntorch.cuda.synchronize()\n"
KEPT: dict[str, str | None] = {"PORTLINT_NO_CACHE": ""}
TEXTS = (
    CODE,
    "import torch\nDEVICE = torch.device('cuda')\n",
    "from pkg.a import DEVICE\nx = 1\nx.to(DEVICE)\n",
    "from .a import DEVICE\nimport torch\ny = torch.zeros(1, device=DEVICE)\n",
    "import torch\nHAS = torch.cuda.is_available()\n",
    "from pkg.b import HAS\nfrom pkg.c import run\nif HAS:\n    run(1)\n",
    "import torch\ndef run(x, device='cuda'):\n    return torch.cuda.Stream(device)\n",
    "from pkg.c import run\nrun(1, device='cpu')\n",
    "import flash_attn\nfrom flash_attn import flash_attn_func\n",
    "from .d import flash_attn_func\nflash_attn_func(1, 2, 3)\n",
    "import torch\ntorch.cuda.synchronize()  # portlint: ignore[NEU1]\n",
    "import torch\ntorch.cumsum(x, 0)\n",
    "def broken(:\n",
    "",
)
CONFIGURED = ("", 'ignore = ["NEU1"]\n', 'extend-exclude = ["pkg/a.py"]\n', "[per-file-ignores]\n")
RACY, SOON = stamps.RACY, 10_000_000
NAMES = ("a.py", "pkg/__init__.py", "pkg/a.py", "pkg/b.py", "pkg/c.py", "pkg/d.py", "tests/t.py")
OTHER = ("requirements.txt", "Dockerfile", "run.sh", "pkg/k.cu")
WORDS = ("flash-attn==2.5\n", "FROM nvidia/cuda:12\n", "nvidia-smi\n", "__global__ void f() {}\n")


def settled(path: pathlib.Path) -> None:
    """As if nobody had touched it for an hour: what bears this time is not read again."""
    os.utime(path, ns=(1, 1))


def report(root: pathlib.Path, cache: pathlib.Path | None, **flags: Any) -> bytes:
    """What a run says, as JSON."""
    rules = catalog.shipped()
    asked = {"jobs": 1, **flags}
    found, _ = config.read((root,), asked, None, rules.rules)
    done = engine.run(msgspec.structs.replace(found, cache=cache))
    return msgspec.json.encode((done.report, done.left_out, done.internal_error))


class Edits(RuleBasedStateMachine):
    """A small tree that is edited between runs."""

    @initialize()
    def begin(self) -> None:
        self.top = pathlib.Path(tempfile.mkdtemp())
        self.root, self.cache = self.top / "root", self.top / "cache"
        self.root.mkdir()
        self.flags: dict[str, Any] = {}
        self.newer: dict[str, Any] = {}
        stamps.RACY = SOON  # as if the clock of the files was as fine as it is

    def teardown(self) -> None:
        stamps.RACY = RACY
        shutil.rmtree(self.top, ignore_errors=True)

    @rule(name=st.sampled_from(NAMES), text=st.sampled_from(TEXTS))
    def write(self, name: str, text: str) -> None:
        file = self.root / name
        file.parent.mkdir(exist_ok=True)
        file.write_text(text)

    @rule(name=st.sampled_from(OTHER), text=st.sampled_from(WORDS))
    def write_other(self, name: str, text: str) -> None:
        self.write(name, text)

    @rule(name=st.sampled_from(NAMES), text=st.sampled_from(TEXTS))
    def append(self, name: str, text: str) -> None:
        if (self.root / name).is_file():
            with (self.root / name).open("a") as file:
                file.write(text)

    @rule(name=st.sampled_from((*NAMES, *OTHER)))
    def delete(self, name: str) -> None:
        (self.root / name).unlink(missing_ok=True)

    @rule(name=st.sampled_from(NAMES), other=st.sampled_from(NAMES))
    def rename(self, name: str, other: str) -> None:
        if (self.root / name).is_file():
            (self.root / other).parent.mkdir(exist_ok=True)
            (self.root / name).replace(self.root / other)

    @rule(flags=st.sampled_from(({}, {"stack": "vllm"}, {"select": ("NEU1",)}, {"audit": True})))
    def ask(self, flags: dict[str, Any]) -> None:
        self.flags = flags

    @rule(words=st.sampled_from(CONFIGURED))
    def configure(self, words: str) -> None:
        (self.root / "portlint.toml").write_text(words)

    @rule(said=st.sampled_from(("yes", "no", None)))
    def know(self, said: str | None) -> None:
        (self.top / "ops.csv").write_text(f"op,status\naten::cumsum,{said}\n")
        self.newer = {"knowledge": str(self.top / FOLDER)} if said else {}
        if said:
            told = ("--evidence", "https://example.org", "--checked", "2026-11-26")
            portlint("knowledge", "import", "ops.csv", *told, "--stack", "vllm", cwd=self.top)

    @rule()
    def damage(self) -> None:
        for file in self.cache.glob("*.bin"):
            data = file.read_bytes()
            file.write_bytes(data[: len(data) // 2] + b"\0" + data[len(data) // 2 + 1 :])

    @invariant()
    def it_says_the_same(self) -> None:
        if hasattr(self, "root"):
            time.sleep(2 * SOON / 1e9)
            flags = self.flags | self.newer
            assert report(self.root, self.cache, **flags) == report(self.root, None, **flags)


Edits.TestCase.settings = settings(
    max_examples=15,
    stateful_step_count=8,
    deadline=None,
    suppress_health_check=[HealthCheck.too_slow],
)
TestEdits = Edits.TestCase

CALLS = (
    "import torch\n\n\ndef run(x, device='cuda'):\n    return x.to(device)\n",
    "import torch\n\n\ndef run(x):\n    y = x.cuda()\n    return y\n\n\n"
    "def other(x):\n    return run(x)\n",
    "import torch\n\n\nclass Net:\n    def go(self, x):\n        return run(x.cuda())\n\n"
    "    def stay(self):\n        return self.go(1)\n",
    "import torch\nfrom pkg.a import run\n\n\ndef main(x):\n    if torch.cuda.is_available():\n"
    "        run(x)\n",
    "from pkg.a import run as start\nfrom pkg.d import HAS\n\n\ndef main(x):\n    if HAS:\n"
    "        start(x)\n",
    "from pkg.a import run\nfrom pkg.c import Net\n\n\ndef main(x):\n    run(x, device='cpu')\n"
    "    return Net().go(x)\n",
    "import torch\n\nHAS = torch.cuda.is_available()\n",
    "HAS = True\n",
    "import torch\nfrom torch.library import custom_op\n\n\n"
    "@custom_op('lib::run', mutates_args=())\n"
    "def run(x):\n    return x.cuda()\n",
    "import torch\n\n\ndef main(x):\n    if torch.cuda.is_available():\n"
    "        torch.ops.lib.run(x)\n",
    "if False:\n    from . import a\n\n\ndef main(x):\n    from .c import Net\n\n    return Net\n",
)
MEETING = (*((1, 3, 2, 6), (1, 4, 2, 6), (0, 5, 2, 6), (8, 9, 10, 6), (1, 3, 4, 7), (0, 3, 5, 6)),)
"""Of these texts, for `a` to `d`, each says something of what stands in another."""
HABITS = (
    ("    return", "    z = 1\n    return"),
    ("    return", "    torch.cuda.synchronize()\n    return"),
    ("x.cuda()", "x"),
    ("if torch.cuda.is_available():", "if x:"),
    ("if HAS:", "if not HAS:"),
    ("def run(", "def start("),
    ("import run\n", "import run as start\n"),
    ("run(x", "start(x"),
    ("device='cpu'", "device='cuda'"),
    ("'cuda'", "'cpu'"),
    ("import torch\n", "import torch\n\n# a note\n"),
    ("import torch\n", "import torch\n\ntorch.cuda.synchronize()\n"),
    ("go(", "went("),
    ("Net", "Nets"),
    ("lib::run", "lib::start"),
)


class Calls(RuleBasedStateMachine):
    """Files that call each other's functions, edited one after the other as people do."""

    @initialize(texts=st.sampled_from(MEETING))
    def begin(self, texts: tuple[int, ...]) -> None:
        self.top = pathlib.Path(tempfile.mkdtemp())
        self.root, self.cache = self.top / "root", self.top / "cache"
        (self.root / "pkg").mkdir(parents=True)
        stamps.RACY = SOON
        (self.root / "pkg" / "__init__.py").write_text("")
        for name, number in zip("abcd", texts, strict=True):
            (self.root / "pkg" / f"{name}.py").write_text(CALLS[number])

    def teardown(self) -> None:
        stamps.RACY = RACY
        shutil.rmtree(self.top, ignore_errors=True)

    @rule(name=st.sampled_from("abcd"), number=st.integers(0, 999))
    def edit(self, name: str, number: int) -> None:
        """One of the edits that change something here."""
        file = self.root / "pkg" / f"{name}.py"
        text = file.read_text()
        both = (*HABITS, *(habit[::-1] for habit in HABITS))
        fitting = [(old, new) for old, new in both if old in text]
        if fitting:
            file.write_text(text.replace(*fitting[number % len(fitting)], 1))

    @rule(name=st.sampled_from("abcd"), number=st.integers(0, 999))
    def edit_again(self, name: str, number: int) -> None:
        """Most of what people do is this."""
        self.edit(name, number)

    @rule(name=st.sampled_from("abcd"), text=st.sampled_from(CALLS))
    def write(self, name: str, text: str) -> None:
        (self.root / "pkg" / f"{name}.py").write_text(text)

    @rule(name=st.sampled_from("abcd"), text=st.sampled_from(CALLS))
    def append(self, name: str, text: str) -> None:
        with (self.root / "pkg" / f"{name}.py").open("a") as file:
            file.write(f"\n\n{text}")

    @rule()
    def begin_anew(self) -> None:
        shutil.rmtree(self.cache, ignore_errors=True)

    @invariant()
    def it_says_the_same(self) -> None:
        if hasattr(self, "root"):
            time.sleep(2 * SOON / 1e9)
            assert report(self.root, self.cache) == report(self.root, None)


Calls.TestCase.settings = settings(
    max_examples=25,
    stateful_step_count=10,
    deadline=None,
    suppress_health_check=[HealthCheck.too_slow],
)
TestCalls = Calls.TestCase


@pytest.fixture
def root(tmp_path: pathlib.Path) -> pathlib.Path:
    folder = tmp_path / "root"
    (folder / "pkg").mkdir(parents=True)
    for name, text in zip(NAMES[1:6], TEXTS, strict=False):
        (folder / name).write_text(text)
    return folder


@pytest.fixture
def unread(monkeypatch: pytest.MonkeyPatch) -> Callable[[], int]:
    """How many files were worked for since."""
    import portlint.spread as spread

    counts: list[int] = []
    work = vars(spread)["work"]

    def counted(message: Any) -> Any:
        counts.append(len(message.turns))
        return work(message)

    monkeypatch.setattr(spread, "work", counted)
    return lambda: sum(counts)


class TestWhatIsDone:
    def test_nothing_is_worked_for_twice(
        self, root: pathlib.Path, tmp_path: pathlib.Path, unread: Callable[[], int]
    ) -> None:
        first = report(root, tmp_path / "cache")
        before = unread()
        assert before >= 5
        assert report(root, tmp_path / "cache") == first
        assert unread() == before

    def test_only_what_changed_is_worked_for(
        self, root: pathlib.Path, tmp_path: pathlib.Path, unread: Callable[[], int]
    ) -> None:
        report(root, tmp_path / "cache")
        before = unread()
        (root / "pkg" / "__init__.py").write_text(CODE + CODE)
        assert report(root, tmp_path / "cache") == report(root, None)
        assert 0 < unread() - before < 5 + 5

    def test_what_was_taken_back_loses_nothing(
        self,
        root: pathlib.Path,
        tmp_path: pathlib.Path,
        unread: Callable[[], int],
        monkeypatch: pytest.MonkeyPatch,
    ) -> None:
        monkeypatch.setattr("portlint.cache.kept.SPARE", 0)
        monkeypatch.setattr(stamps, "RACY", 0)
        monkeypatch.setattr("portlint.analyse.leave", lambda *_: None)  # all files are asked for
        file = root / "pkg" / "c.py"
        for text in ("import torch\n", "import torch, os\n", "import torch\n"):
            file.write_text(text)
            settled(file)
            report(root, tmp_path / "cache")
        before = unread()
        file.write_text("import os\n")
        report(root, tmp_path / "cache")
        assert 0 < unread() - before < 4

    def test_a_change_of_the_same_size_and_time_is_seen(
        self, root: pathlib.Path, tmp_path: pathlib.Path
    ) -> None:
        file = root / "pkg" / "a.py"
        file.write_text("import torch\ntorch.cuda.Stream()\n")
        settled(file)
        first = report(root, tmp_path / "cache")
        file.write_text("import torch\ntorch.bmm_.Stream()\n")
        settled(file)
        second = report(root, tmp_path / "cache")
        assert second != first
        assert second == report(root, None)

    def test_a_file_that_was_just_written_is_read_again(self, root: pathlib.Path) -> None:
        from portlint.discover import discover

        listed = discover([root]).files
        found = stamps.stamped(listed, list(map(stamps.stamp_of, listed)), {})
        assert {item.stamp for item in found.values()} == {stamps.NONE}

    def test_another_target_is_another_question(
        self, root: pathlib.Path, tmp_path: pathlib.Path
    ) -> None:
        for stack in ("xla", "native-eager", "xla"):
            chip = "trn1" if stack == "xla" else "trn2"
            flags = {"chip": chip, "stack": stack}
            assert report(root, tmp_path / "c", **flags) == report(root, None, **flags)

    def test_what_another_version_wrote_is_not_there(
        self, root: pathlib.Path, tmp_path: pathlib.Path
    ) -> None:
        file = tmp_path / "x.bin"
        archive.write(file, "one", {"part": b"data"})
        with archive.reading(file, "one") as found:
            assert found is not None
            assert found.part("part") == b"data"
            assert found.part("other") is None
        with archive.reading(file, "other") as found:
            assert found is None


class TestEditsThatOthersSee:
    """Every edit of `b.py` here decides what is said of `a.py`."""

    A = "import torch\n\n\ndef run(x):\n    y = x.cuda()\n    return y\n"
    B = (
        "import torch\nfrom pkg.a import run\n\n\ndef main(x):\n"
        "    if torch.cuda.is_available():\n        run(x)\n"
    )

    @pytest.fixture
    def pair(self, tmp_path: pathlib.Path) -> pathlib.Path:
        folder = tmp_path / "two" / "pkg"
        folder.mkdir(parents=True)
        for name, text in (("__init__", ""), ("a", self.A), ("b", self.B)):
            (folder / f"{name}.py").write_text(text)
        return folder

    @pytest.mark.parametrize(
        ("old", "new"),
        [
            ("torch.cuda.is_available()", "x"),
            ("    if torch.cuda.is_available():\n        run(x)", "    run(x)"),
            ("        run(x)\n", "        run(x)\n    run(x)\n"),
            ("run(x)\n", "run(x)\n\n\nrun(1)\n"),
        ],
    )
    def test_it_is_seen(
        self, pair: pathlib.Path, tmp_path: pathlib.Path, old: str, new: str
    ) -> None:
        first = report(pair.parent, tmp_path / "cache")
        assert b"used only where" in first
        (pair / "b.py").write_text(self.B.replace(old, new))
        assert report(pair.parent, tmp_path / "cache") == report(pair.parent, None)
        assert b"used only where" not in report(pair.parent, tmp_path / "cache")

    @pytest.mark.parametrize(
        ("name", "old", "new"),
        [
            ("a", "    return y\n", "    z = y + 1\n    return z\n"),
            ("a", "    return y\n", "    torch.cuda.synchronize()\n    return y\n"),
            ("b", "        run(x)\n", "        x = 2\n        run(x)\n"),
            ("b", "def main", "torch.cuda.synchronize()\n\n\ndef main"),
        ],
    )
    def test_what_others_do_not_see_costs_one_file(
        self,
        pair: pathlib.Path,
        tmp_path: pathlib.Path,
        monkeypatch: pytest.MonkeyPatch,
        name: str,
        old: str,
        new: str,
    ) -> None:
        report(pair.parent, tmp_path / "cache")
        text = (pair / f"{name}.py").read_text()
        (pair / f"{name}.py").write_text(text.replace(old, new))
        expected = report(pair.parent, None)
        monkeypatch.setattr("portlint.across.lifted", None)
        assert report(pair.parent, tmp_path / "cache") == expected


class Bomb:
    """Unpickled, it leaves a file."""

    def __init__(self, mark: pathlib.Path) -> None:
        self.mark = mark

    def __reduce__(self) -> tuple[Any, ...]:
        return (pathlib.Path.touch, (self.mark,))


class TestWhatIsNotOurs:
    @pytest.fixture
    def filled(self, root: pathlib.Path, tmp_path: pathlib.Path) -> pathlib.Path:
        report(root, tmp_path / "cache")
        (file,) = (tmp_path / "cache").glob("run-*.bin")
        return file

    def agrees(self, root: pathlib.Path, file: pathlib.Path) -> None:
        assert report(root, file.parent) == report(root, None)

    def test_bytes_that_were_turned(self, root: pathlib.Path, filled: pathlib.Path) -> None:
        data = filled.read_bytes()
        for at in range(0, len(data), max(len(data) // 40, 1)):
            filled.write_bytes(data[:at] + bytes([data[at] ^ 0x55]) + data[at + 1 :])
            self.agrees(root, filled)

    def test_a_head_is_what_its_digest_says(self, tmp_path: pathlib.Path) -> None:
        file = tmp_path / "one.bin"
        assert archive.write(file, "we", {"part": b"bytes"})
        with archive.reading(file, "we") as found:
            assert found is not None and found.part("part") == b"bytes"
        data = bytearray(file.read_bytes())
        data[len(archive.MAGIC)] ^= 1
        file.write_bytes(data)
        with archive.reading(file, "we") as found:
            assert found is None

    def test_a_file_that_was_cut(self, root: pathlib.Path, filled: pathlib.Path) -> None:
        data = filled.read_bytes()
        for size in (0, 5, 30, len(data) // 2, len(data) - 1):
            filled.write_bytes(data[:size])
            self.agrees(root, filled)

    @pytest.mark.parametrize("data", [b"", b"\xdf\xff\xff\xff\xff", b"\x91" * 5000, b"\0" * 99])
    def test_parts_that_hold_something_else(
        self, root: pathlib.Path, filled: pathlib.Path, data: bytes
    ) -> None:
        ours = catalog.shipped().writer or writer(catalog.shipped().digest)
        with archive.reading(filled, ours) as found:
            assert found is not None
            parts = {name: found.part(name) or b"" for name in found.head.parts}
        for name in parts:
            archive.write(filled, ours, {**parts, name: data})
            self.agrees(root, filled)

    def test_a_pickle_is_never_opened(self, root: pathlib.Path, filled: pathlib.Path) -> None:
        mark = filled.parent / "mark"
        bomb = pickle.dumps(Bomb(mark))
        filled.write_bytes(bomb)
        self.agrees(root, filled)
        filled.write_bytes(archive.MAGIC + bomb)
        self.agrees(root, filled)
        assert not mark.exists()

    def test_a_link_is_replaced_and_not_followed(
        self, root: pathlib.Path, filled: pathlib.Path, tmp_path: pathlib.Path
    ) -> None:
        other = tmp_path / "other"
        other.write_bytes(filled.read_bytes())
        filled.unlink()
        filled.symlink_to(other)
        before = other.read_bytes()
        self.agrees(root, filled)
        assert other.read_bytes() == before
        assert not filled.is_symlink()

    @pytest.mark.skipif(not hasattr(os, "mkfifo"), reason="no pipes here")
    def test_a_pipe_is_not_waited_for(self, root: pathlib.Path, filled: pathlib.Path) -> None:
        filled.unlink()
        os.mkfifo(filled)
        signal.signal(signal.SIGALRM, lambda *_: pytest.fail("a pipe is waited for"))
        signal.alarm(WAIT)
        try:
            self.agrees(root, filled)
        finally:
            signal.alarm(0)


class TestWhereItIs:
    def test_the_folder_of_the_flag(self, root: pathlib.Path, tmp_path: pathlib.Path) -> None:
        cache = tmp_path / "mine"
        portlint("check", ".", "--cache-dir", cache, cwd=root, env=KEPT | {"HOME": str(tmp_path)})
        assert list(cache.glob("run-*.bin"))
        assert (cache / "CACHEDIR.TAG").read_text().startswith("Signature: 8a477f597d28d172789f06")
        assert (cache / ".gitignore").read_text() == "*\n"

    def test_the_audited_folder_stays_as_it_is(
        self, root: pathlib.Path, tmp_path: pathlib.Path
    ) -> None:
        before = sorted(root.rglob("*"))
        home = {"XDG_CACHE_HOME": str(tmp_path / "caches"), "PORTLINT_CACHE_DIR": None}
        portlint("check", ".", cwd=root, env=KEPT | home)
        assert sorted(root.rglob("*")) == before
        assert list((tmp_path / "caches" / "portlint").glob("run-*.bin"))

    @pytest.mark.parametrize("off", [("--no-cache",), ()])
    def test_none_where_none_is_wanted(
        self, root: pathlib.Path, tmp_path: pathlib.Path, off: tuple[str, ...]
    ) -> None:
        env = KEPT if off else {"PORTLINT_NO_CACHE": "1"}
        cache = tmp_path / "mine"
        portlint("check", ".", *off, "--cache-dir", cache, cwd=root, env=env)
        assert not cache.exists()

    def test_the_configuration_names_a_folder_of_its_own(
        self, root: pathlib.Path, tmp_path: pathlib.Path
    ) -> None:
        (root / "portlint.toml").write_text('cache-dir = ".portlint_cache"\n')
        one = portlint("check", ".", "--format", "json", cwd=root, env=KEPT)
        assert list((root / ".portlint_cache").glob("run-*.bin"))
        two = portlint("check", ".", "--format", "json", cwd=root, env=KEPT)
        assert one.out == two.out

    @pytest.mark.parametrize("named", ["../out", "/tmp/portlint-out", ".", "link"])
    def test_the_configuration_names_no_other_folder(
        self, root: pathlib.Path, tmp_path: pathlib.Path, named: str
    ) -> None:
        (root / "link").symlink_to(tmp_path / "out")
        (root / "portlint.toml").write_text(f'cache-dir = "{named}"\n')
        done = portlint("check", ".", cwd=root, env=KEPT)
        assert done.code == 2
        assert f"cache-dir {named!r} is no folder below" in done.err
        assert not (tmp_path / "out").exists()


def _run(root: pathlib.Path, cache: pathlib.Path, number: int) -> bytes:
    (root / f"mine{number}.txt").write_text("")
    return report(root, cache)


class TestAccidents:
    def test_a_folder_that_takes_no_file(self, root: pathlib.Path, tmp_path: pathlib.Path) -> None:
        (tmp_path / "cache").write_text("a file where the folder should be")
        assert report(root, tmp_path / "cache") == report(root, None)

    def test_a_full_disk(
        self, root: pathlib.Path, tmp_path: pathlib.Path, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        first = report(root, tmp_path / "cache")

        def full(*_: Any) -> None:
            raise OSError(errno.ENOSPC, "No space left on device")

        monkeypatch.setattr(archive, "put", full)
        (root / "new.py").write_text(CODE)
        assert report(root, tmp_path / "cache") == report(root, None) != first
        assert not list((tmp_path / "cache").glob(f"{PREFIX}*"))

    def test_several_at_once(self, root: pathlib.Path, tmp_path: pathlib.Path) -> None:
        with multiprocessing.get_context("spawn").Pool(2) as pool:
            asked = [(root, tmp_path / "cache", number) for number in range(6)]
            found = pool.starmap(_run, asked)
        assert set(found) == {report(root, None)}
        assert report(root, tmp_path / "cache") == report(root, None)

    def test_one_that_is_killed_while_it_writes(
        self, root: pathlib.Path, tmp_path: pathlib.Path
    ) -> None:
        cache = tmp_path / "cache"
        first = report(root, cache)
        (kept,) = cache.glob("run-*.bin")
        before = kept.read_bytes()
        code = (
            "import os, signal, pathlib, sys\n"
            "from portlint.cache import archive\n"
            "pathlib.Path.replace = lambda self, to: os.kill(os.getpid(), signal.SIGKILL)\n"
            "archive.write(pathlib.Path(sys.argv[1]), 'w', {'a': b'x' * 1000})\n"
        )
        done = subprocess.run([sys.executable, "-c", code, kept], cwd=HERE, timeout=60)
        assert done.returncode < 0
        assert kept.read_bytes() == before
        (left,) = cache.glob(f"{PREFIX}*")
        os.utime(left, (1, 1))
        (root / "new.py").write_text(CODE)
        assert report(root, cache) == report(root, None) != first
        assert not list(cache.glob(f"{PREFIX}*"))


class TestTheCompiledCatalogue:
    def test_it_is_the_one_that_is_read(
        self, tmp_path: pathlib.Path, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        from portlint.cache import compiled

        monkeypatch.setenv("PORTLINT_NO_CACHE", "")
        monkeypatch.setenv("PORTLINT_CACHE_DIR", str(tmp_path))
        read = catalog.load()
        missing, now = compiled.load(read.folder)
        assert missing is None
        assert now is not None
        author = compiled.keep(read.rules, read.digest, now._replace(youngest=0))
        known, _ = compiled.load(read.folder)
        assert known == (read.rules, read.digest, author)
        assert known is not None
        assert list(known.rules) == list(read.rules)

    def test_a_rule_that_changed_is_read_again(
        self, tmp_path: pathlib.Path, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        from portlint.cache import compiled

        monkeypatch.setenv("PORTLINT_NO_CACHE", "")
        monkeypatch.setenv("PORTLINT_CACHE_DIR", str(tmp_path / "cache"))
        shutil.copytree(catalog.rules_folder(), tmp_path / "rules")
        read = catalog.load(tmp_path / "rules")
        _, now = compiled.load(tmp_path / "rules")
        assert now is not None
        assert not now.is_settled
        compiled.keep(read.rules, read.digest, now._replace(youngest=0))
        assert compiled.load(tmp_path / "rules")[0] is not None
        with (tmp_path / "rules" / "weights.toml").open("a") as file:
            file.write("\n")
        assert compiled.load(tmp_path / "rules")[0] is None
