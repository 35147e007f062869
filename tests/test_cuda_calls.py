"""CUDA calls on a torch without CUDA: what they do, and that the catalogue says the same."""

import functools
import json
import os
import pathlib
import subprocess
import sys
from typing import Any

import pytest

from portlint import config, engine
from portlint.catalog import read_table, shipped
from portlint.model import Finding

CALLS = read_table("cuda_calls")
"""Expression, the symbol it is about, `returns` or `raises`, and with which exception.

An empty symbol: no table row speaks of it. An empty exception: it depends on what else is
installed."""
MEASURED_ON = "2.13."
SCRIPT = pathlib.Path(__file__).with_name("measure.py")
EACH = [pytest.param(number, id=row["expression"][:70]) for number, row in enumerate(CALLS)]
each_call = pytest.mark.parametrize("number", EACH)
CONFIG, _ = config.read((), {"chip": "trn2", "stack": "native-eager"}, None, shipped().rules)
RULES = {s: rule.code for rule in shipped().rules.values() if rule.table for s in rule.rows}
TABLE = {s: rule.rows[s] for rule in shipped().rules.values() if rule.table for s in rule.rows}


@functools.cache
def measured() -> dict[str, Any]:
    """What the installed torch does with every expression, asked once in a child process."""
    if not hasattr(os, "fork"):
        pytest.skip("every call runs in a fork of its own, which this system does not have")
    pytest.importorskip("torch")
    done = subprocess.run(
        [sys.executable, SCRIPT],
        input=json.dumps([row["expression"] for row in CALLS]),
        capture_output=True,
        text=True,
        timeout=600,
    )
    assert done.returncode == 0, done.stderr
    answer: dict[str, Any] = json.loads(done.stdout)
    if not answer["torch"].startswith(MEASURED_ON):
        pytest.skip(f"the table was measured on torch {MEASURED_ON}x, this is {answer['torch']}")
    if answer["cuda"]:
        pytest.skip("this torch was built with CUDA, which a Neuron host's is not")
    return answer


def findings(expression: str) -> tuple[Finding, ...]:
    """What portlint says of the expression as a program, for a Trn2 on the native stack."""
    done = engine.run_bytes(f"import torch\n{expression}\n".encode(), "program.py", CONFIG)
    assert not done.internal_error, done.report.not_analysed
    return done.report.findings


@each_call
def test_a_call_does_on_the_installed_torch_what_the_table_says(number: int) -> None:
    row = CALLS[number]
    outcome, error = measured()["outcomes"][number]
    assert outcome == row["outcome"]
    assert error == row["error"] or not row["error"]


@each_call
def test_a_call_is_said_to_break_exactly_where_it_raises(number: int) -> None:
    row = CALLS[number]
    said = findings(row["expression"])
    live = [f.rule for f in said if f.impact == "breaks" and f.context == "live"]
    assert bool(live) == (row["outcome"] == "raises"), live


@each_call
def test_a_call_is_found_by_the_rule_its_symbol_belongs_to(number: int) -> None:
    symbol = CALLS[number]["symbol"]
    found = findings(CALLS[number]["expression"])
    if symbol not in TABLE:
        assert not symbol or symbol in {f.symbol for f in found}
    elif TABLE[symbol].impact != "none":
        assert RULES[symbol] in {f.rule for f in found}


@each_call
def test_the_exception_a_row_names_is_the_one_that_is_raised(number: int) -> None:
    call = CALLS[number]
    row = TABLE.get(call["symbol"])
    what = row.what if row else ""
    if what.startswith("raises ") and (name := what.split()[1]).endswith("Error"):
        assert call["error"] == name


def test_every_row_about_torch_without_cuda_has_a_measured_call() -> None:
    asked = {call["symbol"] for call in CALLS}
    rows = read_table("cuda_api")
    without = {
        row["symbol"]
        for row in rows
        if row["rule"] != "NEU146" and not asked.intersection(row["symbol"].split(";"))
    }
    assert without == set()
