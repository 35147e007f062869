"""The table of PyTorch's functions agrees with the table of operators, and its rules can see it."""

import csv

import pytest

from portlint.catalog import rules_folder, shipped
from portlint.detectors.functions import Listed, listed
from portlint.graph.tables import known
from portlint.source.index import is_name

STATES = {
    "NEU501": "fallback",
    "NEU502": "error",
    "NEU539": "fallback",
    "NEU533": "fallback",
}
"""Rules that say one thing of every function, and the word of the table of operators for it."""
ROWS = [pytest.param(row, id=name) for name, row in listed().items()]


@pytest.mark.parametrize("row", ROWS)
def test_a_function_runs_an_operator_that_does_what_its_rule_says(row: Listed) -> None:
    op = known(f"aten.{row.op}")
    assert op.op == row.op
    if row.rule in STATES:
        assert op.xla == STATES[row.rule]
    if row.rule == "NEU505":
        assert op.backward
    if row.rule in ("NEU510", "NEU534"):
        assert op.family == {"NEU510": "complex", "NEU534": "linalg"}[row.rule]


@pytest.mark.parametrize("row", ROWS)
def test_a_call_of_a_function_opens_a_gate_of_its_rule(row: Listed) -> None:
    calls = [f"{row.function}(x)"] + ([f"x.{row.method}()"] if row.method else [])
    gates = shipped().rules[row.rule].gates
    for call in calls:
        assert any(call.startswith(gate) if is_name(gate) else gate in call for gate in gates)


def test_a_function_stands_in_the_table_once() -> None:
    path = rules_folder() / "tables" / "torch_functions.csv"
    with path.open(encoding="utf-8", newline="") as file:
        names = [row["function"] for row in csv.DictReader(file)]
    assert len(names) == len(set(names))
