"""Baselines: what was there before is neither shown nor counted; what is new is, and only that."""

import json
import pathlib
from collections import Counter

import hypothesis
import msgspec
import pytest
from hypothesis import strategies as st

from portlint.baseline.entries import Entry, Mark, entries, words
from portlint.baseline.match import match
from portlint.baseline.places import seen, start
from portlint.report import Report
from tests import stub
from tests.invoke import Done, portlint

STREAM = "import torch\n\n\ndef f():\n    return torch.cuda.Stream()\n"
GUARDED = """\
import torch

if torch.cuda.is_available():
    torch.cuda.Stream()
else:
    pass
"""
FILE = "portlint-baseline.json"


@pytest.fixture(autouse=True)
def _stub(monkeypatch: pytest.MonkeyPatch) -> None:
    stub.use_stub_rules(monkeypatch)


@pytest.fixture
def repo(tmp_path: pathlib.Path) -> pathlib.Path:
    """A repository with a baseline of all that is in it."""
    folder = stub.write(tmp_path / "repo", stub.REPOSITORY | {"portlint.toml": ""})
    assert portlint("check", "--write-baseline", FILE, "--quiet", cwd=folder).code == 0
    return folder


def check(repo: pathlib.Path, *flags: str) -> Done:
    return portlint("check", "--baseline", FILE, *flags, cwd=repo)


def new(repo: pathlib.Path, *flags: str) -> list[str]:
    """Places of what is new: `a.py:3 NEU110`."""
    done = check(repo, "--format", "json", *flags)
    found = msgspec.json.decode(done.out, type=Report).findings
    return [f"{f.path}:{f.line} {f.rule}" for f in found if not f.baselined]


class TestRun:
    def test_what_was_there_before_is_no_more_shown_nor_counted(self, repo: pathlib.Path) -> None:
        done = check(repo)
        assert done.code == 0 and done.err == ""
        assert "model.py" not in done.out and "NEU" not in done.out.replace("NEU000", "")
        assert "0 new findings" in done.out and "15 earlier findings not shown" in done.out

    def test_what_is_new_is_found_alone(self, repo: pathlib.Path) -> None:
        (repo / "new.py").write_text("import torch\nx = torch.float64\n")
        assert new(repo) == ["new.py:2 NEU510"]
        done = check(repo, "--fail-on", "accuracy")
        assert done.code == 1 and "1 new finding (1 accuracy)" in done.out

    def test_nothing_is_lost(self, repo: pathlib.Path) -> None:
        (repo / "new.py").write_text("import torch\nx = torch.float64\n")
        plain = portlint("check", "--format", "json", cwd=repo).json
        found = check(repo, "--format", "json").json
        assert [f | {"baselined": False} for f in found["findings"]] == plain["findings"]
        summary = found["summary"] | {"new": plain["summary"]["new"], "hidden": 0}
        assert summary == plain["summary"]
        assert (found["summary"]["new"], found["summary"]["hidden"]) == (1, 15)

    def test_hours_score_and_plan_speak_of_the_whole(self, repo: pathlib.Path) -> None:
        flags = ["audit", "--format", "json"]
        plain, found = (
            portlint(*flags, *more, cwd=repo).json for more in ([], ["--baseline", FILE])
        )
        for part in ("plan", "stages", "modules", "scope", "files", "not_analysed"):
            assert found[part] == plain[part]
        assert plain["summary"]["score"] == found["summary"]["score"] > 0
        over = check(repo, "--max-score", str(plain["summary"]["score"] - 1))
        assert over.code == 1
        assert check(repo, "--max-score", str(plain["summary"]["score"])).code == 0

    def test_a_second_copy_of_an_old_line_is_new(self, repo: pathlib.Path) -> None:
        text = (repo / "tests/test_model.py").read_text()
        (repo / "tests/test_model.py").write_text(text + "torch.cuda.Stream()\n")
        assert new(repo) == ["tests/test_model.py:5 NEU110"]

    def test_an_old_line_in_a_second_file_is_new(self, repo: pathlib.Path) -> None:
        text = (repo / "model.py").read_text()
        (repo / "other.py").write_text(text.replace("    side", "\n\n    side"))
        assert {place.split(":")[0] for place in new(repo)} == {"other.py"}

    def test_what_loses_its_guard_is_new_on_a_line_that_did_not_change(
        self, tmp_path: pathlib.Path
    ) -> None:
        repo = stub.write(tmp_path / "repo", {"a.py": GUARDED, "portlint.toml": ""})
        portlint("check", "--write-baseline", FILE, cwd=repo)
        assert check(repo).code == 0
        (repo / "a.py").write_text(GUARDED.replace("torch.cuda.is_available()", "True"))
        assert new(repo) == ["a.py:4 NEU110"] and check(repo).code == 1

    def test_what_gains_a_guard_is_not_new(self, tmp_path: pathlib.Path) -> None:
        repo = stub.write(tmp_path / "repo", {"a.py": STREAM, "portlint.toml": ""})
        portlint("check", "--write-baseline", FILE, cwd=repo)
        (repo / "tests").mkdir()
        (repo / "a.py").rename(repo / "tests/test_a.py")
        assert new(repo) == [] and new(repo, "--include", "test") == []

    def test_a_part_of_the_repository_can_be_checked(self, repo: pathlib.Path) -> None:
        assert new(repo, "tests") == new(repo, "tests/test_model.py", "model.py") == []
        (repo / "model.py").write_text("x = 1\n")
        (repo / "tests/new.py").write_text("import torch\nside = torch.cuda.Stream()\n")
        assert new(repo, "tests") == [
            "new.py:2 NEU110"
        ]  # model.py, which lost it, is not looked at
        assert new(repo) == []  # here it is, and the line has moved

    def test_standard_input_is_one_file_of_it(self, repo: pathlib.Path) -> None:
        for text, code in ((STREAM, 1), ((repo / "model.py").read_text(), 0)):
            done = portlint(
                *["check", "-", "--stdin-filename", "model.py", "--baseline", FILE],
                cwd=repo,
                stdin=text.encode(),
            )
            assert (done.code, done.err) == (code, "")


