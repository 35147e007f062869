"""Flags and what is printed at the end; assertions in shared test modules explain themselves."""

import collections
import os
import pathlib
import sys
from collections.abc import Iterator
from typing import TYPE_CHECKING
from unittest import mock

import hypothesis
import pytest

if TYPE_CHECKING:
    from portlint.oracle.interpreter import Interpreter

os.environ["PORTLINT_NO_CACHE"] = "1"  # for what tests start, too; those of the cache take it back
hypothesis.settings.register_profile("portlint", deadline=None)  # a busy machine is no failure
hypothesis.settings.load_profile("portlint")
pytest.register_assert_rewrite("tests.inline", "tests.marks")


def pytest_addoption(parser: pytest.Parser) -> None:
    parser.addoption(
        "--all-models",
        action="store_true",
        help="trace every model class of tests/data/transformers.toml, not only the everyday ones",
    )
    parser.addoption(
        "--require-oracle",
        action="store_true",
        help="fail where the live oracle has no interpreter, instead of skipping",
    )
    parser.addoption(
        "--require-browser",
        action="store_true",
        help="fail where no Chromium can be driven, instead of skipping",
    )
    parser.addoption(
        "--require-editor",
        action="store_true",
        help="fail where Neovim or Emacs is missing, instead of skipping",
    )
    parser.addoption(
        "--require-consumers",
        action="store_true",
        help="fail where Node.js, a package of npm or shellcheck is missing, instead of skipping",
    )


@pytest.fixture(scope="session")
def consumers(request: pytest.FixtureRequest) -> bool:
    """Whether the programs that read our formats must be there."""
    return bool(request.config.getoption("--require-consumers"))


@pytest.fixture(scope="session")
def torch_xla(request: pytest.FixtureRequest) -> "Interpreter":
    """The real interpreter of the oracle; without one the test skips, or fails if it must not."""
    from tests.oracles import real

    return real(required=request.config.getoption("--require-oracle"))


@pytest.fixture
def torch_here(monkeypatch: pytest.MonkeyPatch, tmp_path: pathlib.Path) -> Iterator[None]:
    """Load models in this process: what that changes, in a child that then ends, is put back."""
    torch = pytest.importorskip("torch")
    monkeypatch.setattr(sys, "argv", list(sys.argv))
    monkeypatch.setattr(sys, "path", list(sys.path))
    threads = torch.get_num_threads()
    torch.set_num_threads(1)
    with mock.patch.dict(os.environ):
        yield
    torch.set_num_threads(threads)
    for name, module in list(sys.modules.items()):
        if str(getattr(module, "__file__", None)).startswith(str(tmp_path)):
            del sys.modules[name]


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter) -> None:
    """How many models of each group were captured, by which rung: those not by export by name."""
    captured: dict[str, collections.Counter[str]] = collections.defaultdict(collections.Counter)
    others = []
    for reports in terminalreporter.stats.values():
        for report in reports:
            known = dict(getattr(report, "user_properties", ()))
            if getattr(report, "when", "") == "call" and "rung" in known:
                captured[known["group"]][known["rung"]] += 1
                if known["rung"] != "export":
                    others.append(f"{known['model']}: {known['rung']} ({known['reason']})")
    if captured:
        terminalreporter.section("models of transformers, by rung")
        total = sum(captured.values(), collections.Counter())
        for group, rungs in [*sorted(captured.items()), ("all", total)]:
            counts = ", ".join(f"{rung} {count}" for rung, count in rungs.most_common())
            terminalreporter.line(f"{group:<12} {rungs.total():>3}   {counts}")
        for line in sorted(others):
            terminalreporter.line(f"  {line}")
