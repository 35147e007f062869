"""Every example of every rule, under the whole catalogue: marked lines are reported, no others."""

import pathlib

import pytest

from portlint.catalog import shipped
from portlint.overlay import FOLDER
from portlint.rule import Example, Rule
from tests.marks import marks, reported, run
from tests.oracles import Fake

EXAMPLES = [
    pytest.param(
        rule,
        example,
        kind == "bad",
        id=f"{rule.code}-{kind}{number}",
        marks=[pytest.mark.slow] if example.trace else [],
    )
    for rule in shipped().rules.values()
    for kind, examples in (("bad", rule.bad), ("good", rule.good))
    for number, example in enumerate(examples)
]


@pytest.mark.parametrize(("rule", "example", "bad"), EXAMPLES)
def test_an_example_is_reported_where_its_marks_say(
    rule: Rule,
    example: Example,
    bad: bool,
    tmp_path: pathlib.Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    root = tmp_path / "repo"
    if example.oracle:
        monkeypatch.setenv("PORTLINT_XLA_PYTHON", str(Fake(tmp_path / "fake").python))
        monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "cache"))
    expected = {(example.path, 1, code, "live") for code in example.expect}
    for name, text in {example.path: example.code, **example.files}.items():
        path = root / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text, encoding="utf-8")
        expected.update(marks(text, name))
    report = run(
        root,
        chip=example.chip,
        stack=example.stack,
        sdk=example.sdk,
        workload=example.workload,
        models=(f"{root / example.path}:model",) if example.trace else (),
        oracle=example.oracle,
        knowledge=str(root / FOLDER) if any(n.startswith(FOLDER) for n in example.files) else None,
    )
    # A model that cannot be traced is the point of some examples, and their finding says so.
    assert [i for i in report.not_analysed if not (example.trace and ":" in i.path)] == []
    assert reported(report) == expected
    assert bad == (rule.code in {code for _, _, code, _ in expected})
