"""Flags and configuration files: what is found, what wins, and every mistake at once."""

import pathlib

import pytest

from portlint import catalog, config
from portlint.config import Config
from portlint.errors import UsageError
from tests import stub
from tests.invoke import portlint


@pytest.fixture(autouse=True)
def _stub(monkeypatch: pytest.MonkeyPatch) -> None:
    stub.use_stub_rules(monkeypatch)


def read(
    path: pathlib.Path, file: pathlib.Path | None = None, **flags: object
) -> tuple[Config, str | None]:
    return config.read((path,), flags, file, catalog.shipped().rules)


def faults(path: pathlib.Path, file: pathlib.Path | None = None, **flags: object) -> list[str]:
    with pytest.raises(UsageError) as caught:
        read(path, file, **flags)
    return str(caught.value).split("\n")


PYPROJECT = """\
[tool.portlint]
chip = "trn3"
stack = "vllm"
workload = "inference"
select = ["NEU1", "stub-sync"]
ignore = ["NEU2"]
extend-exclude = ["generated/"]
per-file-ignores = {"model.py" = ["NEU110"]}
models = ["model.py:forward"]
min-confidence = "derived"
include = ["test"]
fail-on = "slow"
max-score = 30
"""


class TestFinding:
    def test_every_key_is_read(self, tmp_path: pathlib.Path) -> None:
        (tmp_path / "pyproject.toml").write_text(PYPROJECT)
        found, remark = read(tmp_path)
        assert remark is None
        assert (found.target.chip, found.target.stack) == ("trn3", "vllm")
        assert found.select == ("NEU1", "stub-sync") and found.ignore == ("NEU2",)
        assert found.per_file_ignores == (("model.py", ("NEU110",)),)
        assert found.extend_exclude == ("generated/",) and found.include == {"test"}
        assert (found.fail_on, found.max_score, found.min_confidence) == ("slow", 30, "derived")
        assert found.models == (), "a configuration alone runs nothing"
        assert read(tmp_path, trace=True)[0].models == ("model.py:forward",)

    def test_the_nearest_file_upward_counts(self, tmp_path: pathlib.Path) -> None:
        stub.write(
            tmp_path,
            {
                "pyproject.toml": '[tool.portlint]\nchip = "trn3"\n',
                "a/pyproject.toml": "[project]\nname = 'a'\n",
                "a/b/portlint.toml": 'chip = "inf2"\n',
                "a/b/pyproject.toml": '[tool.portlint]\nchip = "trn1"\n',
                "a/b/c/code.py": "",
            },
        )
        assert read(tmp_path / "a/b/c")[0].target.chip == "inf2"
        assert read(tmp_path / "a/b/c/code.py")[0].target.chip == "inf2"
        assert read(tmp_path / "a")[0].target.chip == "trn3"

    def test_an_empty_file_means_defaults_and_ends_the_search(self, tmp_path: pathlib.Path) -> None:
        stub.write(tmp_path, {"portlint.toml": 'chip = "trn3"\n', "a/portlint.toml": ""})
        found, _ = read(tmp_path / "a")
        assert found.target.chip == "trn2" and found.fail_on == "breaks"

    def test_a_named_file_replaces_the_search(self, tmp_path: pathlib.Path) -> None:
        stub.write(
            tmp_path,
            {"portlint.toml": 'chip = "trn3"\n', "ci.toml": 'chip = "inf2"\n', "empty.toml": ""},
        )
        assert read(tmp_path, tmp_path / "ci.toml")[0].target.chip == "inf2"
        assert read(tmp_path, tmp_path / "empty.toml")[0].target.chip == "trn2"
        done = portlint("check", "--config", "ci.toml", "--show-settings", cwd=tmp_path)
        assert done.json["target"]["chip"] == "inf2"

    def test_a_named_pyproject_is_read_at_its_table(self, tmp_path: pathlib.Path) -> None:
        (tmp_path / "pyproject.toml").write_text(PYPROJECT)
        assert read(tmp_path, tmp_path / "pyproject.toml")[0].target.chip == "trn3"
        (tmp_path / "pyproject.toml").write_text("tool = 3\n")
        assert read(tmp_path, tmp_path / "pyproject.toml")[0].target.chip == "trn2"

    def test_flags_win(self, tmp_path: pathlib.Path) -> None:
        (tmp_path / "pyproject.toml").write_text(PYPROJECT)
        found, _ = read(tmp_path, chip="trn2", select=("NEU6",), max_score=0, fail_on="never")
        assert (found.target.chip, found.select, found.max_score) == ("trn2", ("NEU6",), 0)
        assert found.fail_on == "never" and found.ignore == ("NEU2",)


