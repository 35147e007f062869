"""Input as it should not be: analysed or named with the reason, next to a good file, in time.

Nothing here may end in a traceback or a hang, and nothing that is audited may run.
"""

import codecs
import contextlib
import os
import pathlib
import pickle
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from encodings.aliases import aliases
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from portlint.contents import contents
from portlint.errors import Unreadable
from portlint.source.text import decode
from tests import stub
from tests.invoke import Done, portlint

GOOD = b"import torch\nx = torch.cuda.Stream()\n"
SECONDS = 20
"""Far more than any of these takes, far less than a hang."""


@pytest.fixture(autouse=True)
def _stub(monkeypatch: pytest.MonkeyPatch) -> None:
    stub.use_stub_rules(monkeypatch)


@pytest.fixture
def repo(tmp_path: pathlib.Path) -> pathlib.Path:
    root = tmp_path / "repo"
    root.mkdir()
    (tmp_path / "portlint.toml").touch()
    (root / "good.py").write_bytes(GOOD)
    return root


def check(root: pathlib.Path, *flags: str) -> Done:
    started = time.monotonic()
    done = portlint("check", "--format", "json", "--jobs", "1", *flags, cwd=root)
    assert time.monotonic() - started < SECONDS
    assert done.code in (0, 1), done.err
    assert "Traceback" not in done.err
    return done


def found(root: pathlib.Path, *flags: str) -> tuple[set[str], dict[str, str]]:
    """The files with findings, and the reasons of those that were not analysed."""
    report = check(root, *flags).json
    reasons = {item["path"]: item["reason"] for item in report["not_analysed"]}
    return {finding["path"] for finding in report["findings"]}, reasons


CLOSED = ("good.py", "secret.py", "closed/a.py", "listed/a.py")


def as_nobody(work: Callable[[], Any]) -> Any:
    """What this gives to a user who is not root, worked out in a copy of this process."""
    reader, writer = os.pipe()
    child = os.fork()
    if child == 0:
        with contextlib.suppress(BaseException):
            if os.geteuid() == 0:
                os.setuid(65534)
            os.write(writer, pickle.dumps(work()))
        os._exit(0)
    os.close(writer)
    with os.fdopen(reader, "rb") as answer:
        result = pickle.loads(answer.read())
    os.waitpid(child, 0)
    return result


READ: dict[str, bytes] = {
    "BOM": codecs.BOM_UTF8 + GOOD,
    "CRLF": GOOD.replace(b"\n", b"\r\n"),
    "CR only": GOOD.replace(b"\n", b"\r"),
    "mixed line ends": b"import torch\r\nx = 1\ry = torch.cuda.Stream()\n",
    "form feeds": b"\x0cimport torch\n\x0c\nx = torch.cuda.Stream()\n",
    "latin-1 that says so": b"# coding: latin-1\n" + GOOD + b"# \xe9\n",
    "no line end": GOOD.rstrip(),
    "tabs": b"import torch\ndef f():\n\treturn torch.cuda.Stream()\n",
    "vertical tab and other separators": GOOD + b"s = '\x0b \xc2\x85 \xe2\x80\xa8'\n",
    "control characters in a string": GOOD + b"s = '\x1b[31m\x07'\n",
    "backslash continuation": b"import torch\nx = \\\n    torch.cuda.Stream()\n",
    "astral characters": "import torch\nx = '𝕏𝕐', torch.cuda.Stream()\n".encode(),
    "a long line": b"import torch\nx = [" + b"1, " * 5_000 + b"torch.cuda.Stream()]\n",
    "many lines": b"import torch\n" + b"x = 1\n" * 5_000 + b"y = torch.cuda.Stream()\n",
    "a newer grammar": b"import torch\ntype X = int\nx = torch.cuda.Stream()\n",
}

