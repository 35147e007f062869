"""The page of HTML, read as text: what is on it, what it may load, and how large it gets."""

import base64
import hashlib
import re
from html import unescape
from html.parser import HTMLParser

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from portlint import catalog
from portlint.render import Style, render
from portlint.render.page import heat, network, waves
from portlint.render.page.places import places
from portlint.render.page.snippet import snippet
from portlint.report import FileRow, Picture, Report
from tests import reports
from tests.readme import ROOT
from tests.screenshot import IMAGE

SECTIONS = (
    *("plan", "targets", "heat", "effort", "scope", "models", "modules", "findings", "unread"),
    "method",
)
VOID = frozenset("meta input br".split())
LOADING = frozenset("src srcset data action poster background formaction ping manifest".split())


class Page(HTMLParser):
    """What a page is made of: tags with attributes, and scripts and styles by their text."""

    def __init__(self, text: str) -> None:
        super().__init__()
        self.tags: list[tuple[str, dict[str, str]]] = []
        self.inside: dict[str, list[str]] = {"script": [], "style": [], "title": []}
        self.open: list[str] = []
        self.feed(text)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.append((tag, {name: value or "" for name, value in attrs}))
        if tag not in VOID:
            self.open.append(tag)

    def handle_endtag(self, tag: str) -> None:
        while self.open and self.open.pop() != tag:
            pass

    def handle_data(self, data: str) -> None:
        if self.open and self.open[-1] in self.inside:
            self.inside[self.open[-1]].append(data)

    def values(self, name: str) -> list[str]:
        return [attrs[name] for _, attrs in self.tags if name in attrs]

    @property
    def policy(self) -> str:
        metas = [attrs for tag, attrs in self.tags if tag == "meta"]
        return next(m["content"] for m in metas if m.get("http-equiv") == "Content-Security-Policy")


def page(report: Report, name: str = "sample") -> str:
    return render(report, "html", Style(rules=catalog.shipped().rules, name=name))


def without(**parts: object) -> str:
    return page(msgspec.structs.replace(reports.whole(), **parts))


@pytest.fixture(scope="module")
def whole() -> str:
    return page(reports.whole())


@pytest.fixture(scope="module")
def hostile() -> str:
    return page(reports.hostile())


def test_the_same_report_gives_the_same_bytes(whole: str) -> None:
    assert page(reports.whole()) == whole


class TestSafety:
    def test_the_policy_allows_this_style_and_this_script_and_nothing_else(
        self, whole: str
    ) -> None:
        found = Page(whole)
        [script], [style] = found.inside["script"], found.inside["style"]
        assert found.policy.split("; ") == [
            "default-src 'none'",
            f"style-src '{_digest(style)}'",
            f"script-src '{_digest(script)}'",
            "base-uri 'none'",
            "form-action 'none'",
        ]

    @pytest.mark.parametrize("text", ["whole", "hostile"])
    def test_nothing_is_loaded(self, text: str, request: pytest.FixtureRequest) -> None:
        found = Page(request.getfixturevalue(text))
        names = {name for _, attrs in found.tags for name in attrs}
        assert not names & LOADING and "style" not in names
        assert not [name for name in names if name.startswith("on")]
        assert not {tag for tag, _ in found.tags} & {
            "link",
            "iframe",
            "img",
            "object",
            "embed",
            "base",
        }
        style = "".join(found.inside["style"])
        assert "url(" not in style and "@import" not in style

    @pytest.mark.parametrize("text", ["whole", "hostile"])
    def test_links_stay_on_the_page_or_lead_to_a_source(
        self, text: str, request: pytest.FixtureRequest
    ) -> None:
        found = Page(request.getfixturevalue(text))
        links = found.values("href")
        outside = [link for link in links if not link.startswith("#")]
        assert all(link.startswith("https://") for link in outside)
        ids = found.values("id")
        assert len(ids) == len(set(ids))
        assert {link[1:] for link in links if link.startswith("#")} <= set(ids)
        assert set(" ".join(found.values("aria-labelledby")).split()) <= set(ids)

    def test_text_of_strangers_is_text(self, hostile: str) -> None:
        found = Page(hostile)
        assert len(found.inside["script"]) == len(found.inside["style"]) == 1
        assert "&lt;/script&gt;&lt;script&gt;alert(1)" in hostile
        assert "{{ 7 * 7 }}" in hostile
        assert "\\u202eright to left\\u2066 and \\x1b[31m red\\x00" in hostile
        assert not set("\u202e\u2066\x1b\x00\ud800") & set(hostile)

    def test_the_name_of_the_repository_is_text(self) -> None:
        assert reports.HOSTILE[0] not in page(reports.checked(), reports.HOSTILE[0])

    def test_lines_of_ten_thousand_characters_are_cut(self, hostile: str) -> None:
        assert "x" * 500 in hostile and "x" * 601 not in hostile

    @given(st.text(max_size=400), st.integers(1, 300), st.integers(0, 300))
    def test_what_a_finding_speaks_of_stays_in_sight(
        self, text: str, start: int, more: int
    ) -> None:
        line = f"x{text}"
        made = msgspec.structs.replace(
            reports.finding(0), snippet=line, column=start, end_column=start + more
        )
        found = snippet(made)
        assert found is not None and sum(map(len, found)) <= 50 + 100 + 70
        assert "".join(found).isprintable()

    def test_a_backtick_that_stands_alone_is_text(self) -> None:
        first = msgspec.structs.replace(reports.finding(0), message="a ` b", context="live")
        assert "a ` b" in page(msgspec.structs.replace(reports.checked(), findings=(first,)))

    def test_code_in_messages_keeps_its_marks_beside_signs_that_are_not_ascii(self) -> None:
        first = msgspec.structs.replace(reports.finding(0), message="`a` → `b`", context="live")
        shown = page(msgspec.structs.replace(reports.checked(), findings=(first,)))
        assert "<code>a</code> → <code>b</code>" in shown