class TestFormats:
    @pytest.mark.parametrize("name", ["text", "concise", "github", "gitlab", "markdown", "html"])
    def test_people_see_only_what_is_new(self, name: str, repo: pathlib.Path) -> None:
        (repo / "new.py").write_text("import torch\nx = torch.float64\n")
        done = check(repo, "--format", name)
        assert "new.py" in done.out and "fastkernel" not in done.out
        if name not in ("github", "gitlab"):
            assert "15 " in done.out + done.err and "not shown" in (done.out + done.err).lower()

    def test_programs_are_told_which_are_old(self, repo: pathlib.Path) -> None:
        (repo / "new.py").write_text("import torch\nx = torch.float64\n")
        lines = check(repo, "--format", "jsonl").out.splitlines()
        assert Counter(json.loads(line)["baselined"] for line in lines) == {True: 15, False: 1}
        rows = check(repo, "--format", "csv").out
        assert rows.splitlines()[0].endswith(",baselined") and rows.count(",yes\r\n") == 15
        results = check(repo, "--format", "sarif").json["runs"][0]["results"]
        assert sum(bool(result.get("suppressions")) for result in results) == 15

    def test_statistics_count_what_is_new(self, repo: pathlib.Path) -> None:
        (repo / "new.py").write_text("import torch\nx = torch.float64\n")
        counts = [x.split() for x in check(repo, "--statistics").out.splitlines() if "stub-" in x]
        assert [row[:2] for row in counts if row[0].isdigit() and len(row) == 4] == [
            ["1", "NEU510"]
        ]

    def test_a_page_says_when_nothing_is_new(self, repo: pathlib.Path) -> None:
        page = portlint("audit", "--baseline", FILE, "--format", "html", cwd=repo).out
        assert "Nothing new in what could be analysed." in page and "15 findings that" in page


