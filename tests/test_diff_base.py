"""--diff-base: what a branch brings, on lines it changed and elsewhere; git is only read."""

import hashlib
import os
import pathlib
import sys

import hypothesis
import msgspec
import pytest
from hypothesis import strategies as st

from portlint.baseline import git
from portlint.baseline.earlier import Lines, _old
from portlint.baseline.lines import changed
from portlint.discover import File
from portlint.report import Report
from tests import stub
from tests.invoke import Done, portlint
from tests.scratch import Repository
from tests.test_baseline import CODE, FILLING, GUARDED, program

STREAM = "import torch\n\n\ndef f():\n    return torch.cuda.Stream()\n"
BRANCH = {"GIT_CONFIG_GLOBAL": os.devnull, "GIT_CONFIG_SYSTEM": os.devnull}


@pytest.fixture(autouse=True)
def _stub(monkeypatch: pytest.MonkeyPatch) -> None:
    stub.use_stub_rules(monkeypatch)


@pytest.fixture
def repo(tmp_path: pathlib.Path) -> Repository:
    """A repository with one commit on `main`, and a branch."""
    made = Repository(tmp_path / "repo")
    made.commit(stub.REPOSITORY | {"portlint.toml": ""})
    made.git("checkout", "--quiet", "-b", "branch")
    return made


def check(repo: Repository, *flags: str, base: str = "main") -> Done:
    return portlint("check", "--diff-base", base, *flags, cwd=repo.folder, env=BRANCH)


def new(repo: Repository, *flags: str, base: str = "main") -> list[str]:
    """Places of what is new: `a.py:3 NEU110`."""
    done = check(repo, "--format", "json", *flags, base=base)
    assert done.code in (0, 1), done.err
    found = msgspec.json.decode(done.out, type=Report).findings
    return [f"{f.path}:{f.line} {f.rule}" for f in found if not f.baselined]


def edit(repo: Repository, name: str, old: str, text: str) -> None:
    file = repo.folder / name
    before = file.read_text(encoding="utf-8")
    assert old in before
    file.write_text(before.replace(old, text, 1), encoding="utf-8")