class TestSections:
    def test_all_of_them_are_there_in_reading_order(self, whole: str) -> None:
        assert tuple(re.findall(r'<section id="(\w+)"', whole)) == ("verdict", *SECTIONS)

    @pytest.mark.parametrize(
        ("part", "section"),
        [
            ({"plan": (), "stages": ()}, "plan"),
            ({"matrix": ()}, "targets"),
            ({"files": ()}, "heat"),
            ({"scope": ()}, "scope"),
            ({"models": ()}, "models"),
            ({"modules": None}, "modules"),
            ({"modules": Picture(modules=(), imports=())}, "modules"),
            ({"not_analysed": ()}, "unread"),
        ],
    )
    def test_what_a_report_does_not_hold_is_absent(
        self, part: dict[str, object], section: str
    ) -> None:
        shown = without(**part)
        assert f'id="{section}"' not in shown and f'href="#{section}"' not in shown

    def test_a_check_shows_no_plan_and_no_other_targets(self) -> None:
        shown = page(reports.checked())
        found = re.findall(r'<section id="(\w+)"', shown)
        assert found == ["verdict", "effort", "findings", "method"]

    def test_an_empty_folder_has_a_page(self) -> None:
        empty = reports.checked(0)
        figures = msgspec.structs.replace(
            empty.summary,
            difficulty="ready",
            score=0,
            hours=(0, 0),
            hours_by_impact={},
            files=0,
            lines=0,
        )
        shown = page(msgspec.structs.replace(empty, summary=figures), "")
        assert "No file was read: this says nothing about any code." in shown
        assert "<p>None.</p>" in shown and ">0 h<" in shown and "<form" not in shown

    def test_what_is_not_known_is_not_zero(self) -> None:
        report = reports.checked()
        figures = msgspec.structs.replace(report.summary, difficulty=None, score=None, hours=None)
        shown = page(msgspec.structs.replace(report, summary=figures))
        assert shown.count("<b>unknown") == 3


class TestContent:
    def test_the_verdict_comes_first(self, whole: str) -> None:
        assert 0 < whole.index("46–210 h") < whole.index('id="plan"')

    def test_every_finding_is_on_the_page(self) -> None:
        report = reports.whole(500)
        shown = unescape(re.sub(r"<[^>]*>", "", page(report)))
        assert all(f.path in shown and f"{f.line}:{f.column}" in shown for f in report.findings)

    def test_every_finding_is_counted_once(self) -> None:
        report = reports.whole(3000)
        found = places(report.findings, catalog.shipped().rules, frozenset({"live"}), set())
        blocks = [*found.counted, *found.aside]
        counts = sum(file.findings for b in blocks for said in b.said for file in said.files)
        assert counts == sum(b.findings for b in blocks) == 3000

    def test_packages_lead_to_their_findings(self, whole: str) -> None:
        report = reports.whole()
        found = places(
            report.findings,
            catalog.shipped().rules,
            frozenset({"live"}),
            {p.root_cause for p in report.plan},
        )
        causes = {p.root_cause for p in report.plan if p.findings}
        assert set(found.anchors) == causes
        assert all(f'<dl id="{anchor}"' in whole for anchor in found.anchors.values())

    def test_every_package_of_the_plan_is_named_or_summed(self, whole: str) -> None:
        shown = unescape(whole)
        assert all(p.title in shown for p in reports.whole().plan)

    def test_models_that_fare_the_same_are_counted_one_by_one(self, whole: str) -> None:
        shown = unescape(whole)
        assert "For inference, 3 of 5 models and entry points are ready (ViT, ViTLarge" in shown
        assert "For training: 1 ready, 4 blocked" in shown

    def test_repeats_in_a_file_are_one_entry(self) -> None:
        one = msgspec.structs.replace(reports.finding(1), root_cause="NEU201")
        many = tuple(
            msgspec.structs.replace(one, line=n, end_line=n, fingerprint=f"{n:020x}")
            for n in range(10, 60)
        )
        shown = page(msgspec.structs.replace(reports.checked(), findings=many))
        assert shown.count(f"<b>{one.path}</b>") == 1 and 'data-n="50"' in shown
        assert "also 13:" in shown and "and 27 more" in shown

    def test_what_does_not_count_stands_apart_and_costs_no_advice(self, whole: str) -> None:
        aside = whole[whole.index("Found, and not counted") : whole.index('id="unread"')]
        assert 'data-c="test"' in aside and "Instead:" not in aside

    def test_sources_are_told_once_with_the_day_they_were_read(self, whole: str) -> None:
        urls = {e.url for f in reports.whole().findings for e in f.evidence}
        assert all(whole.count(f'href="{url}"') == 1 for url in urls)
        assert "read 2026-11-21" in whole

    def test_tables_and_pictures_have_words(self, whole: str) -> None:
        assert whole.count('role="img"') == whole.count("<title id=") == 6
        assert whole.count("<table") == whole.count("<caption")
        for head in re.findall(r"<th[ >][^>]*", whole):
            assert 'scope="' in head