class TestFile:
    def test_it_has_an_entry_on_each_line(self, repo: pathlib.Path) -> None:
        lines = (repo / FILE).read_text().splitlines()
        assert lines[:4] == [
            "{",
            ' "schema": "portlint.baseline/1",',
            ' "target": {"chip":"trn2","stack":"native-eager","sdk":"2.33","workload":"both"},',
            ' "findings": [',
        ]
        rows = [msgspec.json.decode(line.rstrip(","), type=Entry) for line in lines[4:-2]]
        places = [(row.path, row.rule) for row in rows]
        assert places == sorted(places) and sum(row.count for row in rows) == 15
        assert lines[-2:] == [" ]", "}"]
        (twice,) = (row for row in rows if row.count > 1)
        assert (twice.path, twice.count, twice.context) == ("tests/test_model.py", 2, "test")
        assert {row.context for row in rows} == {"live", "guarded", "test"}

    def test_the_same_findings_give_the_same_bytes(self, repo: pathlib.Path) -> None:
        before = (repo / FILE).read_bytes()
        (repo / "model.py").write_text("# a licence\n\n" + (repo / "model.py").read_text())
        assert portlint("check", "--write-baseline", FILE, cwd=repo).code == 0
        assert (repo / FILE).read_bytes() == before

    def test_one_new_finding_is_one_new_line(self, repo: pathlib.Path) -> None:
        before = (repo / FILE).read_text().splitlines()
        (repo / "new.py").write_text(STREAM)
        portlint("check", "--write-baseline", FILE, "--force", cwd=repo)
        after = (repo / FILE).read_text().splitlines()
        assert len(set(after) - set(before)) == 1 and set(before) < set(after)

    def test_an_empty_repository_has_an_empty_one(self, tmp_path: pathlib.Path) -> None:
        (tmp_path / "portlint.toml").touch()
        done = portlint("check", "--write-baseline", FILE, cwd=tmp_path)
        assert done.code == 0 and "0 findings" in done.err
        assert json.loads((tmp_path / FILE).read_text())["findings"] == []
        assert check(tmp_path).code == 0

    @pytest.mark.parametrize("odd", ["a b: 100%, [x].py", "数据.py", "\x1b[31m.py", "-q.py"])
    def test_a_path_may_be_odd(self, odd: str, tmp_path: pathlib.Path) -> None:
        repo = stub.write(tmp_path / "repo", {odd: STREAM, "portlint.toml": ""})
        portlint("check", "--write-baseline", FILE, cwd=repo)
        assert new(repo) == []
        (repo / odd).write_text("x = 1\n")
        done = check(repo)
        assert "1 finding in it is no longer found" in done.err and "\x1b" not in done.err