class TestNew:
    def test_nothing_changed(self, repo: Repository) -> None:
        done = check(repo)
        assert (done.code, done.err) == (0, "") and "15 earlier findings not shown" in done.out

    def test_a_line_that_was_added(self, repo: Repository) -> None:
        edit(repo, "model.py", "def forward", "dtype = torch.float64\n\n\ndef forward")
        assert new(repo) == ["model.py:5 NEU510"]
        assert check(repo).code == 0 and check(repo, "--fail-on", "accuracy").code == 1

    def test_a_line_that_was_edited(self, repo: Repository) -> None:
        edit(repo, "model.py", "side = torch", "other = torch")
        assert new(repo) == ["model.py:6 NEU110"]

    def test_a_statement_that_was_edited_below_its_first_line(self, repo: Repository) -> None:
        call = "import torch\n\nx = (\n    torch\n    {}.cuda\n    .Stream(1)\n)\n"
        repo.commit({"call.py": call.replace("{}", "")})
        repo.write({"call.py": call.replace("{}", "# why\n    ")})
        assert new(repo, base="HEAD") == []
        repo.write({"call.py": call.replace("{}", "").replace("1", "2")})
        assert new(repo, base="HEAD") == ["call.py:4 NEU110"]

    @pytest.mark.parametrize("state", ["untracked", "staged", "committed"])
    def test_files_in_every_state(self, state: str, repo: Repository) -> None:
        repo.write({"new.py": STREAM})
        if state != "untracked":
            repo.git("add", "new.py")
        if state == "committed":
            repo.commit({})
        assert new(repo) == ["new.py:5 NEU110"]

    def test_what_a_change_above_creates(self, repo: Repository) -> None:
        repo.commit({"a.py": GUARDED})
        repo.commit({"a.py": GUARDED.replace("torch.cuda.is_available()", "True")})
        assert new(repo, base="HEAD~1") == ["a.py:4 NEU110"]

    def test_what_a_change_in_another_file_creates(self, repo: Repository) -> None:
        user = "from lib import Stream\n\n\ndef f():\n    return Stream()\n"
        repo.commit({"lib.py": "from own import Stream\n", "user.py": user})
        assert new(repo, "--select", "NEU1") == []
        repo.commit({"lib.py": "from torch.cuda import Stream\n"})
        assert "user.py:5 NEU110" in new(repo, "--select", "NEU1")

    def test_what_loses_its_comment(self, repo: Repository) -> None:
        line = "torch.cuda.Stream()  # portlint: ignore[NEU110] later\n"
        repo.commit({"a.py": f"import torch\n\n{line}"})
        edit(repo, "a.py", "  # portlint: ignore[NEU110] later", "")
        assert new(repo, base="HEAD") == ["a.py:3 NEU110"]

    def test_of_two_equal_lines_the_one_that_was_written(self, repo: Repository) -> None:
        more = "print(1)\ntorch.cuda.Stream()\nprint(2)\ntorch.cuda"
        edit(repo, "tests/test_model.py", "torch.cuda", more)
        assert new(repo) == ["tests/test_model.py:4 NEU110"]

    @pytest.mark.parametrize("name", ["a b: 100%, [x].py", "数据/模型.py", "-q.py", '"q"\\.py'])
    def test_a_path_may_be_odd(self, name: str, repo: Repository) -> None:
        repo.commit({name: STREAM})
        assert new(repo, base="HEAD") == []
        edit(repo, name, "return", "x = 0\n    return x or")
        assert [place.endswith(":6 NEU110") for place in new(repo, base="HEAD")] == [True]

    def test_what_is_new_counts_from_where_the_branch_left(self, repo: Repository) -> None:
        repo.commit({"mine.py": STREAM})
        repo.git("checkout", "--quiet", "main")
        repo.commit({"theirs.py": STREAM, "model.py": "x = 1\n"})
        repo.git("checkout", "--quiet", "branch")
        assert new(repo) == ["mine.py:5 NEU110"]

    def test_any_name_of_a_revision_will_do(self, repo: Repository) -> None:
        repo.commit({"new.py": STREAM})
        repo.git("tag", "-a", "-m", "x", "v1", "main")
        hash_ = repo.git("rev-parse", "main").strip()
        for name in ("v1", hash_, hash_[:8], "HEAD^", "main~0", "HEAD@{1}"):
            assert new(repo, base=name) == ["new.py:5 NEU110"]
        assert new(repo, base=":/a change") == []  # the youngest: that of the branch


class TestOld:
    def test_files_that_were_renamed(self, repo: Repository) -> None:
        repo.git("mv", "model.py", "net.py")
        repo.git("mv", "tests", "test")
        assert new(repo) == []
        edit(repo, "net.py", "side", "other")
        assert new(repo) == ["net.py:6 NEU110"]

    @pytest.mark.parametrize("name", ["net.py", "deep/er/model.py"])
    def test_a_renamed_file_that_is_named(self, name: str, repo: Repository) -> None:
        (repo.folder / name).parent.mkdir(parents=True, exist_ok=True)
        (repo.folder / "model.py").rename(repo.folder / name)
        assert new(repo, name) == new(repo, "--root", ".", name) == []

    def test_a_file_that_came_from_elsewhere(self, repo: Repository) -> None:
        for folder in ("added", "tests"):
            (repo.folder / folder).mkdir(exist_ok=True)
            repo.git("mv", "optional.py", f"{folder}/optional.py")
            assert new(repo, folder) == new(repo, folder, "--root", ".") == []
            repo.git("reset", "--quiet", "--hard")

    def test_a_function_that_moved(self, repo: Repository) -> None:
        text = (repo.folder / "model.py").read_text()
        start, end = text.index("def forward"), text.index("TABLE")
        repo.write({"model.py": f"{text[:start]}{text[end:]}\n\n{text[start:end]}"})
        assert new(repo) == []
        repo.write({"model.py": text[:start] + text[end:]})
        repo.write({"other.py": f"import fastkernel\nimport torch\n\n\n{text[start:end]}"})
        assert new(repo) == ["other.py:1 NEU210"]  # a second import, and nothing of the function

    def test_spaces_and_line_ends(self, repo: Repository) -> None:
        text = (repo.folder / "model.py").read_text()
        (repo.folder / "model.py").write_bytes(text.replace("\n", "\r\n").encode())
        edit(
            repo,
            "tests/test_model.py",
            "torch.cuda.Stream()\n",
            "if True:\n    torch.cuda.Stream()\n",
        )
        assert new(repo) == []

    def test_tracked_although_ignored(self, repo: Repository) -> None:
        repo.git("add", "--all")
        repo.write({"generated/a.py": STREAM})
        repo.git("add", "--all")
        repo.commit({".gitignore": "generated/\n"})
        edit(repo, "model.py", "x, y", "y, x")
        assert all(place.startswith("model.py") for place in new(repo, base="HEAD"))

    def test_excluded_then_as_now(self, repo: Repository) -> None:
        repo.commit({"legacy/a.py": STREAM, "portlint.toml": 'extend-exclude = ["/legacy/"]\n'})
        edit(repo, "model.py", "side", "other")
        assert new(repo, base="HEAD") == ["model.py:6 NEU110"]

    def test_a_large_file_that_git_has_elsewhere(self, repo: Repository) -> None:
        """A checkpoint of Git LFS: in the commit stands a pointer."""
        name = "weights.safetensors"
        header = b'{"a":{"dtype":"F64"}}'
        data = len(header).to_bytes(8, "little") + header
        digest = hashlib.sha256(data).hexdigest()
        pointer = (
            f"version https://git-lfs.github.com/spec/v1\noid sha256:{digest}\nsize {len(data)}\n"
        )
        repo.commit({name: pointer})
        (repo.folder / name).write_bytes(data)
        repo.write({"new.py": "x = 1\n"})
        plain = portlint("check", "--format", "json", cwd=repo.folder).json
        assert new(repo, base="HEAD") == [] and name not in str(plain["not_analysed"])