class TestSize:
    def test_two_thousand_findings_fit_400_kilobytes(self) -> None:
        size = len(page(reports.whole(2000)).encode())
        assert size < 400_000

    def test_twenty_thousand_findings_fit_a_megabyte(self) -> None:
        size = len(page(reports.whole(20_000)).encode())
        assert size < 1_000_000


class TestPictures:
    @given(
        st.lists(
            st.tuples(
                st.lists(st.sampled_from("abcd"), min_size=1, max_size=5), st.integers(0, 5000)
            ),
            max_size=80,
        )
    )
    def test_tiles_stay_inside_and_cover_what_their_lines_are_worth(
        self, made: list[tuple[list[str], int]]
    ) -> None:
        rows = [
            FileRow(path=f"{'/'.join(folders)}/{n}.py", lines=lines, hours=(0, n), by_impact={})
            for n, (folders, lines) in enumerate(made)
        ]
        found = heat.tiles(rows)
        assert len(found) <= heat.TILES * 2 and bool(found) == any(r.lines for r in rows)
        for tile in found:
            assert tile.x >= -0.1 and tile.x + tile.width <= heat.WIDTH + 0.2
            assert tile.y >= -0.1 and tile.y + tile.height <= heat.HEIGHT + 0.2

    def test_thousands_of_files_make_a_picture_that_can_be_read(self) -> None:
        found = heat.tiles(list(reports.files(5000)))
        assert len([t for t in found if not t.frame]) <= heat.TILES

    def test_folders_of_any_depth_make_a_picture(self) -> None:
        row = FileRow(path="a/" * 2000 + "b.py", lines=9, hours=(1, 2), by_impact={"breaks": 1})
        other = msgspec.structs.replace(row, path="c.py")
        assert {tile.level for tile in heat.tiles([row, other]) if not tile.frame} == {"small"}

    def test_work_is_not_put_together_with_what_has_none(self) -> None:
        rows = [
            FileRow(path=f"{n}.py", lines=1, hours=(0, n % 2), by_impact={}) for n in range(9000)
        ]
        found = [(tile.label, tile.level) for tile in heat.tiles(rows) if not tile.path]
        assert sorted(found) == [("4,500 other files", "nothing"), ("4,500 other files", "small")]

    def test_a_package_begins_when_all_it_waits_for_has_ended(self) -> None:
        report = reports.whole()
        chart = waves.chart(report)
        assert chart is not None
        ends = {bar.package.root_cause: bar.x + bar.width for bar in chart.bars}
        for bar in chart.bars:
            assert all(bar.x >= ends[key] - 0.2 for key in bar.package.after if key in ends)

    def test_lines_of_the_module_picture_join_boxes(self) -> None:
        drawing = network.drawing(reports.picture())
        assert len(drawing.boxes) == 8 and len(drawing.lines) == 11
        assert all(box.y + network.HIGH <= drawing.height for box in drawing.boxes)

    def test_the_name_of_a_module_stays_in_its_box(self) -> None:
        picture = reports.picture()
        [first, *_] = picture.modules
        named = msgspec.structs.replace(first, name="mamba_ssm-2.3.2.post1")
        alone = msgspec.structs.replace(picture, modules=(named,), imports=())
        [box] = network.drawing(alone).boxes
        assert box.label == "…_ssm-2.3.2.post1"


def test_the_readme_shows_a_small_picture_of_it() -> None:
    image = IMAGE.relative_to(ROOT).as_posix()
    assert f"({image})" in (ROOT / "README.md").read_text(encoding="utf-8")
    data = IMAGE.read_bytes()
    assert data.startswith(b"\x89PNG") and len(data) <= 200_000


def _digest(content: str) -> str:
    return f"sha256-{base64.b64encode(hashlib.sha256(content.encode()).digest()).decode()}"
