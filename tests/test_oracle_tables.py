"""The shipped tables against the real torch-xla: dispatcher, probes, and whole models."""

import json
import pathlib
from typing import Any

import pytest

from portlint.graph.view import View
from portlint.model import Target
from portlint.oracle.compare import Compared, compare
from portlint.oracle.interpreter import Interpreter
from portlint.oracle.probes import probes
from portlint.oracle.session import Session
from portlint.oracle.verify import source, verified
from portlint.record import Trace
from tests.invoke import portlint
from tests.test_transformers import MODELS, config

pytestmark = [pytest.mark.oracle, pytest.mark.xdist_group("oracle")]
XLA = Target(chip="trn1", stack="xla", sdk="2.31", workload="both")
CASES = pathlib.Path(__file__).parent / "fieldbench" / "cases"
PROGRAMS = [
    path for path in sorted(CASES.glob("*/*.py")) if "def model" in path.read_text(encoding="utf-8")
]
EVERYDAY = [name for name, entry in MODELS.items() if entry.get("everyday")]
UNASKED = ("a kernel of the host's own", "is no operator of ATen", "calls graphs", "made up")
"""How a reason begins, or ends, for which there is nothing to compare with."""


@pytest.fixture(scope="module")
def session(torch_xla: Interpreter, tmp_path_factory: pytest.TempPathFactory) -> Any:
    with Session(torch_xla, folder=tmp_path_factory.mktemp("oracle")) as asked:
        yield asked


def traced(spec: str, root: pathlib.Path) -> Trace:
    """The last word of a trace in this process, forward and backward."""
    pytest.importorskip("torch")
    from portlint.trace.protocol import Request
    from portlint.trace.run import run

    sent: list[Trace] = []
    run(Request(spec=spec, root=str(root), training=True), sent.append)
    return sent[-1]


def differing(found: list[Compared]) -> list[str]:
    """What neither agrees, nor is explained, nor could not be asked for a known reason."""
    return [
        f"{one.op.name}: tables {one.shipped.does}, live {one.does} ({one.remark})"
        for one in found
        if one.agreement not in ("agrees", "explained")
        and not (one.agreement == "not asked" and any(w in one.remark for w in UNASKED))
    ]


def test_no_row_and_no_probe_differs_without_a_reason(session: Session) -> None:
    recorded = probes()
    kernels = session.kernels()
    answers = session.ask([probe.call for probe in recorded])
    found = verified(recorded, answers, kernels, session.interpreter.versions)
    assert found.unexplained == []
    assert sum(found.overloads.values()) > 3000


def test_the_tables_were_read_from_this_release(session: Session) -> None:
    live = session.interpreter.versions["torch_xla"]
    assert live.startswith(source()["torch_xla"].rpartition(".")[0])


def test_the_command_says_so(torch_xla: Interpreter, tmp_path: pathlib.Path) -> None:
    own = {"XDG_CACHE_HOME": str(tmp_path), "PORTLINT_XLA_PYTHON": torch_xla.python}
    done = portlint("oracle", "verify", cwd=tmp_path, env=own)
    assert done.code == 0 and done.out.endswith("no unexplained difference\n")


@pytest.mark.usefixtures("torch_here")
@pytest.mark.parametrize("name", EVERYDAY)
def test_tables_and_oracle_agree_on_every_node_of_a_class(
    name: str, session: Session, tmp_path: pathlib.Path
) -> None:
    pytest.importorskip("transformers")
    folder = tmp_path / name
    folder.mkdir()
    (folder / "config.json").write_text(json.dumps(config(name)), encoding="utf-8")
    found = compare(View(traced(name, tmp_path)), XLA, session.ask)
    assert found and differing(found) == []


@pytest.mark.usefixtures("torch_here")
@pytest.mark.parametrize("path", PROGRAMS, ids=lambda path: f"{path.parent.name}-{path.stem}")
def test_tables_and_oracle_agree_on_every_node_of_the_field_benchmark(
    path: pathlib.Path, session: Session
) -> None:
    found = compare(View(traced(f"{path}:model", path.parent)), XLA, session.ask)
    assert differing(found) == []
