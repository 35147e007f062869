"""The page of HTML in a real Chromium: silent, offline, usable by keyboard, by ear and on paper."""

import pathlib
import re
from collections.abc import Iterator
from typing import TYPE_CHECKING

import pytest

from portlint import catalog
from portlint.render import Style, render
from tests import browsers, reports

if TYPE_CHECKING:
    from playwright.sync_api import Browser, Page

pytestmark = [pytest.mark.slow, pytest.mark.xdist_group("browser")]
MAKERS = {"whole": reports.whole, "checked": reports.checked, "hostile": reports.hostile}
VISIBLE = ".rule:not([hidden])"


@pytest.fixture(scope="module")
def browser(request: pytest.FixtureRequest) -> Iterator["Browser"]:
    with browsers.started(required=request.config.getoption("--require-browser")) as found:
        yield found


@pytest.fixture(scope="module")
def files(tmp_path_factory: pytest.TempPathFactory) -> dict[str, pathlib.Path]:
    """One page for each report."""
    folder = tmp_path_factory.mktemp("pages")
    found = {}
    for name, make in MAKERS.items():
        found[name] = folder / f"{name}.html"
        write(found[name], make())
    return found


def write(file: pathlib.Path, report: object) -> None:
    style = Style(rules=catalog.shipped().rules, name="sample")
    file.write_text(render(report, "html", style), encoding="utf-8")  # type: ignore[arg-type]


@pytest.fixture
def page(browser: "Browser", files: dict[str, pathlib.Path]) -> Iterator["Page"]:
    with browsers.opened(browser, files["whole"]) as (found, _):
        yield found


@pytest.mark.parametrize("name", MAKERS)
@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_it_says_nothing_and_asks_for_nothing(
    browser: "Browser", files: dict[str, pathlib.Path], name: str, scheme: str
) -> None:
    with browsers.opened(browser, files[name], color_scheme=scheme) as (found, seen):
        for block in found.locator("details").all():
            block.evaluate("e => { e.open = true }")
        found.mouse.wheel(0, 20_000)
        assert seen.console == []
        assert seen.requests == [files[name].as_uri()]


@pytest.mark.parametrize("name", ["whole", "checked"])
@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_axe_finds_no_barrier(
    browser: "Browser", files: dict[str, pathlib.Path], name: str, scheme: str
) -> None:
    from axe_playwright_python.sync_playwright import Axe  # type: ignore[import-untyped]

    # the policy of the page keeps tools of others out as well
    with browsers.opened(browser, files[name], color_scheme=scheme, bypass_csp=True) as (found, _):
        found.evaluate("for (const e of document.querySelectorAll('details')) e.open = true")
        result = Axe().run(found)
        assert result.violations_count == 0, result.generate_report()


class TestHostile:
    def test_text_of_strangers_shows_as_text(
        self, browser: "Browser", files: dict[str, pathlib.Path]
    ) -> None:
        with browsers.opened(browser, files["hostile"]) as (found, seen):
            assert found.locator("script").count() == found.locator("style").count() == 1
            assert found.locator("img, iframe, [onerror], [onload]").count() == 0
            text = found.locator("body").evaluate("e => e.textContent")
            for sign in ("</script><script>alert(1)", '"><img src=x onerror=alert(1)>', "\\u202e"):
                assert sign in text
            assert "\u202e" not in text and seen.console == []

    def test_a_line_of_ten_thousand_characters_makes_nothing_wider(
        self, browser: "Browser", files: dict[str, pathlib.Path]
    ) -> None:
        with browsers.opened(browser, files["hostile"]) as (found, _):
            found.evaluate("for (const e of document.querySelectorAll('details')) e.open = true")
            assert found.evaluate("document.documentElement.scrollWidth <= innerWidth")


