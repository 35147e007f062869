"""Two reports: what became better or worse, what only moved, and what nobody looked at."""

import json
import pathlib
from collections.abc import Sequence
from typing import Any

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from portlint import catalog
from portlint.attention.features import Features
from portlint.diff.compare import compare, worse
from portlint.diff.match import match
from portlint.diff.saved import Saved, SavedFinding, saved
from portlint.diff.values import Difference
from portlint.errors import UsageError
from portlint.render import Style, render
from portlint.render.difference import FORMATS
from portlint.render.difference import render as told
from portlint.render.markdown.fit import size
from portlint.report import AttentionKernels, AttentionRow, Coverage, Model, Option, Report
from tests import stub
from tests.invoke import portlint
from tests.strangers import EVIL
from tests.test_markdown import LIVE, Shown

LIVE_ONLY = frozenset({"live"})


@pytest.fixture(autouse=True)
def _stub(monkeypatch: pytest.MonkeyPatch) -> None:
    stub.use_stub_rules(monkeypatch)


@pytest.fixture
def repo(tmp_path: pathlib.Path) -> pathlib.Path:
    return stub.write(tmp_path / "repo", stub.REPOSITORY)


def kept(report: Report) -> Saved:
    style = Style(rules=catalog.shipped().rules)
    return saved(render(report, "json", style).encode("utf-8", "replace"), "report.json")


def audit(repo: pathlib.Path) -> Saved:
    return kept(stub.report(repo, audit=True))


def edit(repo: pathlib.Path, name: str, old: str, new: str) -> None:
    text = (repo / name).read_text()
    assert old in text
    (repo / name).write_text(text.replace(old, new, 1))


def changed(found: Difference) -> Sequence[object]:
    """All that would be told as better or worse."""
    return (
        *(*found.causes, *found.findings_new, *found.findings_gone, *found.findings_unseen),
        *(*found.findings_changed, *found.models, *found.matrix, *found.by_subject),
    )


def attention(verdict: str) -> AttentionRow:
    features = Features()
    return AttentionRow(
        kind="causal",
        count=1,
        features=features,
        verdict=verdict,  # type: ignore[arg-type]
        replacement=None,
        path="m.py",
        line=1,
        text="causal",
        why="",
        workload=None,
        kernels=AttentionKernels(),
        confidence="derived",
        evidence=(),
        port=None,
    )