UNREAD: dict[str, tuple[bytes, str]] = {
    "NUL bytes": (GOOD + b"\0", "NUL"),
    "binary": (bytes(range(256)) * 40, "NUL"),
    "undecodable bytes": (GOOD + b"# \xff\xfe\n", "utf-8"),
    "UTF-16": (codecs.BOM_UTF16_LE + GOOD.decode().encode("utf-16-le"), "UTF-16"),
    "UTF-32": (GOOD.decode().encode("utf-32"), "UTF-16"),
    "an unknown encoding": (b"# coding: klingon\n" + GOOD, "encoding"),
    "an encoding that is no text": (b"# coding: hex\n" + GOOD, "encoding"),
    "Python 2": (GOOD + b"print 'x'\n", "Python 2"),
    "a syntax error": (GOOD + b"def f(:\n", "line 3"),
    "a bracket that stays open": (GOOD + b"f(\n", "never closed"),
    "bad indentation": (GOOD + b"  y = 1\n", "indent"),
    "a merge conflict": (GOOD + b"<<<<<<< HEAD\n=======\n>>>>>>> x\n", "line 3"),
    "a string that stays open": (GOOD + b"s = '''\n", "line 3"),
    "2000 nested brackets": (GOOD + b"x = " + b"(" * 2_000 + b")" * 2_000 + b"\n", "nest"),
    "20 MB of data": (GOOD + b"DATA = [\n" + b"0x00ff, " * 2_500_000 + b"]\n", "generated"),
}

EITHER: dict[str, bytes] = {
    "a sum of 5000 terms": GOOD + b"x = " + b"1 + " * 5_000 + b"1\n",
    "a chain of 3000 calls": GOOD + b"x = y" + b".f()" * 3_000 + b"\n",
    "2000 elif": GOOD + b"if a: pass\n" + b"elif b: pass\n" * 2_000,
    "95 nested blocks": GOOD
    + b"".join(b" " * n + b"if x:\n" for n in range(95))
    + b" " * 95
    + b"y\n",
    "3000 nested lists": GOOD + b"x = " + b"[" * 3_000 + b"]" * 3_000 + b"\n",
    "1000 unary operators": GOOD + b"x = " + b"-" * 1_000 + b"1\n",
    "1000 nots": GOOD + b"x = " + b"not " * 1_000 + b"1\n",
    "500 nested lambdas": GOOD + b"x = " + b"lambda: " * 500 + b"1\n",
    "80 nested f-strings": GOOD + b"x = " + b"f'{" * 80 + b"1" + b"}'" * 80 + b"\n",
    "150 nested calls": GOOD + b"x = " + b"f(" * 150 + b"torch.float64" + b")" * 150 + b"\n",
    "surrogates by an encoding": b"# coding: raw_unicode_escape\n" + GOOD + b"s = '\\ud800'\n",
    "UTF-7": b"# coding: utf-7\n" + GOOD,
    "punycode": b"# coding: punycode\n" + GOOD + b"\xe9-\n",
    "IDNA": b"# coding: idna\n" + GOOD,
    "UTF-8 with a coding of latin-1 and a BOM": codecs.BOM_UTF8 + b"# coding: latin-1\n" + GOOD,
    "a null statement": b";" + GOOD,
    "Python 2 exceptions, which Python 3.14 reads": GOOD + b"try: pass\nexcept A, e: pass\n",
    "an odd future": b"from __future__ import torch\n" + GOOD,
    "return outside": GOOD + b"return 1\n",
    "await outside": GOOD + b"await x\n",
    "a walrus and a match": GOOD + b"match (y := x):\n    case _: pass\n",
    "only a comment": b"# torch.cuda.Stream\n",
    "only a line end": b"\n",
    "nothing": b"",
    "identifiers that normalise": "import torch\nx = torch.cuda.Ｓtream()\n".encode(),
    "names of many kinds": "import torch as トーチ\nx = トーチ.cuda.Stream()\n".encode(),
}


@pytest.mark.parametrize("data", READ.values(), ids=READ.keys())
def test_it_is_read(data: bytes, repo: pathlib.Path) -> None:
    (repo / "odd.py").write_bytes(data)
    assert found(repo) == ({"good.py", "odd.py"}, {})


@pytest.mark.parametrize(("data", "reason"), UNREAD.values(), ids=UNREAD.keys())
def test_it_is_named_with_the_reason(data: bytes, reason: str, repo: pathlib.Path) -> None:
    (repo / "odd.py").write_bytes(data)
    paths, reasons = found(repo)
    assert paths == {"good.py"} and set(reasons) == {"odd.py"}
    assert reason in reasons["odd.py"]


