"""A YAML or JSON document -> the parts that are for one named kind of hardware among several.

`hardware_overrides: {h200: …}`, presets with `hardware: gb200`, jobs on macOS: a Neuron host never
takes them, so what they say is guarded. So is a job that runs the tests of its repository.
"""

import re
from collections.abc import Iterable, Iterator
from typing import NamedTuple, TypeGuard

from portlint.infra.facts import Fact
from portlint.infra.tree import Mapping, Node, Scalar, Sequence, scalars

HARDWARE = re.compile(
    r"a10g?|a16|a30|a40|a100|a800|h20|h100|h200|h800|l4|l20|l40s?|t4|v100|p100|k80|b100|b200|b300"
    r"|g[bh]\d{2,3}|mi\d{3}\w?|sm\d{2,3}\w?|gfx\d\w*|[rg]tx\d*|dgx|tesla|geforce|gaudi\d?|blackwell"
    r"|hopper|ampere|lovelace|turing|volta|rubin|cdna\d?|rdna\d?|nvidia|cuda|amd|rocm|hip|intel|xpu"
    r"|hpu|tpu\w*|npu|ascend\w*|cpus?|gpus?|neuron|trn\d|inf\d|trainium\d?|inferentia\d?"
)
HOST = re.compile(r"[cg]pus?")
"""Words for parts of one machine as well: only what is chosen from makes choices of them."""
MEASURE = re.compile(
    r"\d+x?|x\d+|\d+gb?|sxm\d?|pcie|nvl\d*|pro|ti|super|spark|station|arc|single|multi|nodes?"
)
"""What stands beside a name of hardware in a key: `rtx_pro_6000`, `h100-80gb`."""
SAID = frozenset(
    "hardware hardware_type hardware_name gpu gpu_type gpu_name gpu_model accelerator_type "
    "device_name".split()
)
"""Keys of a part that say for which hardware it is."""
CHOICE = re.compile(r"hardware|override|preset|profile|platform|accelerator|gpu_?types?|devices?$")
"""What a collection is called that is chosen from, even where it holds one part only."""
OURS = re.compile(r"neuron|trn|inf|trainium")
"""The part that a Neuron host does take."""
ELSEWHERE = re.compile(r"(macos|windows)(-|$)")

TESTS = re.compile(r"(^|\s)(pytest|unittest|ctest|tox|nox|coverage run)(\s|$)")


class Part(NamedTuple):
    """From one place of a file to another, both as line and column, and why it is guarded."""

    start: tuple[int, int]
    end: tuple[int, int]
    guard: str


def guarded(facts: Iterable[Fact], document: Node) -> Iterator[Fact]:
    """The facts of a document, those in a part for one kind of hardware with that as guard."""
    parts = list(alternatives(document))
    for fact in facts:
        at = (fact.span.line, fact.span.column)
        asked = fact.kind != "label"  # which runner a job asks for is what a port of it changes
        inside = next((p for p in parts if p.start <= at <= p.end), None) if asked else None
        yield fact if inside is None or fact.guard else fact._replace(guard=inside.guard)


def alternatives(document: Node) -> Iterator[Part]:
    """The parts of a document that are chosen by the hardware they name."""
    stack: list[tuple[str, Node]] = [("", document)]
    while stack:
        name, node = stack.pop()
        entries = _entries(node)
        labels = [_label(key, value) for key, value in entries]
        several = _several(name, set(labels) - {""})
        for (key, value), label in zip(entries, labels, strict=True):
            if label and several and not OURS.match(label):
                yield _part(key, value, f"one choice of hardware among several: `{label}`")
            elif isinstance(value, Mapping) and (job := _job(value)):
                yield _part(key, value, job)
            else:
                stack.append((key.text if key else name, value))


def _several(name: str, labels: set[str]) -> bool:
    """Whether a collection with parts for this hardware is one that is chosen from."""
    if not labels or CHOICE.search(name.lower().replace("-", "_")):
        return bool(labels)
    return len(labels) > 1 and not all(HOST.fullmatch(label) for label in labels)


def _entries(node: Node) -> list[tuple[Scalar | None, Node]]:
    """The collections in a collection, with their keys."""
    if isinstance(node, Mapping):
        return [(key, value) for key, value in node.pairs if not isinstance(value, Scalar)]
    items = node.items if isinstance(node, Sequence) else []
    return [(None, item) for item in items if not isinstance(item, Scalar)]


def _label(key: Scalar | None, value: Node) -> str:
    """The hardware that an entry is for: named by its key, or said inside."""
    if key is not None and is_hardware(key.text):
        return key.text
    if isinstance(value, Mapping):
        for said, text in value.pairs:
            if said.text in SAID and isinstance(text, Scalar) and is_hardware(text.text):
                return text.text
    return ""


def is_hardware(text: str) -> bool:
    """Whether every word of a text belongs to the name of some hardware: `dgx_spark_gb10`."""
    words = re.split(r"[-_ ./:]+", text.lower()) if len(text) < 60 else []
    named = [bool(HARDWARE.fullmatch(word)) for word in words]
    return any(named) and all(n or MEASURE.fullmatch(w) for n, w in zip(named, words, strict=True))


def _job(job: Mapping) -> str:
    """Why a CI job is not for Neuron: another operating system, or tests."""
    runner = job.text("runs-on")
    if ELSEWHERE.match(runner):
        return f"a job on `{runner}`"
    steps = job.get("steps")
    runs = [m.text("run") for m in steps.items if isinstance(m, Mapping)] if _is_list(steps) else []
    runs += [line.text for line in scalars(job.get("script"))]
    tests = next((found for text in runs if (found := TESTS.search(text))), None)
    return f"a job that runs `{tests[2]}`" if tests else ""


def _is_list(node: Node | None) -> TypeGuard[Sequence]:
    return isinstance(node, Sequence)


def _part(key: Scalar | None, value: Node, guard: str) -> Part:
    spans = [scalar.span for scalar in _scalars(value)]
    spans += [key.span] if key else []
    start = min((s.line, s.column) for s in spans) if spans else (0, 0)
    end = max((s.end_line, s.end_column) for s in spans) if spans else (0, 0)
    return Part(start, end, guard)


def _scalars(node: Node) -> Iterator[Scalar]:
    """All scalars and keys below a node."""
    stack = [node]
    while stack:
        current = stack.pop()
        if isinstance(current, Scalar):
            yield current
        elif isinstance(current, Mapping):
            stack.extend(part for pair in current.pairs for part in pair)
        else:
            stack.extend(current.items)