class TestCompare:
    def test_a_report_does_not_differ_from_itself(self, repo: pathlib.Path) -> None:
        report = audit(repo)
        found = compare(report, report, LIVE_ONLY)
        assert not changed(found) and not found.findings_moved and not found.warnings
        assert "as hard as before" in told(found, "text") and "Findings: the same" in told(
            found, "text"
        )

    def test_what_was_mended_is_gone_with_its_hours(self, repo: pathlib.Path) -> None:
        old = audit(repo)
        edit(repo, "model.py", "torch.nonzero(x)", "x")
        found = compare(old, audit(repo), LIVE_ONLY)
        (cause,) = [c for c in found.causes if c.state == "gone"]
        assert cause.root_cause == "NEU610:torch.nonzero" and cause.new_hours is None
        assert cause.old_hours == (1.0, 4.0)
        assert [f.rule for f in found.findings_gone] == ["NEU610"] and not found.findings_new
        assert told(found, "text").splitlines()[1].startswith("  easier: 19-110 h -> ")
        slow = next(count for count in found.by_impact if count.name == "slow")
        assert (slow.old, slow.new) == (1, 0)

    def test_one_place_more_lets_a_cause_grow(self, repo: pathlib.Path) -> None:
        old = audit(repo)
        (repo / "more.py").write_text("import torch\n\nfurther = torch.cuda.Stream()\n")
        found = compare(old, audit(repo), LIVE_ONLY)
        assert [(c.state, c.old_places, c.new_places) for c in found.causes] == [("grown", 2, 3)]
        assert [f.path for f in found.findings_new] == ["more.py"]
        assert worse(found, "breaks", LIVE_ONLY) == 1

    def test_moved_lines_do_not_differ(self, repo: pathlib.Path) -> None:
        old = audit(repo)
        edit(repo, "model.py", "import torch\n", "import torch\n\n\nUNUSED = 1\n")
        assert not changed(compare(old, audit(repo), LIVE_ONLY))

    def test_a_renamed_file_is_recognised(self, repo: pathlib.Path) -> None:
        old = audit(repo)
        (repo / "deep").mkdir()
        (repo / "model.py").rename(repo / "deep/net.py")
        found = compare(old, audit(repo), LIVE_ONLY)
        assert not changed(found)
        assert {(c.old.path, c.new.path) for c in found.findings_moved} == {
            ("model.py", "deep/net.py")
        }
        assert len(found.findings_moved) == 10 and worse(found, "info", LIVE_ONLY) == 0

    def test_a_rewritten_line_with_the_same_fault_is_not_new(self, repo: pathlib.Path) -> None:
        old = audit(repo)
        edit(repo, "model.py", "side = torch.cuda.Stream()", "side  =  torch.cuda.Stream(0)")
        found = compare(old, audit(repo), LIVE_ONLY)
        assert found.edited == 1 and not found.findings_new and not found.findings_gone

    def test_a_file_that_cannot_be_read_any_more_is_no_progress(self, repo: pathlib.Path) -> None:
        old = audit(repo)
        edit(repo, "model.py", "def forward(x, y):", "def forward(x, y:")
        found = compare(old, audit(repo), LIVE_ONLY)
        assert len(found.findings_unseen) == 10 and not found.findings_gone
        states = {c.root_cause: c.state for c in found.causes}
        assert states["NEU210:fastkernel"] == "unseen" and "gone" not in states.values()
        assert "nobody knows whether they are gone" in " ".join(found.warnings)
        assert [item.path for item in found.not_analysed_new] == ["model.py"]

    def test_a_cause_that_is_guarded_everywhere_is_gone(self, repo: pathlib.Path) -> None:
        old = audit(repo)
        guarded = "try:\n    import fastkernel\nexcept ImportError:\n    fastkernel = None\n"
        edit(repo, "model.py", "import fastkernel\n", guarded)
        edit(repo, "model.py", "fastkernel.attend(x, y)", "x")
        found = compare(old, audit(repo), LIVE_ONLY)
        states = {c.root_cause: (c.state, c.title) for c in found.causes}
        assert states == {"NEU210:fastkernel": ("gone", "stub kernel (fastkernel)")}

    def test_code_that_is_not_guarded_any_more_is_worse(self, repo: pathlib.Path) -> None:
        old = audit(repo)
        (repo / "optional.py").write_text("import fastkernel\n")
        new = audit(repo)
        found = compare(old, new, LIVE_ONLY)
        levels: list[tuple[str, str, bool]] = [
            (c.old.context, c.new.context, c.worse) for c in found.findings_changed
        ]
        levels += [("", f.context, True) for f in found.findings_new]
        assert len(levels) == 1 and levels[0][1:] == ("live", True)
        assert worse(found, "breaks", LIVE_ONLY) == 1
        back = compare(new, old, LIVE_ONLY)
        assert worse(back, "info", LIVE_ONLY) == 0

    def test_what_does_not_count_is_a_number_unless_it_is_asked_for(
        self, repo: pathlib.Path
    ) -> None:
        old = audit(repo)
        edit(repo, "tests/test_model.py", "torch.cuda.Stream()\n", "")
        found = compare(old, audit(repo), LIVE_ONLY)
        assert not found.findings_gone and found.aside == (0, 1)
        asked = compare(old, audit(repo), LIVE_ONLY | {"test"})
        assert len(asked.findings_gone) == 1 and asked.aside == (0, 0)

    def test_another_target_and_other_facts_are_told(self, repo: pathlib.Path) -> None:
        report = stub.report(repo, audit=True)
        target = msgspec.structs.replace(report.target, stack="native-compile")
        facts = msgspec.structs.replace(report.knowledge, digest="1")
        other = msgspec.structs.replace(report, target=target, knowledge=facts)
        first, second = compare(kept(report), kept(other), LIVE_ONLY).warnings
        assert "target differs" in first and "native-compile" in first
        assert "facts differ" in second and "not from the code" in second

    def test_hours_of_causes_are_not_made_up_where_a_check_has_none(
        self, repo: pathlib.Path
    ) -> None:
        check = kept(stub.report(repo))
        edit(repo, "model.py", "torch.nonzero(x)", "x")
        found = compare(check, audit(repo), LIVE_ONLY)
        (cause,) = found.causes
        assert cause.old_hours is None and cause.state == "gone"
        assert "cannot be compared" in " ".join(found.warnings)

    def test_models_and_targets_that_fare_otherwise(self, repo: pathlib.Path) -> None:
        report = stub.report(repo)

        before = Model(
            name="m.py:net",
            captured_by="export",
            fidelity=None,
            parameters=1,
            coverage=Coverage(documented=3, unknown=2),
            attention=(attention("unsupported"),),
        )
        after = msgspec.structs.replace(
            before, coverage=Coverage(documented=5), attention=(attention("supported"),)
        )
        option = Option(
            chip="trn2",
            stack="xla",
            sdk="2.31",
            workload="training",
            difficulty="hard",
            score=70,
            hours=(10, 90),
            by_impact={},
        )
        easier = msgspec.structs.replace(option, score=50, hours=(10, 50))
        found = compare(
            kept(msgspec.structs.replace(report, models=(before,), matrix=(option,))),
            kept(msgspec.structs.replace(report, models=(after,), matrix=(easier,))),
            LIVE_ONLY,
        )
        (model,) = found.models
        assert model.coverage == {"documented": (3, 5), "unknown": (2, 0)}
        assert [(v.kind, v.old, v.new) for v in model.attention] == [
            ("causal", ("unsupported",), ("supported",))
        ]
        text = told(found, "text")
        assert "attention causal (m.py): unsupported -> supported" in text
        assert "10-90 h -> 10-50 h, score 70 -> 50, hard" in text