class TestParts:
    def test_a_folder(self, repo: Repository) -> None:
        edit(repo, "model.py", "side", "other")
        edit(repo, "tests/test_model.py", "torch.cuda", "x = torch.cuda")
        assert new(repo, "tests") == ["test_model.py:3 NEU110"]
        inside = portlint("check", "--diff-base", "main", cwd=repo.folder / "tests", env=BRANCH)
        assert "not counted: 1 test" in inside.out and "1 earlier finding" in inside.out

    def test_a_folder_that_is_new(self, repo: Repository) -> None:
        repo.write({"added/a.py": STREAM})
        assert new(repo, "added") == ["a.py:5 NEU110"]

    def test_a_script_without_a_telling_name(self, repo: Repository) -> None:
        repo.commit({"bin/run": f"#!/usr/bin/env python\n{STREAM}"})
        repo.write({"bin/run": f"#!/usr/bin/env python\n{STREAM}torch.cuda.Stream()\n"})
        assert new(repo, "bin/run", base="HEAD") == ["run:7 NEU110"]

    def test_a_baseline_beside(self, repo: Repository) -> None:
        repo.commit({"old.py": "import torch\na = torch.cuda.Stream()\n"})
        portlint("check", "--write-baseline", "b.json", cwd=repo.folder)
        repo.write({"new.py": STREAM})
        assert new(repo) == ["new.py:5 NEU110", "old.py:2 NEU110"]
        assert new(repo, "--baseline", "b.json") == ["new.py:5 NEU110"]
        (repo.folder / "b.json").unlink()

    def test_what_only_a_model_shows_is_new_on_new_lines(self, tmp_path: pathlib.Path) -> None:
        root = stub.write(tmp_path, {"was.py": "a\nb\nc\n", "now.py": "a\nb\nd\n"})
        lines = Lines(
            {"a.py": File(root / "was.py", "a.py", "python")},
            {n: File(root / "now.py", n, "python") for n in ("a.py", "new.py")},
        )
        first = stub.report(stub.write(tmp_path / "r", {"a.py": STREAM})).findings[0]
        traced = [
            msgspec.structs.replace(first, layer="graph", path=path, line=line, end_line=line)
            for path, line in (("a.py", 1), ("a.py", 3), ("new.py", 1), ("site/x.py", 1))
        ]
        assert _old(traced, [], lines) == {0, 3}