class TestShrinking:
    def fixed(self, repo: pathlib.Path) -> None:
        text = (repo / "model.py").read_text()
        (repo / "model.py").write_text(text.replace("torch.cuda.Stream()", "None"))

    def test_what_is_no_longer_found_is_said_in_one_line(self, repo: pathlib.Path) -> None:
        self.fixed(repo)
        done = check(repo)
        assert done.code == 0 and done.err == (
            f"note: {FILE}: 1 finding in it is no longer found:"
            f" `portlint baseline --prune {FILE}` takes them out\n"
        )
        assert check(repo, "--quiet").err == ""

    def test_prune_takes_it_out_and_adds_nothing(self, repo: pathlib.Path) -> None:
        self.fixed(repo)
        (repo / "new.py").write_text(STREAM)
        before = (repo / FILE).read_text().splitlines()
        looked = portlint("baseline", FILE, cwd=repo)
        assert "14 findings, 1 that is no longer found (--prune" in looked.out
        assert (repo / FILE).read_text().splitlines() == before
        done = portlint("baseline", "--prune", FILE, cwd=repo)
        assert (done.code, done.err) == (
            0,
            "",
        ) and "1 that is no longer found taken out" in done.out
        after = (repo / FILE).read_text().splitlines()
        assert set(after) < set(before) and len(after) == len(before) - 1
        assert new(repo) == ["new.py:5 NEU110"] and check(repo).err == ""

    def test_prune_writes_what_moved_where_it_stands_now(self, repo: pathlib.Path) -> None:
        (repo / "model.py").rename(repo / "net.py")
        assert new(repo) == []
        portlint("baseline", "--prune", FILE, cwd=repo)
        paths = {row["path"] for row in json.loads((repo / FILE).read_text())["findings"]}
        assert "net.py" in paths and "model.py" not in paths and new(repo) == []

    def test_a_fixed_line_hides_no_new_one_after_that(self, repo: pathlib.Path) -> None:
        self.fixed(repo)
        portlint("baseline", "--prune", FILE, cwd=repo)
        (repo / "new.py").write_text("import torch\nside = torch.cuda.Stream()\n")
        assert new(repo) == ["new.py:2 NEU110"]

    @pytest.mark.parametrize(
        "flags",
        [
            ["--select", "NEU5"],
            ["--ignore", "NEU1"],
            ["--min-confidence", "documented"],
            ["tests"],
            ["optional.py", "tests/test_model.py"],
            ["--chip", "inf2"],
        ],
    )
    def test_what_a_run_does_not_look_for_is_not_gone(
        self, flags: list[str], repo: pathlib.Path
    ) -> None:
        assert "no longer" not in check(repo, *flags).err

    def test_what_cannot_be_analysed_is_not_gone(self, repo: pathlib.Path) -> None:
        (repo / "model.py").write_text("import torch\ntorch.cuda.Stream(\n")
        assert check(repo).err == ""
        portlint("baseline", "--prune", FILE, cwd=repo)
        (repo / "model.py").write_text(stub.REPOSITORY["model.py"])
        assert new(repo) == []

    def test_what_a_comment_silences_is_gone(self, repo: pathlib.Path) -> None:
        text = (repo / "model.py").read_text()
        line = "side = torch.cuda.Stream()"
        (repo / "model.py").write_text(text.replace(line, f"{line}  # portlint: ignore[NEU110]"))
        assert new(repo) == [] and "1 finding in it is no longer found" in check(repo).err

    def test_a_deleted_folder_is_gone(self, repo: pathlib.Path) -> None:
        (repo / "tests/test_model.py").unlink()
        assert "2 findings in it are no longer found" in check(repo).err


class TestGrowing:
    def test_it_does_not_grow_in_silence(self, repo: pathlib.Path) -> None:
        (repo / "new.py").write_text(STREAM)
        before = (repo / FILE).read_bytes()
        done = portlint("check", "--write-baseline", FILE, cwd=repo)
        assert (done.code, done.out) == (2, "") and done.err.count("\n") == 1
        assert "1 finding is not in it" in done.err and "--force" in done.err
        assert (repo / FILE).read_bytes() == before
        done = portlint("check", "--write-baseline", FILE, "--force", cwd=repo)
        assert done.code == 0 and f"wrote {FILE}: 16 findings, 1 more than before" in done.err
        assert new(repo) == []

    def test_it_says_what_changed(self, repo: pathlib.Path) -> None:
        (repo / "new.py").write_text(STREAM)
        (repo / "optional.py").unlink()
        done = portlint("check", "--write-baseline", FILE, "--force", cwd=repo)
        assert f"wrote {FILE}: 15 findings, 1 more and 1 fewer than before" in done.err
        (repo / "new.py").unlink()
        done = portlint("check", "--write-baseline", FILE, cwd=repo)
        assert done.code == 0 and "14 findings, 1 fewer than before" in done.err

    def test_moving_is_not_growing(self, repo: pathlib.Path) -> None:
        (repo / "model.py").rename(repo / "net.py")
        done = portlint("check", "--write-baseline", FILE, cwd=repo)
        assert done.code == 0 and done.err == f"wrote {FILE}: 15 findings\n"

    @pytest.mark.parametrize("flags", [["tests"], ["--select", "NEU5"], ["optional.py"]])
    def test_writing_a_part_keeps_the_rest(self, flags: list[str], repo: pathlib.Path) -> None:
        before = (repo / FILE).read_bytes()
        portlint("check", *flags, "--write-baseline", FILE, cwd=repo)
        assert (repo / FILE).read_bytes() == before

    def test_the_run_that_writes_it_has_it(self, repo: pathlib.Path) -> None:
        done = portlint("check", "--write-baseline", "other.json", cwd=repo)
        assert done.code == 0 and "15 earlier findings not shown" in done.out

    def test_force_alone_means_nothing(self, repo: pathlib.Path) -> None:
        done = portlint("check", "--force", cwd=repo)
        assert done.code == 2 and "--write-baseline" in done.err