findings = st.lists(
    st.builds(
        SavedFinding,
        rule=st.sampled_from(["NEU101", "NEU102"]),
        impact=st.sampled_from(["breaks", "slow"]),
        path=st.sampled_from(["a.py", "b.py", "c/a.py"]),
        fingerprint=st.integers(0, 12).map(str),
        snippet=st.sampled_from(["x.cuda()", "y", ""]),
        message=st.sampled_from(["one", "two"]),
    ),
    max_size=12,
)


class TestMatch:
    @given(findings, findings)
    def test_every_finding_has_one_counterpart_or_none(
        self, old: list[SavedFinding], new: list[SavedFinding]
    ) -> None:
        found = match(old, new)
        assert sorted(map(id, old)) == sorted(map(id, [*(a for a, _ in found.pairs), *found.gone]))
        assert sorted(map(id, new)) == sorted(map(id, [*(b for _, b in found.pairs), *found.new]))
        assert all(a.rule == b.rule for a, b in (*found.moved, *found.edited))
        assert all(a.path != b.path for a, b in found.moved)

    @given(findings)
    def test_nothing_moves_between_equal_reports(self, found: list[SavedFinding]) -> None:
        same = match(found, found)
        assert not (same.moved or same.edited or same.gone or same.new)

    def test_files_that_have_more_in_common_are_paired_first(self) -> None:
        def finding(path: str, line: str) -> SavedFinding:
            return SavedFinding(
                rule="NEU101",
                impact="breaks",
                path=path,
                fingerprint=f"{path}{line}",
                snippet=line,
            )

        old = [finding("a.py", "common()"), finding("b.py", "common()"), finding("b.py", "own()")]
        new = [finding("z.py", "common()"), finding("z.py", "own()")]
        found = match(old, new)
        assert {(a.path, b.path) for a, b in found.moved} == {("b.py", "z.py")}
        assert [f.path for f in found.gone] == ["a.py"]


class TestSaved:
    def test_an_older_report_lacks_fields_and_can_be_read(self, repo: pathlib.Path) -> None:
        whole = json.loads(render(stub.report(repo, audit=True), "json", Style(rules={})))
        old = json.loads(json.dumps(whole))
        for key in ("stages", "matrix", "scope", "files", "modules", "plan", "models"):
            old.pop(key, None)
        for key in ("hours_by_impact", "by_context", "reasons"):
            old["summary"].pop(key, None)
        for finding in old["findings"]:
            for key in ("cell", "lines", "places", "baselined", "layer", "related", "symbol"):
                finding.pop(key, None)
        found = compare(
            saved(json.dumps(old).encode(), "old"),
            saved(json.dumps(whole).encode(), "new"),
            {"live"},
        )
        assert not found.findings_new and not found.findings_gone and not found.causes

    def test_a_newer_report_says_more_and_can_be_read(self, repo: pathlib.Path) -> None:
        whole = json.loads(render(stub.report(repo), "json", Style(rules={})))
        whole["later"] = whole["target"]["later"] = whole["findings"][0]["later"] = {"x": 1}
        whole["not_analysed"][0]["later"] = 1
        assert len(saved(json.dumps(whole).encode(), "new").findings) == len(whole["findings"])

    @pytest.mark.parametrize(
        ("data", "why"),
        [
            (b"", "is not JSON"),
            (b"{", "is not JSON"),
            (b"\xff\xfe{", "is not JSON"),
            (b"[" * 100_000, "is not JSON"),
            (b"[]", "is no report"),
            (b"null", "is no report"),
            (b'{"schema": 1}', "is no report"),
            (b'{"schema": "other/1"}', "is no report"),
            (b'{"schema": "portlint.diff/1"}', "is no report"),
            (b'{"schema": "portlint.report/2"}', "this version reads portlint.report/1"),
            (b'{"schema": "portlint.report/1"}', "is no whole report"),
            (b'{"schema": "portlint.report/1", "findings": 3}', "is no whole report"),
        ],
    )
    def test_what_is_no_report_is_refused_in_one_sentence(self, data: bytes, why: str) -> None:
        with pytest.raises(UsageError, match=why) as error:
            saved(data, "old.json")
        assert str(error.value).startswith("old.json: ") and "\n" not in str(error.value)