class TestFilters:
    def test_an_impact_that_is_not_wanted_goes(self, page: "Page") -> None:
        page.uncheck("[value=breaks]")
        assert shown(page) == {"accuracy", "slow", "info"}
        page.check("[value=breaks]")
        page.uncheck("[value=slow]")
        assert shown(page) == {"breaks", "accuracy", "info"}

    def test_contexts_are_chosen_likewise(self, page: "Page") -> None:
        for name in ("guarded", "test", "example"):
            page.uncheck(f"[value={name}]")
        live = sum(f.context == "live" for f in reports.whole().findings)
        told(page, live)
        assert page.locator(f"{VISIBLE}.aside").count() == 0

    def test_a_rule_alone(self, page: "Page") -> None:
        page.select_option("#rule", "NEU118")
        told(page, sum(f.rule == "NEU118" for f in reports.whole().findings))
        assert set(page.locator(f"{VISIBLE} h4 code").all_inner_texts()) == {"NEU118"}

    def test_a_folder_alone(self, page: "Page") -> None:
        page.fill("#path", "kernels/")
        told(page, sum(f.path.startswith("kernels/") for f in reports.whole().findings))
        paths = page.locator(f"{VISIBLE} dd:not([class]):visible > b").all_inner_texts()
        assert paths and all(path.startswith("kernels/") for path in paths)

    def test_a_search_opens_what_it_finds(self, page: "Page") -> None:
        page.fill("#q", "FLASH_attn_func")
        told(page, sum(f.rule == "NEU801" for f in reports.whole().findings))
        assert page.locator("dd:visible mark", has_text="flash_attn_func").count() > 0

    def test_what_explains_a_rule_is_not_searched(self, page: "Page") -> None:
        page.fill("#q", "triton")  # the reason of NEU801 names it as well
        told(page, sum(f.rule == "NEU201" for f in reports.whole().findings))

    def test_several_words_have_to_be_there_all(self, page: "Page") -> None:
        page.fill("#q", "flash_attn kernels/")
        told(
            page,
            sum(
                f.rule == "NEU801" and f.path.startswith("kernels/")
                for f in reports.whole().findings
            ),
        )

    def test_nothing_found_is_told(self, page: "Page") -> None:
        page.fill("#q", "no such words")
        told(page, 0)
        assert page.locator(VISIBLE).count() == 0

    def test_one_button_shows_all_again(self, page: "Page") -> None:
        page.fill("#q", "no such words")
        told(page, 0)
        page.click("button[type=reset]")
        told(page, 60)

    def test_twenty_thousand_findings_are_searched(
        self, browser: "Browser", tmp_path: pathlib.Path
    ) -> None:
        report = reports.whole(20_000)
        write(tmp_path / "large.html", report)
        with browsers.opened(browser, tmp_path / "large.html") as (found, seen):
            found.fill("#q", "kernels/file_5.py")
            told(found, sum(f.path == "kernels/file_5.py" for f in report.findings), 20_000)
            assert seen.console == []

    def test_a_tile_of_the_map_leads_to_the_findings_of_its_file(self, page: "Page") -> None:
        tile = page.locator("svg.heat g[data-p]:not(.frame)", has_text="lines").first
        path = tile.locator("title").evaluate("e => e.textContent").rpartition(": ")[0]
        tile.locator("rect").click()
        assert page.input_value("#path") == path


class TestKeyboard:
    def test_a_slash_leads_to_the_search_and_escape_ends_it(self, page: "Page") -> None:
        page.keyboard.press("/")
        assert focus(page) == "q" and page.input_value("#q") == ""
        page.keyboard.type("no such words")
        told(page, 0)
        page.keyboard.press("Escape")
        told(page, 60)

    def test_tab_reaches_every_filter(self, page: "Page") -> None:
        page.focus("#q")
        reached = []
        for _ in range(12):
            reached.append(
                page.evaluate("document.activeElement.id || document.activeElement.value")
            )
            page.keyboard.press("Tab")
        assert reached[:3] == ["q", "path", "rule"]
        assert reached[3:11] == "breaks accuracy slow info live guarded test example".split()

    def test_n_and_p_go_from_rule_to_rule_and_enter_opens(self, page: "Page") -> None:
        page.keyboard.press("n")
        page.keyboard.press("n")
        page.keyboard.press("p")
        assert page.evaluate("document.activeElement.closest('.rule').id") == first(page)
        page.keyboard.press("Enter")
        assert page.evaluate("document.activeElement.closest('.rule').open")

    def test_the_first_stop_skips_the_contents(self, page: "Page") -> None:
        page.keyboard.press("Tab")
        assert page.evaluate("document.activeElement.className") == "skip"
        page.keyboard.press("Enter")
        assert focus(page) == "main"


