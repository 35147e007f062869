"""The comment on a pull request: it fits, tells what it leaves out, and lets no stranger speak."""

import pathlib
import re
from html.parser import HTMLParser

import msgspec
import pytest
from hypothesis import example, given
from hypothesis import strategies as st
from markdown_it import MarkdownIt

from portlint import catalog
from portlint.model import Evidence, Finding, NotAnalysed
from portlint.render import Style, render
from portlint.render.markdown import ROOM
from portlint.render.markdown.fit import Section, fitted, size, whole
from portlint.render.marks import ROOM as WORDS
from portlint.render.marks import cell, code, place, plain, prose
from portlint.report import Report
from tests import reports, stub
from tests.strangers import EVIL, hostile

PARSER = MarkdownIt("commonmark", {"html": True}).enable(["table", "strikethrough"])
LIVE = re.compile(
    r"@\w|#\w|\bGH-\d|https?://|www\.|:[a-z0-9_+-]+:|\$\w|\b(?=[a-f]*\d)[0-9a-f]{7,40}\b",
    re.IGNORECASE,
)
"""What a host acts on in text that it has rendered."""
strange = st.one_of(
    st.text(),
    st.lists(st.sampled_from([*EVIL, *"`|\\<>@#[]()!*_~$&:-+= \n1.ax"])).map("".join),
)


class Shown(HTMLParser):
    """What a reader of rendered Markdown gets: tags, links, text outside code, code."""

    def __init__(self, markdown: str) -> None:
        super().__init__()
        self.tags: list[str] = []
        self.links: list[str] = []
        self.open: list[str] = []
        self.text = self.code = ""
        self.feed(PARSER.render(markdown))
        self.close()

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.append(tag)
        self.open.append(tag)
        self.links += [value or "" for name, value in attrs if name in ("href", "src")]
        assert {name for name, _ in attrs} <= {"href", "style", "start"}

    def handle_endtag(self, tag: str) -> None:
        assert self.open.pop() == tag

    def handle_data(self, data: str) -> None:
        if "code" in self.open:
            self.code += data
        else:
            self.text += f"{data}\u200b" if "span" in self.open else data

    def handle_comment(self, data: str) -> None:
        raise AssertionError(data)

    def handle_decl(self, decl: str) -> None:
        raise AssertionError(decl)

    def handle_pi(self, data: str) -> None:
        raise AssertionError(data)

    def unknown_decl(self, data: str) -> None:
        raise AssertionError(data)


def words(text: str) -> str:
    """Text without the spaces that a browser folds, and those of no width."""
    return "".join(text.replace("\u200b", "").split())


@pytest.fixture
def report(tmp_path: pathlib.Path, monkeypatch: pytest.MonkeyPatch) -> Report:
    stub.use_stub_rules(monkeypatch)
    return stub.report(stub.write(tmp_path / "repo", stub.REPOSITORY), audit=True)


def shown(report: Report) -> str:
    return render(report, "markdown", Style(rules=catalog.shipped().rules, audit=bool(report.plan)))


class TestMarks:
    @given(strange)
    @example("1234567. x")
    @example(":tada: x")
    @example("$$x$$")
    @example("0``.")
    def test_prose_is_shown_as_it_was_and_does_nothing(self, text: str) -> None:
        for made in (prose(text), f"- {prose(text)}", f"a **b** {plain(text)}"):
            got = Shown(made)
            assert set(got.tags) <= {"p", "code", "ul", "li", "strong", "span"}
            assert got.links == [] and not LIVE.search(got.text)

    @given(st.text(st.characters(codec="ascii", exclude_characters="`"), max_size=WORDS))
    def test_nothing_is_added_to_words_and_nothing_lost(self, text: str) -> None:
        if text.isprintable():
            assert words(Shown(f"a {plain(text)}").text) == words(f"a{text}")

    @given(strange)
    def test_code_is_shown_as_it_was(self, text: str) -> None:
        got = Shown(f"a {code(text)} b")
        assert set(got.tags) <= {"p", "code"} and words(got.text) == "ab"
        if text.isprintable() and len(text) < WORDS and text.strip():
            assert got.code == text

    @given(strange, strange)
    def test_a_cell_of_a_table_stays_one(self, text: str, other: str) -> None:
        line = f"| a | {cell(code(text))} | {cell(prose(other))} |"
        got = Shown(f"| x | y | z |\n|---|---|---|\n{line}\n")
        assert got.tags.count("td") == 3 and got.tags.count("tr") == 2
        assert got.links == [] and not LIVE.search(got.text)
        if text.isprintable() and len(text) < WORDS and text.strip() and "`" not in other:
            assert got.code == text

    def test_a_long_path_keeps_its_end_and_its_line(self) -> None:
        told = place("deep/" * 200 + "model.py", 12)
        assert len(told) < WORDS + 20 and told.endswith("deep/model.py:12`") and "…" in told