class TestSettings:
    def test_the_key_starts_at_its_file(self, repo: pathlib.Path) -> None:
        (repo / "ci").mkdir()
        (repo / FILE).rename(repo / "ci" / FILE)
        (repo / "portlint.toml").write_text(f'baseline = "ci/{FILE}"\n')
        assert portlint("check", cwd=repo).code == 0
        assert portlint("check", "repo", cwd=repo.parent).code == 0
        assert portlint("check", cwd=repo / "tests").code == 0
        shown = portlint("check", "--show-settings", cwd=repo).json
        assert shown["baseline"] == str(repo / "ci" / FILE)

    def test_flags_win(self, repo: pathlib.Path, tmp_path: pathlib.Path) -> None:
        (repo / "portlint.toml").write_text('baseline = "missing.json"\n')
        assert check(repo).code == 0
        assert portlint("check", "--no-baseline", cwd=repo).code == 1
        assert portlint("check", cwd=repo).code == 2

    def test_the_first_one_can_be_written_where_the_key_names_it(self, repo: pathlib.Path) -> None:
        (repo / FILE).unlink()
        (repo / "portlint.toml").write_text(f'baseline = "{FILE}"\n')
        assert portlint("check", cwd=repo).code == 2
        assert portlint("check", "--write-baseline", FILE, cwd=repo).code == 0
        assert portlint("check", cwd=repo).code == 0

    def test_another_target_is_remarked(self, repo: pathlib.Path) -> None:
        done = check(repo, "--chip", "inf2", "--workload", "inference")
        (line,) = [x for x in done.err.splitlines() if FILE in x]
        assert "written for trn2, native-eager, SDK 2.33, inference and training" in line
        assert "inf2, xla" in line

    def test_prune_looks_for_the_target_of_the_file(self, repo: pathlib.Path) -> None:
        (repo / "portlint.toml").write_text('chip = "inf2"\nselect = ["NEU5"]\n')
        before = (repo / FILE).read_bytes()
        portlint("baseline", "--prune", FILE, cwd=repo)
        assert (repo / FILE).read_bytes() == before