def test_a_package_leads_to_its_findings_and_opens_them(page: "Page") -> None:
    page.evaluate("for (const e of document.querySelectorAll('.task')) e.open = true")
    link = page.locator(".task .body a[href^='#s']").first
    target = link.get_attribute("href")
    link.click()
    page.locator(str(target)).wait_for(state="visible")


def test_a_link_shows_what_a_filter_had_hidden(page: "Page") -> None:
    page.evaluate("for (const e of document.querySelectorAll('.task')) e.open = true")
    page.fill("#q", "no such words")
    told(page, 0)
    page.locator(".task .body a[href^='#s']").first.click()
    told(page, 60)


class TestWithoutScript:
    @pytest.fixture
    def still(self, browser: "Browser", files: dict[str, pathlib.Path]) -> Iterator["Page"]:
        with browsers.opened(browser, files["whole"], java_script_enabled=False) as (found, _):
            yield found

    def test_everything_can_be_read(self, still: "Page") -> None:
        assert still.locator("h1").is_visible() and still.locator(".big b").first.is_visible()
        block = still.locator(".rule").first
        block.locator("summary").click()
        assert block.locator("mark").first.is_visible()

    def test_no_filter_is_offered_that_would_do_nothing(self, still: "Page") -> None:
        assert not still.locator("#filter").is_visible()


class TestPaper:
    def test_what_is_closed_is_printed_open(self, page: "Page") -> None:
        page.emulate_media(media="print")
        heights = page.locator(".task .body, .rule dl").evaluate_all(
            "all => all.map(e => e.getBoundingClientRect().height)"
        )
        assert heights and min(heights) > 0
        assert not page.locator("nav").is_visible() and not page.locator("#filter").is_visible()

    def test_it_prints_on_dark_screens_as_on_light_ones(
        self, browser: "Browser", files: dict[str, pathlib.Path]
    ) -> None:
        with browsers.opened(browser, files["whole"], color_scheme="dark") as (found, _):
            found.emulate_media(media="print", color_scheme="dark")
            colors = found.evaluate(
                "(({backgroundColor: a, color: b}) => [a, b])(getComputedStyle(document.body))"
            )
            assert colors == ["rgb(255, 255, 255)", "rgb(0, 0, 0)"]

    def test_a_pdf_has_all_pages(self, page: "Page") -> None:
        data = page.pdf(format="A4", print_background=True, tagged=True)
        assert data.startswith(b"%PDF") and len(re.findall(rb"/Type\s*/Page\b", data)) > 5


@pytest.mark.parametrize("width", [320, 390, 768, 1100, 1920])
@pytest.mark.parametrize("name", ["whole", "checked"])
def test_nothing_is_cut_off_on_any_screen(
    browser: "Browser", files: dict[str, pathlib.Path], name: str, width: int
) -> None:
    with browsers.opened(browser, files[name], viewport={"width": width, "height": 800}) as (
        found,
        _,
    ):
        found.evaluate("for (const e of document.querySelectorAll('details')) e.open = true")
        assert found.evaluate("document.documentElement.scrollWidth") <= width


def shown(page: "Page") -> set[str]:
    """The impacts of the findings that are in sight."""
    page.wait_for_timeout(200)
    classes = page.locator(VISIBLE).evaluate_all("all => all.map(e => e.classList[1])")
    return set(classes)


def told(page: "Page", count: int, total: int = 60) -> None:
    """The page says that so many findings are shown, to those who cannot see it as well."""
    from playwright.sync_api import expect

    expect(page.locator("#shown")).to_have_text(f"{count:,} of {total:,} findings")


def focus(page: "Page") -> str:
    return str(page.evaluate("document.activeElement.id"))


def first(page: "Page") -> str:
    return str(page.locator(".rule").first.get_attribute("id"))
