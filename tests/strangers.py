"""Text that strangers could put into names, code and messages, and a report full of it."""

import msgspec

from portlint.model import NotAnalysed
from portlint.report import Change, Ease, Model, Option, Package, Part, Report, Stage

EVIL = (
    "@octocat",
    "#12",
    "org/repo#34 GH-56",
    "<script>alert(1)</script>",
    '"><img src=x onerror=alert(1)>',
    "[a](https://evil.example)",
    "![a](//evil.example/p.png)",
    "<https://evil.example> https://evil.example www.evil.example a@b.example",
    "</details></summary></code>",
    "``` ` `` \\` \\",
    "|a|b\\|c|",
    "# head",
    "- item",
    "1. item",
    "2) item",
    "> quote",
    "---",
    "===",
    "    code",
    "a\n\n# b\r\n<b>",
    "**bold** _it_ ~~gone~~ $x$ :smile: &lt; &#64;me",
    "da39a3ee5e6b4b0d3255bfef95601890afd80709",
    "[x]: https://evil.example 'y'",
    "\u202e\u2028\x1b[31m\x00",
    "<!--",
    "<?php",
    "<![CDATA[",
)


def hostile(report: Report, evil: str) -> Report:
    """The same text wherever a report has room for one of a stranger."""
    first = report.findings[0]
    found = msgspec.structs.replace(
        first, path=evil, message=evil, replacement=evil, snippet=evil, context="live"
    )
    guarded = msgspec.structs.replace(found, context="guarded")
    package = Package(
        title=evil,
        root_cause=evil,
        hours=(1, 2),
        after=(),
        findings=(),
        rule="NEU210",
        stage="one",
        impact="breaks",
        files=(evil, evil),
        places=2,
        replacement=evil,
    )
    stage = Stage(name="one", title="One", why=evil, after=(), hours=(1, 2), packages=1)
    ease = Ease(state="blocked", by_impact={"breaks": 1}, hours=(1, 2), root_causes=(evil,))
    part = Part(
        kind="model",
        path=evil,
        line=1,
        name=evil,
        context="live",
        files=1,
        lines=2,
        inference=ease,
        training=None,
    )
    change = Change(root_cause=evil, title=evil, impact="slow", hours=(1, 2))
    option = Option(
        chip="trn2",
        stack="xla",
        sdk="2.31",
        workload="both",
        difficulty="hard",
        score=1,
        hours=(1, 2),
        by_impact={},
        more=(change,),
    )
    model = Model(name=evil, captured_by="export", fidelity=evil, parameters=1, try_first=(evil,))
    return msgspec.structs.replace(
        report,
        findings=(found, guarded),
        plan=(package,),
        stages=(stage,),
        scope=(part,),
        matrix=(option,),
        models=(model,),
        not_analysed=(NotAnalysed(path=evil, reason=evil),),
    )