class TestMistakes:
    @pytest.mark.parametrize(
        ("text", "why"),
        [
            ("", "is no baseline"),
            ("{", "is no baseline"),
            ("[]", "is no baseline"),
            ("\xff\x00", "is no baseline"),
            ("[" * 100_000, "is no baseline"),
            ("{}", "says no schema"),
            ('{"schema": "portlint.report/1"}', "portlint.report/1"),
            ('{"schema": "portlint.baseline/2", "entries": []}', "portlint.baseline/2"),
            ('{"schema": "portlint.baseline/1"}', "target"),
        ],
    )
    def test_a_file_that_is_none(self, text: str, why: str, repo: pathlib.Path) -> None:
        (repo / FILE).write_text(text, encoding="latin-1")
        runs = [check(repo), portlint("check", "--write-baseline", FILE, "--force", cwd=repo)]
        runs.append(portlint("baseline", "--prune", FILE, cwd=repo))
        for done in runs:
            assert (done.code, done.out) == (2, "") and done.err.count("\n") == 1
            assert done.err.startswith(f"error: {FILE}: ") and why in done.err
        assert (repo / FILE).read_text(encoding="latin-1") == text

    @pytest.mark.parametrize("count", ["0", "-1", "1e9", '"1"', "true", "99999999999999999999"])
    def test_a_count_that_is_none(self, count: str, repo: pathlib.Path) -> None:
        text = (repo / FILE).read_text().replace('"count":2', f'"count":{count}')
        (repo / FILE).write_text(text)
        assert check(repo).code == 2

    @pytest.mark.parametrize("name", ["missing.json", "tests", "no/such/folder/b.json"])
    def test_a_file_that_cannot_be_read(self, name: str, repo: pathlib.Path) -> None:
        done = portlint("check", "--baseline", name, cwd=repo)
        assert (done.code, done.out) == (2, "") and name in done.err and done.err.count("\n") == 1

    @pytest.mark.parametrize("name", ["tests", "no/such/folder/b.json"])
    def test_a_file_that_cannot_be_written(self, name: str, repo: pathlib.Path) -> None:
        done = portlint("check", "--write-baseline", name, cwd=repo)
        assert (done.code, done.out) == (2, "") and "cannot be written" in done.err

    def test_standard_input_has_none_to_write(self, repo: pathlib.Path) -> None:
        done = portlint("check", "-", "--write-baseline", "b.json", cwd=repo)
        assert done.code == 2 and not (repo / "b.json").exists()


LIVE = Mark("a.py", "NEU110", "1")


class TestMatching:
    @pytest.mark.parametrize(
        ("found", "known", "old"),
        [
            ([LIVE], {LIVE: 1}, {0}),
            ([LIVE], {}, set()),
            ([LIVE, LIVE], {LIVE: 1}, {0}),
            ([LIVE, LIVE], {LIVE: 2}, {0, 1}),
            ([LIVE._replace(rule="NEU111")], {LIVE: 1}, set()),
            ([LIVE._replace(line="2")], {LIVE: 1}, set()),
            ([LIVE._replace(path="b.py")], {LIVE: 1}, {0}),
            ([LIVE._replace(path="b.py"), LIVE], {LIVE: 1}, {1}),
            ([LIVE._replace(path="b.py")], {LIVE._replace(path="kept.py"): 1}, set()),
            ([LIVE._replace(context="guarded")], {LIVE: 1}, {0}),
            ([LIVE._replace(context="test")], {LIVE._replace(context="guarded"): 1}, {0}),
            ([LIVE], {LIVE._replace(context="guarded"): 1}, set()),
            ([LIVE._replace(context="test"), LIVE], {LIVE: 1}, {1}),
            ([LIVE._replace(layer="graph")], {LIVE: 1}, {0}),
        ],
    )
    def test_what_stands_for_what(
        self, found: list[Mark], known: dict[Mark, int], old: set[int]
    ) -> None:
        assert match(found, known, lambda path: path != "kept.py").old == old

    def test_what_comes_last_is_new(self) -> None:
        assert match([LIVE, LIVE], {LIVE: 1}, last=lambda number: number == 0).old == {1}

    def test_what_is_left_is_told(self) -> None:
        other = LIVE._replace(line="2")
        assert match([LIVE], {LIVE: 3, other: 1}).left == {LIVE: 2, other: 1}

    @hypothesis.given(
        st.lists(
            st.builds(
                Mark,
                st.sampled_from(["a.py", "b/a.py", "c.py"]),
                st.sampled_from(["NEU1", "NEU2"]),
                st.sampled_from(["1", "2"]),
                st.sampled_from(["live", "guarded", "test"]),
            )
        ),
        st.data(),
    )
    def test_the_same_findings_in_any_order_are_all_old(
        self, marks: list[Mark], data: st.DataObject
    ) -> None:
        found = data.draw(st.permutations(marks))
        all_ = match(found, Counter(marks))
        assert all_.old == set(range(len(marks))) and not all_.left
        more = match([*found, LIVE], Counter(marks))
        assert len(more.old) == len(marks) and not more.left

    def test_equal_entries_are_one(self) -> None:
        (entry,) = entries(Counter([LIVE, LIVE]))
        assert (entry.count, entry.context, entry.line) == (2, "live", "1")

    def test_a_line_is_its_words(self) -> None:
        assert words("  a  =\tb ") == words("a = b") != words("a = c")


