"""What is known: every row says what, where, since when and who says so."""

import csv
import importlib.util
import re
from collections import Counter
from datetime import date
from pathlib import Path

import pytest

from portlint.catalog import columns, rules_folder, shipped
from portlint.errors import RuleError
from portlint.knowledge import rows
from portlint.row import CHIPS, COLUMNS, KINDS, STACKS, STATUS, WORKLOADS, Row, as_cells, read

ROWS = list(rows())
OVERLOAD = re.compile(r"aten\.(\w+)\.(\w+)")
GOOD = dict.fromkeys(COLUMNS, "") | {
    "name": "torch.thing",
    "kind": "api",
    "status": "supported",
    "stack": "*",
    "chip": "trn2;trn3",
    "workload": "*",
    "sdk": ">=2.33",
    "confidence": "documented",
    "evidence": "https://example.org/",
    "checked": "2026-11-21",
}


def write(path: Path, *lines: dict[str, str]) -> Path:
    with path.open("w", encoding="utf-8", newline="") as file:
        table = csv.DictWriter(file, COLUMNS)
        table.writeheader()
        table.writerows(lines)
    return path


def test_a_row_is_read_as_it_is_written(tmp_path: Path) -> None:
    (row,) = read(write(tmp_path / "things.csv", GOOD | {"aliases": "thing; stuff"}))
    assert (row.aliases, row.stack, row.chip) == (("thing", "stuff"), (), ("trn2", "trn3"))
    assert (row.sdk, row.checked, row.table) == (">=2.33", date(2026, 11, 21), "things")
    assert as_cells(row) == GOOD | {"aliases": "thing;stuff"}


@pytest.mark.parametrize(
    ("column", "cell", "said"),
    [
        ("status", "", "is empty"),
        ("status", "fine", "'fine' is none of"),
        ("kind", "gadget", "'gadget' is none of"),
        ("stack", "", "is empty"),
        ("stack", "xla;cuda", "cuda is none of"),
        ("chip", "", "is empty"),
        ("chip", "inf1", "inf1 is none of"),
        ("workload", "", "is empty"),
        ("sdk", "", "is empty"),
        ("sdk", "2.33", "no range of releases"),
        ("evidence", "", "is empty"),
        ("evidence", "http://example.org/", "https address"),
        ("evidence", "judgement", "https address"),
        ("confidence", "", "is empty"),
        ("confidence", "sure", "'sure' is not"),
        ("confidence", "unknown", "goes with the status"),
        ("checked", "", "is empty"),
        ("checked", "today", "no day"),
        ("checked", "2026-16-21", "no day"),
        ("checked", "20261121", "no day"),
        ("rule", "E501", "no code"),
    ],
)
def test_a_row_that_is_no_fact_is_refused_with_file_row_and_column(
    column: str, cell: str, said: str, tmp_path: Path
) -> None:
    path = write(tmp_path / "things.csv", GOOD, GOOD | {"name": "torch.other", column: cell})
    with pytest.raises(RuleError) as refused:
        list(read(path))
    assert f"{path}: line 3 (torch.other): column '{column}'" in str(refused.value)
    assert said in str(refused.value)


def test_a_table_with_other_columns_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "things.csv"
    path.write_text("name,kind,status\na,api,supported\n", encoding="utf-8")
    with pytest.raises(RuleError, match="the columns have to be"):
        list(read(path))


def test_there_are_several_thousand_rows_of_every_kind() -> None:
    assert len(ROWS) > 4000
    assert {row.kind for row in ROWS} <= set(KINDS)


def test_every_row_has_status_range_evidence_and_day() -> None:
    today = date.today()
    for row in ROWS:
        assert row.status in STATUS, row
        assert set(row.stack) <= STACKS and set(row.chip) <= CHIPS, row
        assert set(row.workload) <= WORKLOADS, row
        assert row.checked <= today, row
        unknown = row.confidence == "unknown"
        assert unknown == (row.status == "unknown"), row
        words = {"unknown": "none", "inferred": "judgement"}
        assert row.evidence.startswith("https://") or row.evidence == words.get(row.confidence), row


def test_the_rules_that_rows_name_exist() -> None:
    rules = shipped().rules
    assert [row for row in ROWS for code in row.rule.split(";") if code and code not in rules] == []


def key(row: Row) -> tuple[object, ...]:
    ranges = (row.stack, row.chip, row.workload, row.sdk)
    return (row.table, row.name, row.kind, row.via, *ranges)


def test_a_table_says_one_thing_of_a_name_on_a_target() -> None:
    twice = [found for found, count in Counter(map(key, ROWS)).items() if count > 1]
    assert twice == []


def test_every_table_that_cites_evidence_is_read() -> None:
    files = (rules_folder() / "tables").glob("*.csv")
    facts = {path.stem for path in files if "evidence" in columns(path)}
    assert facts == {row.table for row in ROWS} - {"aten"}


@pytest.mark.slow
@pytest.mark.skipif(importlib.util.find_spec("torch") is None, reason="torch is not installed")
def test_operators_are_named_as_torch_names_them() -> None:
    import torch

    known = set(torch._C._dispatch_get_all_op_names())
    gone = set()
    for row in ROWS:
        name = OVERLOAD.fullmatch(row.name) if row.kind == "op" else None
        if name and f"aten::{name[1]}.{name[2]}".removesuffix(".default") not in known:
            gone.add(row.name)
    assert gone == set()
