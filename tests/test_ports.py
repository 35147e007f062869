"""Programs that are on Neuron: silent on their own target, and told what changes on another."""

import pathlib

import pytest

from portlint import config, engine
from portlint.catalog import shipped
from portlint.report import Report

PORTS = pathlib.Path(__file__).parent / "data" / "ports"
"""Small repositories, each with the target it is written for in its portlint.toml."""
NAMES = sorted(path.name for path in PORTS.iterdir() if path.is_dir())
ELSEWHERE = {
    "inf2_trace": ({"chip": "trn2", "stack": "native-eager"}, {"NEU851"}),
    "native_compile": ({"chip": "trn1", "stack": "xla"}, {"NEU301", "NEU961"}),
    "native_training": ({"chip": "trn1", "stack": "xla"}, {"NEU707", "NEU731", "NEU853"}),
    "nki_kernel": ({"chip": "trn1", "stack": "xla", "workload": "both"}, {"NEU275", "NEU853"}),
    "nxdi_serve": ({"chip": "trn2", "stack": "native-eager"}, {"NEU840"}),
    "trn1_xla_training": (
        {"chip": "trn2", "stack": "native-eager", "sdk": "2.33"},
        {"NEU840", "NEU852", "NEU960"},
    ),
}
"""Another target for each port, and rules that must speak up there."""


def report(name: str, **flags: str) -> Report:
    folder = PORTS / name
    settings, _ = config.read(
        (folder,), {"jobs": 1, **flags}, folder / "portlint.toml", shipped().rules
    )
    return engine.run(settings).report


@pytest.mark.parametrize("name", NAMES)
def test_a_port_has_nothing_to_change_on_its_own_target(name: str) -> None:
    found = report(name)
    assert [f for f in found.findings if f.impact != "info"] == []
    assert not found.not_analysed


@pytest.mark.parametrize("name", NAMES)
def test_a_port_is_told_what_changes_on_another_target(name: str) -> None:
    flags, expected = ELSEWHERE[name]
    found = {f.rule for f in report(name, **flags).findings if f.impact == "breaks"}
    assert expected <= found
