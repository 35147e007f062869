"""Classes of transformers, built from tiny configs, are captured whole, each op at its line."""

import json
import os
import pathlib
import tomllib
from typing import Any

import pytest

from portlint.record import Trace

pytest.importorskip("torch")
pytest.importorskip("transformers")
pytestmark = [
    pytest.mark.slow,
    pytest.mark.xdist_group("transformers"),
    pytest.mark.usefixtures("torch_here"),
]

TABLE = tomllib.loads(
    (pathlib.Path(__file__).parent / "data" / "transformers.toml").read_text(encoding="utf-8")
)
MODELS: dict[str, dict[str, Any]] = TABLE["class"]
OURS = ("base", "group", "everyday", "rung")
"""Keys of the table that are no settings of a config."""


def config(name: str) -> dict[str, Any]:
    """What stands in the config.json of a class."""
    entry = MODELS[name]
    shared = TABLE["base"].get(entry.get("base"), {})
    own = {key: value for key, value in entry.items() if key not in OURS}
    return {"architectures": [name], **shared, **own}


def trace(folder: pathlib.Path, training: bool = False) -> Trace:
    """The last word of a trace in this process: a process for each class costs seconds."""
    from portlint.trace.protocol import Request
    from portlint.trace.run import run

    sent: list[Trace] = []
    run(Request(spec=folder.name, root=str(folder.parent), training=training), sent.append)
    return sent[-1]


def pytest_generate_tests(metafunc: pytest.Metafunc) -> None:
    """Every class with --all-models, else the everyday ones."""
    if "name" in metafunc.fixturenames:
        every = metafunc.config.getoption("--all-models")
        metafunc.parametrize("name", [n for n in MODELS if every or MODELS[n].get("everyday")])


def test_a_class_is_captured_and_every_operator_has_a_line(
    name: str, tmp_path: pathlib.Path, record_property: Any
) -> None:
    folder = tmp_path / name
    folder.mkdir()
    (folder / "config.json").write_text(json.dumps(config(name)), encoding="utf-8")
    seen = trace(folder)
    failures = [event for event in seen.events if event.kind == "failure"]
    record_property("model", name)
    record_property("group", MODELS[name]["group"])
    record_property("rung", str(seen.captured_by))
    record_property("reason", failures[0].detail if failures else "")
    assert seen.captured_by == MODELS[name].get("rung", "export"), failures
    assert seen.ops
    assert [op.name for op in seen.ops if op.place is None] == []
    assert {op.place.path for op in seen.ops if op.place and op.place.line < 1} == set()
    assert [event for event in failures if event.rung == "export" and event.place is None] == []
    modelling = f"{os.sep}transformers{os.sep}"
    assert any(modelling in op.place.path for op in seen.ops if op.place)
    assert seen.parameters > 0
    assert seen.defined is not None
    assert seen.defined.function == name


def test_the_table_is_large_and_nearly_all_of_it_is_captured_by_export() -> None:
    assert len(MODELS) >= 60
    assert sum(bool(entry.get("everyday")) for entry in MODELS.values()) >= 20
    exported = [name for name, entry in MODELS.items() if entry.get("rung", "export") == "export"]
    assert len(exported) / len(MODELS) >= 0.9