class TestPlaces:
    def test_paths_start_at_the_top_of_the_repository(self, tmp_path: pathlib.Path) -> None:
        (tmp_path / "src/pkg").mkdir(parents=True)
        root, elsewhere = tmp_path / "src/pkg", tmp_path / "ci/b.json"
        assert start(root, elsewhere) == root
        assert start(root, tmp_path / "src/b.json") == tmp_path / "src"
        (tmp_path / ".git").mkdir()
        assert start(root, elsewhere) == start(root, tmp_path / "src/b.json") == tmp_path

    def test_what_was_looked_at(self, tmp_path: pathlib.Path) -> None:
        (tmp_path / "a").mkdir()
        (tmp_path / "a/there.py").touch()
        file = tmp_path / "b.json"
        run = seen(tmp_path / "a", [tmp_path / "a/b"], ["b/broken.py"], file, False)
        assert run.prefix == "a" and run.looked("a/b/c.py") and not run.looked("a/bc.py")
        assert not run.looked("a/b/broken.py") and not run.movable("a/there.py")
        assert run.movable("a/gone.py") and not run.missed(Mark("a/gone.py", "NEU110", ""))
        assert not run.missed(Mark("a/b/c.py", "NEU110", "", layer="graph"))


NAMES = st.sampled_from(["a.py", "pkg/b.py", "pkg/sub/c.py"])
BODIES = st.sampled_from(
    [
        "    return torch.cuda.Stream()",
        "    x = torch.zeros(1, dtype=torch.float64)\n    return torch.nonzero(x)",
        "    return fastkernel.attend(1)",
        "    if torch.cuda.is_available():\n        return torch.cuda.Stream()\n    return None",
        "    return 1",
    ]
)
CODE = st.dictionaries(NAMES, st.lists(BODIES, min_size=1, max_size=4), min_size=1)
FILLING = st.sampled_from(["", "# a note", "\n\n# torch.cuda.Stream()\n"])


def program(bodies: list[str], order: list[int], filling: list[str]) -> str:
    """Functions in some order, with something that is no code before each."""
    parts = [
        f"{filler}\ndef f{number}():\n{bodies[number]}\n\n"
        for number, filler in zip(order, filling, strict=True)
    ]
    return "import fastkernel\nimport torch\n\n" + "".join(parts)


@hypothesis.settings(
    max_examples=25, suppress_health_check=[hypothesis.HealthCheck.function_scoped_fixture]
)
@hypothesis.given(CODE, st.data())
def test_only_what_is_written_anew_is_new(
    tmp_path_factory: pytest.TempPathFactory, code: dict[str, list[str]], data: st.DataObject
) -> None:
    """Lines inserted, functions in another order, files with new names: nothing is new."""
    repo = tmp_path_factory.mktemp("repo")
    plain = {n: program(b, list(range(len(b))), [""] * len(b)) for n, b in code.items()}
    stub.write(repo, plain | {"portlint.toml": ""})
    portlint("check", "--write-baseline", FILE, cwd=repo)
    for name, bodies in code.items():
        (repo / name).unlink()
        order = data.draw(st.permutations(range(len(bodies))))
        filling = data.draw(st.lists(FILLING, min_size=len(bodies), max_size=len(bodies)))
        kept = data.draw(st.booleans())
        stub.write(repo, {name if kept else f"moved/{name}": program(bodies, order, filling)})
    done = check(repo)
    assert new(repo) == [] and (done.code, done.err) == (0, "")
    target = data.draw(st.sampled_from(sorted(p for p in repo.rglob("*.py"))))
    target.write_text(target.read_text() + "\ntorch.cuda.Stream().synchronize()\n")
    (found,) = new(repo)
    lines = target.read_text().count("\n")
    assert found == f"{target.relative_to(repo).as_posix()}:{lines} NEU110"
