"""Whole reports made up for tests: every section filled, of any size, and with hostile text."""

import datetime
import itertools
from collections.abc import Iterator
from typing import Any

import msgspec

from portlint import catalog
from portlint.attention.features import Features
from portlint.model import (
    IMPACTS,
    Context,
    EffortLabel,
    Evidence,
    Finding,
    Impact,
    NotAnalysed,
    Related,
    Target,
)
from portlint.report import (
    AttentionKernels,
    AttentionRow,
    Break,
    Change,
    Coverage,
    Ease,
    FileRow,
    Fit,
    Knowledge,
    Lowering,
    Model,
    Module,
    Need,
    OpRow,
    Option,
    Oracle,
    Package,
    Part,
    Picture,
    Placement,
    Report,
    Stage,
    Summary,
    Tool,
)

DAY = datetime.date(2026, 11, 21)
VARIETY = 89
"""Different things that one rule says: as in large packages, where a third of them repeat."""
FOLDERS = ("models/vision", "models/text", "kernels", "training", "data", "tests", "examples")
KINDS: tuple[tuple[str, Impact, tuple[float, float], str], ...] = (
    ("NEU102", "breaks", (0.25, 1), "return net.cuda()"),
    ("NEU201", "breaks", (8, 60), "@triton.jit"),
    ("NEU118", "breaks", (1, 6), "side = torch.cuda.Stream()"),
    ("NEU710", "accuracy", (0.5, 2), "with torch.cuda.amp.autocast():"),
    ("NEU601", "slow", (0.5, 4), "boxes = boxes[scores > threshold]"),
    ("NEU801", "breaks", (2, 8), "from flash_attn import flash_attn_func"),
    ("NEU142", "info", (0, 0.1), "torch.backends.cudnn.benchmark = True"),
)
HOSTILE = (
    "</script><script>alert(1)</script>",
    '"><img src=x onerror=alert(1)>',
    "'><svg onload=alert(1)>",
    "\u202eright to left\u2066 and \x1b[31m red\x00",
    "{{ 7 * 7 }}{% include 'page.css' %}",
    "</style><style>*{display:none}</style><!--",
    "x" * 10_000,
    "lone \ud800 surrogate ` and a backtick",
)
"""What nobody should be able to put on a page by the name of a file or a line of code."""
FREE = frozenset(
    "path message snippet symbol title why reasons replacement files name text port where op "
    "dtypes words instances remark hlo fallback reason confinement try_first fidelity url others "
    "captured_by imports dtype kind".split()
)
"""Fields whose text comes from audited code or from tables, and may hold anything."""