class TestCommand:
    def files(self, repo: pathlib.Path) -> tuple[str, str]:
        style = Style(rules=catalog.shipped().rules)
        for name in ("old.json", "new.json"):
            shown = render(stub.report(repo, audit=True), "json", style)
            (repo.parent / name).write_text(shown, encoding="utf-8")
            (repo / "more.py").write_text("import torch\n\nfurther = torch.cuda.Stream()\n")
        return str(repo.parent / "old.json"), str(repo.parent / "new.json")

    def test_worse_is_an_error_only_where_it_was_asked_for(self, repo: pathlib.Path) -> None:
        old, new = self.files(repo)
        assert portlint("diff", old, new, cwd=repo).code == 0
        assert portlint("diff", old, new, "--fail-on-worse", cwd=repo).code == 1
        assert (
            portlint("diff", new, old, "--fail-on-worse", "--fail-on", "info", cwd=repo).code == 0
        )

    def test_the_json_is_the_difference(self, repo: pathlib.Path) -> None:
        old, new = self.files(repo)
        done = portlint("diff", old, new, "--format", "json", cwd=repo)
        found = msgspec.json.decode(done.out, type=Difference)
        assert found.schema == "portlint.diff/1" and [f.path for f in found.findings_new] == [
            "more.py"
        ]

    @pytest.mark.parametrize("words", [("--fail-on", "all"), ("--include", "all")])
    def test_wrong_words_are_refused(self, words: tuple[str, str], repo: pathlib.Path) -> None:
        done = portlint("diff", *self.files(repo), *words, cwd=repo)
        assert done.code == 2 and "choose from" in done.err

    def test_a_missing_file_is_one_sentence(self, tmp_path: pathlib.Path) -> None:
        done = portlint("diff", str(tmp_path / "no.json"), str(tmp_path), cwd=tmp_path)
        assert done.code == 2 and done.err.count("\n") == 1
        assert "there is no such file" in done.err


class TestShown:
    def hostile(self, repo: pathlib.Path, evil: str) -> Difference:
        report = stub.report(repo, audit=True)
        first = msgspec.structs.replace(report.findings[0], context="live")

        def bad(n: int) -> Any:
            return msgspec.structs.replace(
                first, path=evil + str(n), message=evil, rule=evil, name=evil, fingerprint=str(n)
            )

        old = msgspec.structs.replace(report, findings=tuple(map(bad, range(5))))
        model = Model(name=evil, captured_by="export", fidelity=None, parameters=None)
        plan = tuple(msgspec.structs.replace(p, title=evil, root_cause=evil) for p in report.plan)
        new = msgspec.structs.replace(
            report, findings=tuple(map(bad, range(9, 12))), models=(model,), plan=plan
        )
        return compare(kept(old), kept(new), LIVE_ONLY)

    @pytest.mark.parametrize("evil", EVIL)
    def test_strangers_say_nothing_through_it(self, evil: str, repo: pathlib.Path) -> None:
        got = Shown(told(self.hostile(repo, evil), "markdown"))
        clean = Shown(told(self.hostile(repo, "harmless"), "markdown"))
        assert not LIVE.search(got.text) and got.links == []
        assert set(got.tags) - set(clean.tags) <= {"span"}
        assert got.tags.count("li") == clean.tags.count("li")
        assert all(
            line.isprintable() for line in told(self.hostile(repo, evil), "text").split("\n")
        )

    def test_a_large_difference_fits_a_comment_and_is_counted(self, repo: pathlib.Path) -> None:
        report = stub.report(repo)
        first = msgspec.structs.replace(report.findings[0], context="live")
        many = [
            msgspec.structs.replace(first, path=f"{n}.py", fingerprint=str(n), message=f"{n} no")
            for n in range(5_000)
        ]
        found = compare(
            kept(msgspec.structs.replace(report, findings=())),
            kept(msgspec.structs.replace(report, findings=tuple(many))),
            LIVE_ONLY,
        )
        text = told(found, "markdown")
        shown = text.count(" no\n")
        assert size(text) <= 65_000 and f"- {5_000 - shown} more, not shown here" in text
        assert "**New findings: 5000**" in text

    @pytest.mark.parametrize("name", FORMATS)
    def test_the_same_bytes_come_out_twice(self, name: str, repo: pathlib.Path) -> None:
        assert told(self.hostile(repo, "x"), name) == told(self.hostile(repo, "x"), name)