class TestMistakes:
    @pytest.mark.parametrize(
        "name", ["nosuch", "", "-q", "--help", "main..", "main:model.py", "a b", "HEAD~99"]
    )
    def test_a_revision_that_is_none(self, name: str, repo: Repository) -> None:
        done = check(repo, base=name)
        assert (done.code, done.out) == (2, "") and done.err.count("\n") == 1
        assert "fetch-depth: 0" in done.err and "no such revision" in done.err

    def test_a_shallow_clone(self, repo: Repository, tmp_path: pathlib.Path) -> None:
        repo.commit({"new.py": STREAM})
        repo.git("checkout", "--quiet", "main")
        repo.commit({"theirs.py": STREAM})
        clone = Repository(tmp_path / "clone")
        url = f"file://{repo.folder}"
        clone.git("fetch", "--quiet", "--depth", "1", url, "main:refs/remotes/origin/main")
        clone.git("fetch", "--quiet", "--depth", "1", url, "branch")
        clone.git("checkout", "--quiet", "FETCH_HEAD")
        done = check(clone, base="origin/main")
        assert (done.code, done.out) == (2, "") and done.err.count("\n") == 1
        assert "no common ancestor" in done.err and "fetch-depth: 0" in done.err

    def test_a_clone_without_the_blobs(self, repo: Repository, tmp_path: pathlib.Path) -> None:
        repo.git("config", "uploadpack.allowFilter", "true")
        repo.git(
            "clone",
            "--quiet",
            "--no-checkout",
            "--filter=blob:none",
            f"file://{repo.folder}",
            "../part",
        )
        part = Repository(tmp_path / "part")
        part.write({"new.py": STREAM})
        done = check(part, base="HEAD")
        assert (done.code, done.out) == (2, "") and done.err.count("\n") == 1
        assert "--filter" in done.err or "git" in done.err

    def test_no_repository(self, tmp_path: pathlib.Path) -> None:
        stub.write(tmp_path / "plain", {"a.py": STREAM, "portlint.toml": ""})
        env = BRANCH | {"GIT_CEILING_DIRECTORIES": str(tmp_path)}
        done = portlint("check", "--diff-base", "main", cwd=tmp_path / "plain", env=env)
        assert (done.code, done.out) == (2, "") and "in no git repository" in done.err

    def test_no_commit(self, tmp_path: pathlib.Path) -> None:
        made = Repository(tmp_path / "empty")
        done = check(made)
        assert (done.code, done.out) == (2, "") and "no commit yet" in done.err

    def test_no_git(self, repo: Repository) -> None:
        done = portlint("check", "--diff-base", "main", cwd=repo.folder, env={"PATH": ""})
        assert (done.code, done.out) == (2, "") and "no git on the PATH" in done.err

    def test_what_has_no_revision(self, repo: Repository) -> None:
        for command in (["check", "-"], ["trace", "model.py:forward"]):
            done = portlint(*command, "--diff-base", "main", cwd=repo.folder)
            assert (done.code, done.out) == (2, "") and done.err.count("\n") == 1