class TestMistakes:
    def test_all_are_told_at_once_with_file_and_key(self, tmp_path: pathlib.Path) -> None:
        (tmp_path / "portlint.toml").write_text(
            'chipp = "trn2"\nselect = "NEU1"\nmax-score = "many"\nfail-on = "bad"\n'
            'ignore = ["NEU999", "nothing"]\nbaseline = "b.json"\nextend-exclude = ["!"]\n'
        )
        told = faults(tmp_path, include=("guarded", "live"), workload="dreaming")
        text = "\n".join(told)
        assert text.count("portlint.toml: key '") == 3
        for part in ("'chipp'", "'select'", "'max-score'", "b.json: there is", "fail-on 'bad'"):
            assert part in text
        for part in ("'NEU999'", "'nothing'", "extend-exclude '!'", "include 'live'", "'dreaming'"):
            assert part in text
        assert len(told) == 10

    def test_the_command_line_shows_each_on_a_line(self, tmp_path: pathlib.Path) -> None:
        (tmp_path / "portlint.toml").write_text("a = 1\nb = 2\n")
        done = portlint("check", cwd=tmp_path)
        assert done.code == 2 and done.out == ""
        assert all(line.startswith("error: ") for line in done.err.splitlines())
        assert len(done.err.splitlines()) == 2

    @pytest.mark.parametrize(
        ("key", "value"),
        [
            ("chip", "1"),
            ("select", "[1]"),
            ("per-file-ignores", "['a']"),
            ("per-file-ignores", "{a = 'NEU1'}"),
            ("per-file-ignores", "{a = ['NEU9']}"),
            ("max-score", "101"),
            ("max-score", "-1"),
            ("max-score", "true"),
            ("min-confidence", "'sure'"),
            ("sdk", "2.33"),
            ("sdk", "'new'"),
            ("chip", "'trn9'"),
            ("stack", "'tpu'"),
            ("extend_exclude", "['a']"),
        ],
    )
    def test_a_wrong_value(self, key: str, value: str, tmp_path: pathlib.Path) -> None:
        (tmp_path / "portlint.toml").write_text(f"{key} = {value}\n")
        (fault,) = faults(tmp_path)
        assert key.replace("_", "-") in fault.replace("_", "-") or "selects no rule" in fault

    @pytest.mark.parametrize("text", ["chip = ", "\x00", "[tool", "chip = 'a'\nchip = 'b'\n"])
    def test_broken_toml_of_our_own_is_an_error(self, text: str, tmp_path: pathlib.Path) -> None:
        (tmp_path / "portlint.toml").write_text(text)
        (fault,) = faults(tmp_path)
        assert "portlint.toml: is not TOML" in fault
        (fault,) = faults(tmp_path, tmp_path / "portlint.toml")
        assert "is not TOML" in fault

    def test_a_broken_pyproject_is_no_configuration(self, tmp_path: pathlib.Path) -> None:
        stub.write(tmp_path, {"pyproject.toml": "[tool.portlint\n", "a/code.py": "x = 1\n"})
        for cwd, path in ((tmp_path, "pyproject.toml"), (tmp_path / "a", "../pyproject.toml")):
            done = portlint("check", "--format", "json", cwd=cwd)
            (item,) = done.json["not_analysed"]
            assert done.code == 0 and item["path"] == path and "TOML" in item["reason"]
            assert done.json["summary"]["files"] == 1

    @pytest.mark.parametrize("name", ["missing.toml", "."])
    def test_a_named_file_that_cannot_be_read(self, name: str, tmp_path: pathlib.Path) -> None:
        (fault,) = faults(tmp_path, tmp_path / name)
        assert "cannot be read" in fault

    @pytest.mark.parametrize("text", ["tool.portlint = 3", "[[tool.portlint]]"])
    def test_a_table_that_is_none(self, text: str, tmp_path: pathlib.Path) -> None:
        (tmp_path / "pyproject.toml").write_text(f"{text}\n")
        assert "must be a table" in faults(tmp_path)[0]
        assert "must be a table" in faults(tmp_path, tmp_path / "pyproject.toml")[0]

    def test_a_file_that_is_not_utf8(self, tmp_path: pathlib.Path) -> None:
        (tmp_path / "portlint.toml").write_bytes(b"# \xff\n")
        assert "is not TOML" in faults(tmp_path)[0]


class TestFiles:
    def paths(self, root: pathlib.Path, *flags: str) -> set[str]:
        done = portlint("check", "--format", "json", *flags, cwd=root)
        return {finding["path"] for finding in done.json["findings"]}

    @pytest.fixture
    def repo(self, tmp_path: pathlib.Path) -> pathlib.Path:
        code = "import fastkernel\n"
        return stub.write(tmp_path, {"a.py": code, "gen/b.py": code, "lib/gen/c.py": code})

    def test_per_file_ignores_are_gitignore_patterns(self, repo: pathlib.Path) -> None:
        for pattern, left in (
            ("gen/", {"a.py"}),
            ("/gen/", {"a.py", "lib/gen/c.py"}),
            ("*.py", set()),
            ("lib/**/c.py", {"a.py", "gen/b.py"}),
        ):
            (repo / "portlint.toml").write_text(f"per-file-ignores = {{'{pattern}' = ['NEU2']}}\n")
            assert self.paths(repo) == left

    def test_per_file_ignores_start_at_the_configuration(self, repo: pathlib.Path) -> None:
        (repo / "portlint.toml").write_text("per-file-ignores = {'lib/gen/c.py' = ['NEU2']}\n")
        assert self.paths(repo / "lib") == set()

    def test_excluded_files_are_not_read_unless_they_are_named(self, repo: pathlib.Path) -> None:
        (repo / "portlint.toml").write_text("extend-exclude = ['gen/', 'a.py']\n")
        assert self.paths(repo) == set()
        assert self.paths(repo, "a.py") == {"a.py"}
        shown = portlint("check", "--show-files", cwd=repo).out
        assert "skipped      a.py (excluded by the configuration)" in shown