@pytest.mark.parametrize("data", EITHER.values(), ids=EITHER.keys())
def test_it_is_read_or_named(data: bytes, repo: pathlib.Path) -> None:
    (repo / "odd.py").write_bytes(data)
    paths, reasons = found(repo)
    assert "good.py" in paths and set(reasons) <= {"odd.py"}
    assert not any("internal error" in reason for reason in reasons.values())


@given(st.binary(max_size=200) | st.text(max_size=100).map(lambda t: t.encode("utf-8", "ignore")))
def test_any_bytes_are_text_or_unreadable(data: bytes) -> None:
    try:
        text = decode(data)
    except Unreadable:
        return
    text.encode("utf-8")
    assert "\r" not in text and "\0" not in text


@pytest.mark.parametrize("encoding", sorted(set(aliases.values())))
def test_any_encoding_is_text_or_unreadable(encoding: str) -> None:
    for tail in (b"", b"\xe9\xff\n", b"\\ud800 +AGE- \xe9-\n", b"=FF\x80"):
        try:
            text = decode(f"# coding: {encoding}\n".encode() + GOOD + tail)
        except Unreadable:
            continue
        text.encode("utf-8")


class TestPlaces:
    """What lies in a folder without being a plain file."""

    def test_a_missing_path_is_a_usage_error(self, repo: pathlib.Path) -> None:
        for words in (["nowhere"], ["good.py", "nowhere"], ["good.py/x"]):
            done = portlint("check", *words, cwd=repo)
            assert done.code == 2 and done.out == ""
            assert "there is no such file or folder" in done.err

    def test_links_in_circles(self, repo: pathlib.Path) -> None:
        (repo / "loop").symlink_to(repo)
        (repo / "a.py").symlink_to("b.py")
        (repo / "b.py").symlink_to("a.py")
        (repo / "gone.py").symlink_to("nothing.py")
        (repo / "twin.py").symlink_to("good.py")
        assert found(repo) == ({"good.py"}, {})
        done = portlint("check", "a.py", cwd=repo)
        assert done.code == 2 and "a.py: cannot be read" in done.err

    def test_a_link_out_of_the_folder_is_named_and_followed_only_where_it_is_asked_for(
        self, repo: pathlib.Path, tmp_path: pathlib.Path
    ) -> None:
        (tmp_path / "other.py").write_bytes(GOOD)
        (repo / "link.py").symlink_to(tmp_path / "other.py")
        out = {"link.py": "is a link out of the folder: it is not followed"}
        assert found(repo) == ({"good.py"}, out)
        assert found(repo, "link.py") == ({"link.py"}, {})

    def test_a_link_into_another_folder_that_is_looked_at_is_followed(
        self, repo: pathlib.Path
    ) -> None:
        stub.write(repo, {"a/x.py": "", "b/y.py": GOOD.decode(), "c/z.py": GOOD.decode()})
        (repo / "a" / "link.py").symlink_to(repo / "c" / "z.py")
        assert found(repo, "a", "b") == ({"a/link.py", "b/y.py"}, {})

    def test_a_fifo_is_not_waited_for(self, repo: pathlib.Path) -> None:
        os.mkfifo(repo / "pipe.py")
        os.mkfifo(repo / ".gitignore")
        os.mkfifo(repo / "pyproject.toml")
        paths, reasons = found(repo)
        assert paths == {"good.py"}
        assert reasons == dict.fromkeys(("pipe.py", "pyproject.toml"), "is not a regular file")
        assert found(repo, "pipe.py")[1] == {"pipe.py": "is not a regular file"}

    def test_a_folder_named_like_a_module(self, repo: pathlib.Path) -> None:
        (repo / "x.py").mkdir()
        (repo / "x.py" / "inside.py").write_bytes(GOOD)
        assert found(repo) == ({"good.py", "x.py/inside.py"}, {})

    def test_what_may_not_be_read(self) -> None:
        with tempfile.TemporaryDirectory() as folder:
            root = stub.write(pathlib.Path(folder), dict.fromkeys(CLOSED, GOOD.decode()))
            (root / "portlint.toml").touch()
            assert set(found(root)[0]) == set(CLOSED)  # and loads all it needs
            root.chmod(0o755)
            (root / "secret.py").chmod(0)
            (root / "closed").chmod(0)
            (root / "listed").chmod(0o444)
            paths, reasons = as_nobody(lambda: found(root))
            assert (set(paths), set(reasons)) == (
                {"good.py"},
                {"secret.py", "closed/", "listed/a.py"},
            )
            assert as_nobody(lambda: found(root, "secret.py"))[1].keys() == {"secret.py"}
            code = as_nobody(lambda: portlint("check", "closed/a.py", cwd=root).code)
            assert code == 2

    def test_a_file_that_fails_while_it_is_read(
        self, repo: pathlib.Path, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        (repo / "odd.py").write_bytes(GOOD)

        def failing(path: str, limit: int) -> bytes:
            if pathlib.Path(path).name == "odd.py":
                raise PermissionError(13, "Permission denied")
            return contents(path, limit)

        monkeypatch.setattr("portlint.passes.contents", failing)
        assert found(repo) == ({"good.py"}, {"odd.py": "cannot be read: Permission denied"})

    def test_names_that_are_no_utf8(self, repo: pathlib.Path) -> None:
        for name in (b"a\xff.py", b"a\xfe.py"):
            (repo / os.fsdecode(name)).write_bytes(GOOD)
        assert found(repo) == ({"good.py", "a\\xff.py", "a\\xfe.py"}, {})

    def test_names_with_control_characters(self, repo: pathlib.Path) -> None:
        (repo / "a\nb\x1b[31m.py").write_bytes(GOOD)
        done = portlint("check", "--format", "concise", cwd=repo)
        assert len(done.out.splitlines()) == 2 and "\x1b" not in done.out
        assert "a\\nb\\x1b[31m.py:2:5: breaks" in done.out

    def test_names_that_start_with_a_dash(self, repo: pathlib.Path) -> None:
        (repo / "-x.py").write_bytes(GOOD)
        assert found(repo, "--", "-x.py")[0] == {"-x.py"}
        assert "-x.py" in found(repo)[0]

    def test_an_empty_repository(self, tmp_path: pathlib.Path) -> None:
        report = check(tmp_path).json
        assert report["findings"] == report["not_analysed"] == []
        assert (report["summary"]["files"], report["summary"]["difficulty"]) == (0, "ready")

    def test_a_file_of_no_known_kind_is_named_when_it_is_asked_for(
        self, repo: pathlib.Path
    ) -> None:
        (repo / "notes.txt").write_text("torch.cuda.Stream")
        (repo / "train").write_bytes(b"#!/usr/bin/env python3\n" + GOOD)
        assert found(repo)[1] == {}
        _, reasons = found(repo, "notes.txt")
        assert reasons == {"notes.txt": "is no kind of file that portlint reads"}
        assert found(repo, "train") == ({"train"}, {})

    def test_a_notebook_that_is_none_says_why(self, repo: pathlib.Path) -> None:
        for text, why in (
            ("{}", "is no notebook: it has no list of cells"),
            ("[" * 100_000, "is no notebook, for it is not JSON"),
            ("not JSON", "is no notebook, for it is not JSON"),
            ('{"cells": [], "metadata": {"kernelspec": {"language": "R"}}}', "in r, which"),
        ):
            (repo / "a.ipynb").write_text(text)
            assert why in found(repo)[1]["a.ipynb"]


IGNORED = {
    ".gitignore": "out/\n*.gen.py\n!keep.gen.py\n!\n",
    "out/a.py": "import fastkernel\n",
    "b.gen.py": "import fastkernel\n",
    "keep.gen.py": "import fastkernel\n",
    "sub/.gitignore": "c.py\n!d.gen.py\n",
    "sub/c.py": "import fastkernel\n",
    "sub/d.gen.py": "import fastkernel\n",
    "c.py": "import fastkernel\n",
}


class TestGit:
    def git(self, *words: str, cwd: pathlib.Path) -> None:
        name = ["-c", "user.name=x", "-c", "user.email=x@example.org"]
        subprocess.run(["git", *name, *words], cwd=cwd, check=True, capture_output=True)

    @pytest.mark.parametrize("git", [True, False])
    def test_gitignore_counts_with_and_without_git(
        self, git: bool, repo: pathlib.Path, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        stub.write(repo, IGNORED)
        if git:
            self.git("init", "-q", cwd=repo)
        else:
            monkeypatch.setenv("PATH", "")
        assert found(repo)[0] == {"good.py", "keep.gen.py", "c.py", "sub/d.gen.py"}

    def test_an_ignored_folder_that_is_asked_for_is_read(self, repo: pathlib.Path) -> None:
        stub.write(repo, IGNORED)
        self.git("init", "-q", cwd=repo)
        assert found(repo, "out")[0] == {"a.py"}

    def test_a_deleted_file_is_no_matter(self, repo: pathlib.Path) -> None:
        (repo / "old.py").write_bytes(GOOD)
        self.git("init", "-q", cwd=repo)
        self.git("add", "-A", cwd=repo)
        (repo / "old.py").unlink()
        assert found(repo) == ({"good.py"}, {})

    def test_a_hook_of_another_repository_does_not_confuse(
        self, repo: pathlib.Path, tmp_path: pathlib.Path, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        (tmp_path / "other").mkdir()
        self.git("init", "-q", cwd=tmp_path / "other")
        self.git("init", "-q", cwd=repo)
        monkeypatch.setenv("GIT_DIR", str(tmp_path / "other" / ".git"))
        monkeypatch.setenv("GIT_INDEX_FILE", str(tmp_path / "other" / ".git" / "index"))
        assert found(repo)[0] == {"good.py"}

    def test_a_repository_inside_is_named_as_skipped(self, repo: pathlib.Path) -> None:
        self.git("init", "-q", cwd=repo)
        stub.write(repo, {"inner/a.py": "import fastkernel\n"})
        self.git("init", "-q", cwd=repo / "inner")
        assert found(repo)[0] == {"good.py"}
        shown = portlint("check", "--show-files", cwd=repo).out
        assert "skipped      inner/ (a git repository of its own)" in shown

    def test_settings_of_the_repository_run_nothing(
        self, repo: pathlib.Path, tmp_path: pathlib.Path
    ) -> None:
        marker = tmp_path / "marker"
        script = tmp_path / "run"
        script.write_text(f"#!/bin/sh\ntouch {marker}\n")
        script.chmod(0o755)
        self.git("init", "-q", cwd=repo)
        for key in ("core.fsmonitor", "core.pager", "core.sshCommand", "diff.external"):
            self.git("config", key, str(script), cwd=repo)
        marker.unlink(missing_ok=True)
        check(repo)
        assert not marker.exists()


class TestOtherFiles:
    @pytest.mark.parametrize(
        ("name", "data"),
        [
            ("pyproject.toml", b"[project\n"),
            ("pyproject.toml", b"\xff\xfe"),
            ("pyproject.toml", b"project = 3\ntool = 4\n"),
            ("deploy.yaml", b"a: [1, 2\nb: }\n"),
            ("deploy.yaml", b"a: *nobody\n"),
            ("deploy.yaml", b"a: !!python/object/apply:os.system ['touch x']\n"),
            ("deploy.yaml", b"a: &a [*a, *a]\n"),
            ("deploy.yaml", b"\t- x\n"),
            ("deploy.yaml", b"a: \x00\n"),
            ("deploy.yaml", b"{{ template }}\n  : - \n"),
            ("deploy.yaml", b"[" * 3_000),
            ("deploy.yaml", b"a:\n" + b"".join(b" " * n + b"a:\n" for n in range(1, 400))),
            ("setup.cfg", b"no section\n"),
            ("requirements.txt", b"torch==\n-r missing.txt\n-r requirements.txt\n@@@\n"),
            ("Dockerfile", b"FROM\nRUN [\nCOPY --from\n\\"),
            ("run.sh", b"if [ ; then 'open\n$(((\n"),
            ("run.sh", b"\xff\xfe\x00"),
            ("main.tf", b'resource {\n"\n'),
            ("kernel.cu", b"__global__ void f(\n#if\n/* open\n"),
            ("kernel.cu", b"// \xe9 latin-1\n__global__ void f();\n"),
            ("setup.py", b"from setuptools import setup\nsetup(**{\n"),
            ("setup.py", b"setup(install_requires=" + b"[" * 150 + b"]" * 150 + b")\n"),
        ],
    )
    def test_broken_or_not_it_is_read_or_named(
        self, name: str, data: bytes, repo: pathlib.Path
    ) -> None:
        (repo / name).write_bytes(data)
        paths, reasons = found(repo)
        assert "good.py" in paths and set(reasons) <= {name}
        assert not any("internal error" in reason for reason in reasons.values())

    @pytest.mark.parametrize(
        "name",
        ["big.yaml", "Dockerfile", "run.sh", "kernel.cu", "requirements.txt", "pyproject.toml"],
    )
    def test_much_of_it_ends_in_time(self, name: str, repo: pathlib.Path) -> None:
        (repo / name).write_bytes(b"a: {b: [1, 2, 3], c: 'x y'} # == -- \\\n" * 120_000)
        paths, reasons = found(repo)
        assert paths == {"good.py"} and set(reasons) == {name}

    def test_a_configuration_that_is_not_toml_is_told_once(self, repo: pathlib.Path) -> None:
        (repo / "pyproject.toml").write_text("[tool.portlint\n")
        report = check(repo).json
        assert [item["path"] for item in report["not_analysed"]] == ["pyproject.toml"]


RUN_BY_OTHERS = """
marker.py setup.py conftest.py tests/conftest.py sitecustomize.py usercustomize.py noxfile.py
torch.py libcst/__init__.py portlint/__init__.py encodings/utf_8.py pkg/__init__.py
""".split()
"""Files that some tool imports or runs, or that stand where an import would find them."""


def test_audited_code_is_neither_imported_nor_executed(
    repo: pathlib.Path, tmp_path: pathlib.Path
) -> None:
    """In a process of its own, started inside the repository as a user would."""
    marker = tmp_path / "marker"
    mark = f"import pathlib\npathlib.Path({str(marker)!r}).touch()\nimport torch\n"
    stub.write(repo, dict.fromkeys(RUN_BY_OTHERS, f"{mark}import pkg\ntorch.zeros(1).cuda()\n"))
    command = [sys.executable, "-P", "-c", "from portlint.cli import main; main()"]
    done = subprocess.run(
        [*command, "check", ".", "--format", "concise"],
        cwd=repo,
        env=os.environ | {"PYTHONPATH": str(pathlib.Path(__file__).parent.parent)},
        capture_output=True,
        text=True,
        timeout=60,
    )
    assert done.returncode == 1, done.stderr
    reported = {line.split(":")[0] for line in done.stdout.splitlines()}
    assert reported >= set(RUN_BY_OTHERS) and not marker.exists()


@pytest.fixture
def crash(monkeypatch: pytest.MonkeyPatch) -> Callable[[str], None]:
    """Let the parser take its process along on one file."""
    from portlint.source.analyse import analyse

    def arrange(name: str) -> None:
        def dying(text: str, path: str, *rest: object) -> object:
            if path == name:
                os._exit(139)
            return analyse(text, path, *rest)  # type: ignore[arg-type]

        monkeypatch.setattr("portlint.passes.analyse_source", dying)
        monkeypatch.setattr("portlint.spread.PARALLEL", 0)

    return arrange


def test_a_file_that_kills_its_worker_is_named(
    crash: Callable[[str], None], repo: pathlib.Path
) -> None:
    crash("odd.py")
    (repo / "odd.py").write_bytes(GOOD)
    done = portlint("check", "--format", "json", "--jobs", "2", cwd=repo)
    assert done.code == 1
    assert [i["path"] for i in done.json["not_analysed"]] == ["odd.py"]
    assert {f["path"] for f in done.json["findings"]} == {"good.py"}
