"""Rules as they are declared: what is malformed is refused with file and key."""

import pathlib
import shutil

import pytest

from portlint import catalog
from portlint.effort.weights import weights
from portlint.errors import RuleError
from portlint.source import index
from tests.stub import RULES

GOOD = """\
code = "NEU321"
name = "made-up-call"
subject = "made-up"
summary = "{symbol} is made up"
why = "Because."
fix = "nothing"
symbols = ["made.up"]

[effort]
once = [1, 2]
each = 0.5

[[verdict]]
impact = "breaks"
confidence = "documented"
evidence = "https://example.org/"
checked = 2026-01-02

[[bad]]
code = "import made; made.up()"

[[good]]
code = "made.up()"
"""


def load(folder: pathlib.Path, text: str, name: str = "made-up/NEU321.toml") -> catalog.Catalog:
    path = folder / name
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(text)
    return catalog.load(folder)


def test_a_rule_is_read(tmp_path: pathlib.Path) -> None:
    rule = load(tmp_path, GOOD).rules["NEU321"]
    assert rule.symbols == ("made.up",) and rule.effort.once == (1, 2)
    assert rule.sites == ("use",) and rule.root_cause == "symbol"


def test_a_detector_of_the_source_pass_needs_gates(tmp_path: pathlib.Path) -> None:
    text = GOOD.replace('symbols = ["made.up"]', 'detector = "devices:device_string"')
    with pytest.raises(RuleError, match="NEU321: key 'gates'"):
        index.build(load(tmp_path, text))


@pytest.mark.parametrize(
    ("old", "new", "key"),
    [
        ('code = "NEU321"', 'code = "NEU322"', "code"),
        ('code = "NEU321"\n', "", "code"),
        ('name = "made-up-call"', 'name = "Made_Up"', "name"),
        ('subject = "made-up"', 'subject = "other"', "subject"),
        ("symbols", "symbol", "symbol"),
        ('symbols = ["made.up"]\n', "", "symbols"),
        ('symbols = ["made.up"]', 'symbols = "made.up"', "symbols"),
        ('symbols = ["made.up"]', 'symbols = ["made.up"]\nsites = ["above"]', "sites[0]"),
        ('symbols = ["made.up"]', 'table = "nowhere"', "table"),
        ('symbols = ["made.up"]', 'fact = [{kind = "env", name = "("}]', "fact[0].name"),
        ("once = [1, 2]", "once = [2, 1]", "effort.once"),
        ("once = [1, 2]", "once = [1]", "effort.once"),
        ("once = [1, 2]\n", "", "effort.once"),
        ('"breaks"', '"explodes"', "verdict[0].impact"),
        ('"documented"', '"sure"', "verdict[0].confidence"),
        ('"https://example.org/"', '"http://example.org/"', "verdict[0].evidence"),
        ('"https://example.org/"', '"judgement"', "verdict[0].confidence"),
        ("checked = 2026-01-02\n", "", "verdict[0].checked"),
        ("2026-01-02", '"soon"', "verdict[0].checked"),
        ('[[bad]]\ncode = "import made; made.up()"\n', "", "bad"),
        ('[[good]]\ncode = "made.up()"\n', "", "good"),
        ("[[bad]]", "[[bad]]\nlines = 3", "bad[0].lines"),
    ],
)
def test_what_is_malformed_is_refused_with_file_and_key(
    old: str, new: str, key: str, tmp_path: pathlib.Path
) -> None:
    assert old in GOOD
    with pytest.raises(RuleError) as caught:
        load(tmp_path, GOOD.replace(old, new))
    told = str(caught.value)
    assert "NEU321.toml: " in told and f"key '{key}': " in told


def test_what_is_not_toml_is_refused(tmp_path: pathlib.Path) -> None:
    with pytest.raises(RuleError, match=r"NEU321\.toml: is not TOML"):
        load(tmp_path, GOOD + "x = ")


def test_a_verdict_is_needed(tmp_path: pathlib.Path) -> None:
    start, end = GOOD.index("[[verdict]]"), GOOD.index("[[bad]]")
    with pytest.raises(RuleError, match="key 'verdict'"):
        load(tmp_path, GOOD[:start] + GOOD[end:])


def test_a_code_belongs_to_one_file(tmp_path: pathlib.Path) -> None:
    load(tmp_path, GOOD)
    with pytest.raises(RuleError, match="declared twice"):
        load(tmp_path, GOOD.replace('"made-up"', '"other"'), "other/NEU321.toml")


def test_a_folder_without_rules_is_refused(tmp_path: pathlib.Path) -> None:
    with pytest.raises(RuleError, match="holds no rules"):
        catalog.load(tmp_path)


class TestTables:
    HEAD = "symbol,rule,impact,confidence,evidence,checked\n"
    RULE = GOOD.replace('symbols = ["made.up"]', 'table = "made"')

    def table(self, folder: pathlib.Path, rows: str) -> catalog.Catalog:
        (folder / "tables").mkdir()
        (folder / "tables" / "made.csv").write_text(self.HEAD + rows)
        return load(folder, self.RULE)

    def test_rows_belong_to_their_rule_and_names_share_a_row(self, tmp_path: pathlib.Path) -> None:
        row = "breaks,documented,https://example.org/,2026-01-02"
        loaded = self.table(tmp_path, f"made.a; made.b,NEU321,{row}\nmade.c,NEU999,{row}\n")
        assert set(loaded.rules["NEU321"].rows) == {"made.a", "made.b"}

    @pytest.mark.parametrize(
        "row",
        [
            "made.a,NEU321,explodes,documented,https://example.org/,2026-01-02",
            "made.a,NEU321,breaks,documented,https://example.org/,",
            "made.a,NEU999,breaks,documented,https://example.org/,2026-01-02",
        ],
    )
    def test_a_wrong_row_is_refused(self, row: str, tmp_path: pathlib.Path) -> None:
        with pytest.raises(RuleError, match=r"made\.csv"):
            self.table(tmp_path, row + "\n")


class TestShipped:
    def test_names_are_unique_and_codes_fit_their_files(self) -> None:
        rules = catalog.shipped().rules
        assert len({rule.name for rule in rules.values()}) == len(rules)
        assert all(code == rule.code for code, rule in rules.items())

    def test_every_address_is_public_and_every_date_is_past(self) -> None:
        for rule in catalog.shipped().rules.values():
            said = [(v.evidence, v.checked) for v in rule.verdict]
            said += [(row.evidence, row.checked) for row in rule.rows.values()]
            for address, checked in said:
                assert address == "judgement" or address.startswith("https://"), rule.code
                assert checked.year >= 2026, rule.code

    def test_summaries_fill_in_only_what_there_is(self) -> None:
        for rule in catalog.shipped().rules.values():
            text = rule.summary
            for hole in ("{symbol}", "{value}", "{what}"):
                text = text.replace(hole, "")
            assert "{" not in text and "\n" not in text, rule.code


def test_the_digest_follows_every_file(tmp_path: pathlib.Path) -> None:
    folder = tmp_path / "rules"
    shutil.copytree(RULES, folder)
    before = catalog.load(folder).digest
    assert catalog.load(folder).digest == before == catalog.load(RULES).digest
    (folder / "weights.toml").write_text((folder / "weights.toml").read_text() + "# more\n")
    assert catalog.load(folder).digest != before


def test_the_weights_are_in_order() -> None:
    figures = weights(catalog.shipped())
    for group in (figures.difficulty, figures.hardest):
        levels = [getattr(group, name) for name in group.__struct_fields__]
        assert levels == sorted(levels) and len(levels) == 4
