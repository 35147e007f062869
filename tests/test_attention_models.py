"""The attentions of transformers' classes, eager and as one operator, are what a config says."""

import json
import pathlib

import pytest

from portlint.attention.kinds import kinds
from portlint.graph.attention import attentions
from portlint.graph.view import View
from portlint.record import Trace
from tests.test_transformers import MODELS, config, trace
from tests.truth import CLASSES, EXCEPTIONS, Part, compared, parts, truth

pytest.importorskip("torch")
transformers = pytest.importorskip("transformers")
FORMS = ("eager", "sdpa")


def pytest_generate_tests(metafunc: pytest.Metafunc) -> None:
    """Every class with --all-models, else the everyday ones."""
    if "name" in metafunc.fixturenames:
        every = metafunc.config.getoption("--all-models")
        metafunc.parametrize("name", [n for n in MODELS if every or MODELS[n].get("everyday")])


def seen(name: str, form: str, folder: pathlib.Path) -> tuple[Trace, list[Part]]:
    """The trace of a class in one form, and what its config says."""
    folder.mkdir()
    text = json.dumps({**config(name), "attn_implementation": form})
    (folder / "config.json").write_text(text, encoding="utf-8")
    settings = transformers.AutoConfig.from_pretrained(str(folder), local_files_only=True)
    return trace(folder), truth(name, settings)


def refused(known: Trace) -> bool:
    """Whether a class has no such form."""
    words = "does not support an attention implementation"
    return known.captured_by is None and any(words in event.detail for event in known.events)


@pytest.mark.slow
@pytest.mark.xdist_group("transformers")
@pytest.mark.usefixtures("torch_here")
def test_attentions_are_what_the_config_says(name: str, tmp_path: pathlib.Path) -> None:
    wrong = []
    for form in FORMS:
        known, expected = seen(name, form, tmp_path / form)
        if form == "eager" or not refused(known):
            assert known.captured_by is not None
            wrong += [f"{form}: {w}" for w in compared(attentions(View(known)), expected)]
    if name in EXCEPTIONS:
        assert wrong, "no exception any more"
    else:
        assert wrong == []


def attends(name: str) -> bool:
    """Whether a class has attention with a softmax."""
    known = kinds()
    families = [known[rule["kind"]].family if "kind" in rule else "softmax" for rule in parts(name)]
    return bool({"softmax", "layout"} & set(families))


def test_every_class_has_its_rules() -> None:
    assert set(CLASSES) == set(MODELS)
    assert set(EXCEPTIONS) <= set(CLASSES)


def test_97_percent_of_the_classes_with_attention_are_no_exceptions() -> None:
    bearing = [name for name in CLASSES if attends(name)]
    assert len(bearing) >= 60
    assert len(set(EXCEPTIONS) & set(bearing)) / len(bearing) <= 0.03


def test_some_classes_have_no_attention() -> None:
    assert len([name for name in CLASSES if not attends(name)]) >= 8
    assert len([name for name in CLASSES if not CLASSES[name]]) >= 8