class TestNothingRuns:
    def test_of_what_a_repository_configures(self, repo: Repository) -> None:
        trap = repo.folder.parent / "trap"
        mark = repo.folder.parent / "sprung"
        trap.write_text(f"#!/bin/sh\ntouch '{mark}'\ncat\n")
        trap.chmod(0o755)
        hooks = repo.folder / ".git/hooks"
        for name in ("post-checkout", "post-index-change", "reference-transaction"):
            (hooks / name).write_text(trap.read_text())
            (hooks / name).chmod(0o755)
        repo.commit({".gitattributes": "*.py filter=evil diff=evil\n"})
        mark.unlink(missing_ok=True)
        for key in ("core.fsmonitor", "diff.external", "core.pager", "core.sshCommand"):
            repo.git("config", key, str(trap))
        for key in ("filter.evil.clean", "filter.evil.smudge", "filter.evil.process"):
            repo.git("config", key, str(trap))
        for key in ("diff.evil.command", "diff.evil.textconv", "core.alternateRefsCommand"):
            repo.git("config", key, str(trap))
        repo.write({"new.py": STREAM})
        assert new(repo) == ["new.py:5 NEU110"]
        assert not mark.exists()

    def test_and_nothing_is_written(self, repo: Repository) -> None:
        edit(repo, "model.py", "side", "other")
        before = {
            path: (path.stat().st_mtime_ns, path.read_bytes())
            for path in sorted(repo.folder.rglob("*"))
            if path.is_file()
        }
        assert new(repo) == ["model.py:6 NEU110"]
        after = sorted(path for path in repo.folder.rglob("*") if path.is_file())
        assert after == list(before)
        assert before == {path: (path.stat().st_mtime_ns, path.read_bytes()) for path in after}

    def test_a_tree_made_by_hand_stays_where_it_is_put(self, repo: Repository) -> None:
        blob = repo.git("hash-object", "-w", "model.py").strip()
        inner = repo.folder.parent / "inner"
        inner.write_text(f"100644 blob {blob}\tx.py\n")
        tree = repo.run("sh", "-c", "git mktree < ../inner").stdout.strip()
        rows = [f"040000 tree {tree}\t..", f"040000 tree {tree}\t.git", f"040000 tree {tree}\tok"]
        inner.write_text("".join(f"{row}\n" for row in rows))
        top = repo.run("sh", "-c", "git mktree < ../inner").stdout.strip()
        commit = repo.git("commit-tree", "-m", "x", top).strip()
        assert [b.path for b in git.blobs(repo.folder, commit)] == ["ok/x.py"]

    def test_a_hook_of_this_repository_does_not_confuse(
        self, repo: Repository, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        repo.write({"new.py": STREAM})
        monkeypatch.setenv("GIT_DIR", "elsewhere/.git")
        monkeypatch.setenv("GIT_INDEX_FILE", "elsewhere/index")
        assert new(repo) == ["new.py:5 NEU110"]

    @pytest.mark.skipif(sys.platform == "win32", reason="links")
    def test_links_are_not_followed(self, repo: Repository) -> None:
        (repo.folder / "link.py").symlink_to("/etc/passwd")
        (repo.folder / "loop").symlink_to(".")
        repo.commit({})
        repo.write({"new.py": STREAM})
        assert new(repo, base="HEAD") == ["new.py:5 NEU110"]


class TestLines:
    @pytest.mark.parametrize(
        ("before", "now", "numbers"),
        [
            ("a\nb\n", "a\nb\n", set()),
            ("a\nb\n", "a\nc\n", {2}),
            ("a\nb\n", "x\na\nb\n", {1}),
            ("a\nb\n", "b\n", set()),
            ("a\nb\n", "a\n\n# c\n// d\nb\n", set()),
            ("a b\n", "  a   b\r\n", set()),
            ("", "a\n", {1}),
            ("a", "", set()),
            ("\xff\n", "\xff\n\xfe", {2}),
        ],
    )
    def test_the_lines_that_changed(self, before: str, now: str, numbers: set[int]) -> None:
        assert changed(before.encode("latin-1"), now.encode("latin-1")) == numbers


@hypothesis.settings(
    max_examples=15, suppress_health_check=[hypothesis.HealthCheck.function_scoped_fixture]
)
@hypothesis.given(CODE, st.data())
def test_only_what_is_written_anew_is_new(
    tmp_path_factory: pytest.TempPathFactory, code: dict[str, list[str]], data: st.DataObject
) -> None:
    """Lines inserted, functions in another order, files with new names: nothing is new."""
    repo = Repository(tmp_path_factory.mktemp("scratch") / "repo")
    plain = {n: program(b, list(range(len(b))), [""] * len(b)) for n, b in code.items()}
    repo.commit(plain | {"portlint.toml": ""})
    written = []
    for name, bodies in code.items():
        (repo.folder / name).unlink()
        order = data.draw(st.permutations(range(len(bodies))))
        filling = data.draw(st.lists(FILLING, min_size=len(bodies), max_size=len(bodies)))
        written.append(name if data.draw(st.booleans()) else f"moved/{name}")
        repo.write({written[-1]: program(bodies, order, filling)})
    assert new(repo, base="HEAD") == []
    target = data.draw(st.sampled_from(written))
    edit(repo, target, "import torch\n\n", "import torch\n\ntorch.cuda.Stream()\n")
    assert new(repo, base="HEAD") == [f"{target}:4 NEU110"]