class TestFitted:
    @given(
        st.lists(st.lists(st.integers(2, 400), max_size=30), max_size=8),
        st.integers(2_000, 20_000),
    )
    def test_it_fits_and_counts_what_is_left_out(self, rows: list[list[int]], room: int) -> None:
        def section(name: int, sizes: list[int]) -> Section:
            lines = ["x" * (n - 1) + "\n" for n in sizes]
            return Section(
                f"{name}\n", lines, lambda count: f"{len(lines) - count} left\n", "end\n"
            )

        parts = [section(*item) for item in enumerate(rows)]
        text = fitted(parts, room)
        assert size(text) <= room
        left = sum(int(n) for n in re.findall(r"^(\d+) left$", text, re.MULTILINE))
        assert text.count("x\n") + left == sum(map(len, rows))
        if size(whole(parts)) + 100 * len(parts) <= room:
            assert text == whole(parts)


class TestComment:
    def test_the_verdict_comes_first(self, report: Report) -> None:
        first, _, second, *_ = shown(report).splitlines()
        assert first.startswith("### portlint: ") and first.endswith(" h")
        assert second.startswith("Score ") and "trn2, native-eager" in second

    def test_every_rule_and_every_unread_file_is_in_it(self, report: Report) -> None:
        text = shown(report)
        for finding in report.findings:
            assert finding.rule in text
            assert finding.context != "live" or f"{finding.path}:{finding.line}`" in text
        assert "`broken.py` is not valid Python" in text

    def test_counted_findings_come_before_the_rest_and_breaks_before_slow(
        self, report: Report
    ) -> None:
        text = shown(report)
        heads = re.findall(r"^- \*\*NEU\d+\*\* [\w-]+, \*\*(\w+)\*\*", text, re.MULTILINE)
        order = ["breaks", "accuracy", "slow", "info"]
        assert heads == sorted(heads, key=order.index) and len(set(heads)) > 1
        assert text.index("do not count") > text.index("**NEU110**")

    def test_models_of_one_file_that_fare_alike_are_counted_one_by_one(
        self, report: Report
    ) -> None:
        text = shown(msgspec.structs.replace(report, scope=reports.scope()))
        assert "- models: inference: runs 1, ready 3; training: blocked 3, ready 1." in text
        assert "Ready and blocked: blocked 4, unknown 1, runs 1, ready 4" in text
        assert "| `ViT` and 1 more in `models/vision/vit.py:12` | training |" in text

    def test_folded_parts_are_closed(self, report: Report) -> None:
        got = Shown(shown(report))
        assert got.open == [] and got.tags.count("details") == got.tags.count("summary") > 2

    @pytest.mark.parametrize("evil", EVIL)
    def test_strangers_say_nothing_through_it(self, evil: str, report: Report) -> None:
        clean = Shown(shown(hostile(report, "harmless")))
        got = Shown(shown(hostile(report, evil)))
        assert not LIVE.search(got.text)
        assert set(got.links) <= {e.url for f in report.findings for e in f.evidence}
        for tag in ("table", "tr", "td", "li", "h3", "details", "p"):
            assert got.tags.count(tag) == clean.tags.count(tag), tag
        assert set(got.tags) - set(clean.tags) <= {"span"}

    def test_an_address_that_is_none_is_no_link(self, report: Report) -> None:
        source = Evidence(url="javascript:alert(1)", checked=report.knowledge.checked)
        first = msgspec.structs.replace(report.findings[0], evidence=(source,), context="live")
        text = shown(msgspec.structs.replace(report, findings=(first,)))
        assert Shown(text).links == [] and "`javascript:alert(1)`" in text

    @pytest.mark.parametrize("long", [False, True])
    def test_it_fits_whatever_the_repository_and_counts_the_rest(
        self, long: bool, report: Report
    ) -> None:
        first = report.findings[0]
        path = ("ü" * 90 + "/") * 40 if long else "pkg/"

        def numbered(n: int) -> Finding:
            return msgspec.structs.replace(
                first,
                rule=f"NEU{n % 900:03}",
                path=f"{path}{n}.py",
                message=f"{n} " + "long words " * (1_000 * long),
                context="live",
                fingerprint=f"{n:020}",
            )

        unread = tuple(NotAnalysed(path=f"{path}{n}", reason="no") for n in range(3_000))
        big = msgspec.structs.replace(
            report,
            findings=tuple(numbered(n) for n in range(20_000)),
            not_analysed=unread,
            plan=report.plan * 900,
        )
        text = shown(big)
        assert len(text) <= size(text) <= ROOM and Shown(text).open == []
        left, rules = re.findall(r"^- (\d+) more findings of (\d+) rules", text, re.MULTILINE)[0]
        listed = [
            sum(map(int, re.findall(r", (\d+) places", line)))
            for line in text.splitlines()
            if line.startswith("- **NEU") and "for the first" in line
        ]
        assert sum(listed) + int(left) == 20_000 and len(listed) + int(rules) == 900
        unseen = int(re.findall(r"^- (\d+) more, not shown here", text, re.MULTILINE)[-1])
        assert len(re.findall(r"^- `.*` no$", text, re.MULTILINE)) + unseen == 3_000

    def test_an_empty_folder_has_a_comment_too(
        self, tmp_path: pathlib.Path, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        stub.use_stub_rules(monkeypatch)
        (tmp_path / "repo").mkdir()
        text = shown(stub.report(tmp_path / "repo", audit=True))
        assert text.startswith("### portlint: ready, 0 h\n") and "<details>" not in text