def finding(number: int) -> Finding:
    """One of an endless row: rules, files, impacts and contexts take turns."""
    code, impact, hours, line = KINDS[number % len(KINDS)]
    folder = FOLDERS[number // 3 % len(FOLDERS)]
    context: Context = {"tests": "test", "examples": "example"}.get(folder, "live")  # type: ignore[assignment]
    if context == "live" and number % 11 == 0:
        context = "guarded"
    rule = catalog.shipped().rules[code]
    where = 5 + number % 400
    word = line.split()[-1]
    return Finding(
        rule=code,
        name=rule.name,
        impact=impact,
        effort=EffortLabel(label="small", hours=hours),
        confidence="documented",
        context=context,
        layer="source",
        message=f"`{word}` raises RuntimeError on a Neuron host: case {number % VARIETY}",
        path=f"{folder}/file_{number % 89}.py",
        line=where,
        column=5 + line.index(word),
        end_line=where,
        end_column=5 + len(line),
        symbol=word,
        snippet=f"    {line}",
        evidence=(Evidence(url=f"https://docs.example/{code}", sdk="2.33", checked=DAY),),
        replacement=f"`neuron_{code.lower()}()`",
        root_cause=f"{code}:{number % VARIETY}",
        related=(Related(path="main.py", line=3, message="called here"),) * (number % 5 == 0),
        fingerprint=f"{number:020x}",
    )


def checked(count: int = 60) -> Report:
    """What `check` gives: findings and sums."""
    found = sorted((finding(n) for n in range(count)), key=lambda f: f.sort_key)
    live = [f for f in found if f.context == "live"]
    rules = catalog.shipped().rules
    subjects: dict[str, int] = {}
    for f in live:
        subjects[rules[f.rule].subject] = subjects.get(rules[f.rule].subject, 0) + 1
    return Report(
        tool=Tool(name="portlint", version="0.1.0"),
        knowledge=Knowledge(sdk="2.33", checked=DAY, digest="0123456789abcdef0123"),
        target=Target(chip="trn2", stack="native-eager", sdk="2.33", workload="both"),
        summary=Summary(
            difficulty="hard",
            score=74,
            hours=(45.5, 210),
            reasons=("45.5-210 h: `hard` up to 240 h in the middle",),
            hours_by_impact={
                "breaks": (40, 160),
                "accuracy": (1.5, 6),
                "slow": (4, 20),
                "unknown": (0, 24),
            },
            by_impact={i: sum(f.impact == i for f in live) for i in IMPACTS[::-1]},
            by_subject=subjects,
            by_context={
                c: sum(f.context == c for f in found)
                for c in ("live", "guarded", "test", "example")
            },
            files=97,
            lines=23_456,
        ),
        findings=tuple(found),
    )


def whole(count: int = 60) -> Report:
    """What an audit with models and matrix gives: everything that a report can hold."""
    report = checked(count)
    return msgspec.structs.replace(
        report,
        models=(
            model(),
            Model(name="broken.py:build", captured_by=None, fidelity=None, parameters=None),
        ),
        plan=tuple(plan(report)),
        stages=STAGES,
        matrix=tuple(matrix()),
        scope=scope(),
        files=tuple(files()),
        modules=picture(),
        not_analysed=(
            NotAnalysed(path="old/legacy.py", reason="is not valid Python: line 3"),
            NotAnalysed(path="broken.py:build", reason="ImportError: no module named apex"),
        ),
    )


def hostile(count: int = 60) -> Report:
    """The same with everything that strangers write replaced by what would break a page."""
    return msgspec.convert(_poisoned(msgspec.to_builtins(whole(count)), False), Report)


def _poisoned(value: Any, free: bool, numbers: Iterator[int] | None = None) -> Any:
    numbers = numbers or itertools.count()
    if isinstance(value, dict):
        return {
            key: _poisoned(item, key in FREE and (key, *marks) not in FIXED, numbers)
            for key, item in value.items()
            for marks in [tuple(mark for mark in ("training", "packages") if mark in value)]
        }
    if isinstance(value, list | tuple):
        return [_poisoned(item, free, numbers) for item in value]
    if isinstance(value, str) and free:
        return HOSTILE[next(numbers) % len(HOSTILE)]
    return value


FIXED = frozenset({("kind", "training"), ("name", "packages")})
"""What the values themselves restrict: the kind of a part, and the name of a stage."""


STAGES = (
    Stage(
        name="environment",
        title="Images and packages",
        why="nothing runs before",
        after=(),
        hours=(0, 30),
        packages=2,
    ),
    Stage(
        name="devices",
        title="Devices and memory",
        why="one place that says which device there is",
        after=("environment",),
        hours=(20, 90),
        packages=14,
    ),
    Stage(
        name="kernels",
        title="Kernels of your own",
        why="what has no counterpart is written anew",
        after=("devices",),
        hours=(16, 60),
        packages=7,
    ),
)


def plan(report: Report) -> Iterator[Package]:
    """A gap, then the root causes that count."""
    yield Package(
        title="what was not analysed",
        root_cause="not-analysed",
        hours=(0, 24),
        after=(),
        findings=(),
        stage="environment",
        why="Nothing is known of these.",
        reasons=("0-24 h: 2 x file",),
        files=("old/legacy.py",),
        places=1,
    )
    rules = catalog.shipped().rules
    causes: dict[str, list[Finding]] = {}
    for f in report.findings:
        if f.context == "live" and f.impact != "info":
            causes.setdefault(f.root_cause, []).append(f)
    first = next(iter(causes), "")
    for number, (key, group) in enumerate(causes.items()):
        low, high = group[0].effort.hours
        kernel = group[0].rule.startswith("NEU2")
        yield Package(
            title=f"{rules[group[0].rule].name.replace('-', ' ')} ({group[0].path.split('/')[0]})",
            root_cause=key,
            hours=(low, high),
            after=() if key == first else (first,),
            findings=tuple(f.fingerprint for f in group),
            rule=group[0].rule,
            stage="kernels" if kernel else "devices",
            impact=group[0].impact,
            why=" ".join(rules[group[0].rule].why.split()),
            reasons=(f"{low:g}-{high:g} h", f"+ 0.1 h: {len(group) - 1} further places"),
            replacement=group[0].replacement,
            evidence=group[0].evidence,
            files=tuple(dict.fromkeys(f.path for f in group)),
            places=len(group),
            wave=1 if key == first else 2 + kernel,
            critical=key == first or (kernel and number % 2 == 0),
            quick=high <= 1,
            vendor=group[0].rule == "NEU801",
        )


def matrix() -> Iterator[Option]:
    """The chosen row and one for each pair of chip and stack."""
    more = tuple(
        Change(root_cause=f"NEU94{n}", title=f"torch pin {n}", impact="breaks", hours=(1, 16))
        for n in range(12)
    )
    pairs = (
        ("trn2", "native-eager", "both", "hard", (45.5, 210), True),
        ("trn2", "native-eager", "inference", "moderate", (20, 90), False),
        ("trn2", "native-eager", "training", "hard", (45.5, 210), False),
        ("trn3", "native-eager", "inference", "moderate", (20, 90), False),
        ("trn2", "vllm", "inference", "easy", (4, 20), False),
        ("inf2", "xla", "inference", "redesign", (90, 600), False),
        ("inf2", "xla", "training", "ready", (0, 0), False),
    )
    for chip, stack, workload, word, hours, chosen in pairs:
        yield Option(
            chip=chip,
            stack=stack,
            sdk="2.33" if chip != "inf2" else "2.31",
            workload=workload,  # type: ignore[arg-type]
            difficulty=word,  # type: ignore[arg-type]
            score=50,
            hours=hours,
            by_impact={"breaks": 12, "accuracy": 1, "slow": 3, "info": 2},
            more=() if chosen or workload == "training" else more,
            less=() if chosen or chip != "inf2" else more[:2],
            chosen=chosen,
        )


def scope() -> tuple[Part, ...]:
    """A model that is ready for inference, an entry point that is blocked, and a test."""
    ready = Ease(state="ready", by_impact={}, hours=(0, 0), root_causes=())
    runs = Ease(state="runs", by_impact={"slow": 2}, hours=(1, 8), root_causes=("NEU601:data",))
    blocked = Ease(
        state="blocked",
        by_impact={"breaks": 2, "slow": 1},
        hours=(9, 60),
        root_causes=("NEU201:kernels",),
    )
    unknown = Ease(state="unknown", by_impact={}, hours=(0, 2), root_causes=())
    return (
        msgspec.structs.replace(
            _part("model", "models/vision/vit.py", "ViT", ready, blocked), others=("ViTLarge",)
        ),
        _part("model", "models/text/gpt.py", "GPT", runs, blocked),
        _part("entry", "training/train.py", "__main__", None, blocked),
        _part("entry", "old/serve.py", "serve", unknown, None),
        _part("model", "models/vision/mlp.py", "MLP", ready, ready),
        msgspec.structs.replace(
            _part("entry", "tests/test_vit.py", "__main__", ready, None), context="test"
        ),
    )


def _part(kind: Any, path: str, name: str, inference: Ease | None, training: Ease | None) -> Part:
    return Part(
        kind=kind,
        path=path,
        line=12,
        name=name,
        context="live",
        files=9,
        lines=2_400,
        inference=inference,
        training=training,
    )


def files(count: int = 200) -> Iterator[FileRow]:
    """Files of all sizes; one in three has work in it."""
    for n in range(count):
        folder = FOLDERS[n % len(FOLDERS)]
        high = (0, 0, 0.5, 0, 0, 3, 0, 0, 18, 0, 60, 0, 120)[n % 13] if folder != "tests" else 0
        yield FileRow(
            path=f"{folder}/{'deep/' * (n % 3)}file_{n}.py",
            lines=20 + (n * 7919) % 900,
            hours=(high / 4, high),
            by_impact={"breaks": 2, "slow": 1} if high else {},
        )


def picture() -> Picture:
    """Three levels of modules."""
    names = ("train", "serve", "models.vit", "models.gpt", "kernels", "data", "device", "config")
    levels = (2, 2, 1, 1, 0, 1, 0, 0)
    worst: tuple[Impact | None, ...] = (
        "breaks",
        None,
        "breaks",
        "slow",
        "breaks",
        "accuracy",
        None,
        None,
    )
    modules = tuple(
        Module(
            name=name,
            files=3,
            lines=800,
            hours=(2, 9) if impact else (0, 0),
            impact=impact,
            level=level,
        )
        for name, level, impact in zip(names, levels, worst, strict=True)
    )
    pairs = ((0, 2), (0, 3), (0, 5), (1, 2), (2, 4), (2, 6), (3, 4), (3, 6), (3, 7), (5, 6), (5, 7))
    return Picture(modules=modules, imports=tuple((names[a], names[b]) for a, b in pairs))


def model() -> Model:
    """A traced model with all that is known of one."""
    verdicts = ("documented", "likely", "restricted", "falls_back", "unsupported", "unknown")
    ops = tuple(
        OpRow(
            op=f"aten.op_{n}.default",
            count=3 + n,
            verdict=verdicts[n % 6],  # type: ignore[arg-type]
            dtypes=("bfloat16", "float32"),
            where=f"models/text/gpt.py:{n + 10}",
        )
        for n in range(40)
    )
    return Model(
        name="models/text/gpt.py:build",
        captured_by="export",
        fidelity="one graph",
        parameters=8_030_261_248,
        ops=ops,
        attention=(
            _attention("gqa", "32 × GQA 32/8, head_dim 128, causal", "supported", None),
            _attention(
                "softcap", "2 × softcap 50, window 4096", "compiler-path", "plain arithmetic"
            ),
            _attention("alibi", "4 × ALiBi bias, 16 heads", "unsupported", "rotary positions"),
        ),
        coverage=Coverage(
            documented=212, likely=190, restricted=14, falls_back=6, unsupported=2, unknown=9
        ),
        breaks=(Break(reason="value read in Python", path="models/text/gpt.py", line=44),),
        try_first=("aten.grid_sampler_2d.default",),
        confinement=("no network", "4.0 GiB of memory"),
        oracle=oracle(),
        fit=fit(),
    )


def _attention(kind: str, text: str, verdict: Any, instead: str | None) -> AttentionRow:
    return AttentionRow(
        kind=kind,
        count=2,
        features=Features(heads=32, kv_heads=8, head_dim=128, causal=True),
        verdict=verdict,
        replacement=instead,
        path="models/text/gpt.py",
        line=77,
        text=text,
        why="the kernel of the NKI library takes this",
        workload=None if instead is None else "training",
        kernels=AttentionKernels(prefill="flash_fwd", decode="attention_tkg", backward=""),
        confidence="documented",
        evidence=(Evidence(url=f"https://docs.example/attention/{kind}", checked=DAY),),
        port="https://github.com/example/port" if instead is None else None,
    )


def oracle() -> Oracle:
    """What torch-xla said: one lowered, one on the host, one that it was not asked."""
    rows = (
        ("aten.mm.default", "lowered"),
        ("aten.nonzero.default", "fallback"),
        ("my.op", "unknown"),
    )
    return Oracle(
        versions={"torch_xla": "2.9.0"},
        ops=tuple(
            Lowering(
                op=op,
                count=4,
                backward=False,
                does=does,
                fallback=(op,) if does == "fallback" else (),
                hlo=("dot", "add") if does == "lowered" else (),
                compiler="supported" if does == "lowered" else "",
                why="",
                agreement="agrees" if does != "unknown" else "not asked",
                remark="no kernel" if does == "unknown" else "",
                where="models/text/gpt.py:12",
            )
            for op, does in rows
        ),
        forward={"lowered": 120, "fallback": 2, "unknown": 1},
        backward={"lowered": 80},
        agreement={"agrees": 200, "not asked": 1},
    )


def fit() -> Fit:
    """Eight billion parameters that need two cores to serve and a machine to train."""
    gib = 2**30
    return Fit(
        dtype="bfloat16",
        batch=1,
        tokens=8192,
        heads=32,
        kv_heads=8,
        cache_per_token=131_072,
        needs=(
            Need(
                workload="inference",
                parts={"weights": 15 * gib, "cache": gib, "activations": gib // 2},
                words=("weights in bfloat16",),
                total=15 * gib + gib + gib // 2,
            ),
            Need(
                workload="training",
                parts={"weights": 15 * gib, "gradients": 15 * gib, "optimizer": 60 * gib},
                words=("AdamW keeps two values in float32",),
                total=90 * gib,
            ),
        ),
        placements=(
            Placement(
                workload="inference",
                chip="trn2",
                degree=1,
                cores=1,
                share=0.69,
                instances=("trn2.3xlarge", "trn2.48xlarge"),
                words=(),
            ),
            Placement(
                workload="training",
                chip="trn2",
                degree=8,
                cores=8,
                share=0.47,
                instances=("trn2.48xlarge",),
                words=("8 divides 32 heads and 8 of keys and values",),
            ),
            Placement(
                workload="training",
                chip="inf2",
                degree=None,
                cores=0,
                share=0.0,
                instances=(),
                words=("no degree fits",),
            ),
        ),
    )
