"""Answers -> what a person reads: the verdict, what to write instead, evidence, other targets."""

from __future__ import annotations

import textwrap
from collections.abc import Iterator, Mapping, Sequence

import click
import msgspec

from portlint.query.answer import CHOICE, Answer, Answers, Fact, Here, rank
from portlint.render.words import by_stack, plural, visible

SHOWN = 4
"""Facts shown of an answer at most; JSON has all."""
FEW = 2
"""Facts shown of other targets where nothing is known of the one that was asked for."""
COLORS = {"breaks": "red", "unsupported": "red", "accuracy": "magenta", "differs": "magenta"}
COLORS |= dict.fromkeys(("slow", "falls-back", "recompiles", "restricted", "ended"), "yellow")
COLORS |= {"supported": "green", "likely": "green"}
COLUMN = 16


def text(found: Answers, width: int = 100) -> str:
    """One block for each thing that was asked for; styled, for `click.unstyle` where need be."""
    blocks = ["\n".join(_block(answer, width)) for answer in found.answers]
    return "".join(f"{block}\n" for block in "\n\n".join(blocks).split("\n")) if blocks else ""


def _block(answer: Answer, width: int) -> Iterator[str]:
    title = click.style(visible(answer.name), bold=True)
    if answer.here is None:
        yield f"{title} ({answer.kind})"
        yield from _matrix(answer.targets)
        yield from _everywhere(answer.targets, width, SHOWN + 2, answer.kind in CHOICE)
        return
    yield f"{title} ({answer.kind}): {_word(answer.here.verdict)} on {_target(answer.here)}"
    if not answer.here.facts:
        yield from _filled("public material does not say; no rule speaks of it here", width, "  ")
    said = merged(worth_saying(answer))
    for fact in said[:SHOWN]:
        yield from _fact(fact, width)
    if len(said) > SHOWN:
        yield f"  and {plural(len(said) - SHOWN, 'fact')} more, see `--format json`"
    yield from _runs(answer, width)
    yield from _elsewhere(answer, width)
    if answer.here.verdict == "unknown":
        plain = {"unknown"} if answer.kind in CHOICE else {"unknown", "likely", "supported"}
        others = [t for t in answer.targets if t.verdict not in plain]
        yield from _everywhere(others, width, FEW, answer.kind in CHOICE)


def _word(verdict: str) -> str:
    return click.style(verdict, fg=COLORS.get(verdict), bold=True)


def _target(here: Here) -> str:
    work = "" if here.workload == "both" else f", {here.workload}"
    return f"{here.chip}, {here.stack}, SDK {here.sdk}{work}"


def _fact(fact: Fact, width: int, where: str = "") -> Iterator[str]:
    who = f"{fact.rule} {fact.name}" if fact.name else fact.about
    lead = f"{who}: {fact.message} [{fact.verdict}, {fact.confidence}{where}]"
    if fact.verdict == "unknown":
        lead = f"{who}: {fact.message}{where}"
    yield from _filled(visible(lead), width, "  ", "    ")
    if fact.instead:
        yield from _filled(f"instead: {visible(fact.instead)}", width, "    ", "      ")
    for item in fact.evidence:
        yield f"    evidence: {item.url} (checked {item.checked})"


def worth_saying(answer: Answer) -> list[Fact]:
    """Without the operators behind a name that are fine, where others are not."""
    facts = list(answer.here.facts) if answer.here else []
    fine = [f for f in facts if f.verdict in ("likely", "supported") and f.about in answer.runs]
    return [f for f in facts if f not in fine] if len(fine) < len(facts) else facts


def merged(facts: Sequence[Fact]) -> list[Fact]:
    """What is said of several operators in the same words, once."""
    groups: dict[Fact, list[str]] = {}
    for fact in facts:
        groups.setdefault(msgspec.structs.replace(fact, about=""), []).append(fact.about)
    return [
        msgspec.structs.replace(fact, about=", ".join(dict.fromkeys(names)))
        for fact, names in groups.items()
    ]


def _runs(answer: Answer, width: int) -> Iterator[str]:
    """The operators behind a public name, if the facts do not name them all."""
    told = " ".join(fact.about for fact in answer.here.facts[:SHOWN]) if answer.here else ""
    if answer.runs and not all(op in told for op in answer.runs):
        listed = ", ".join(answer.runs[:8]) + ", …" * (len(answer.runs) > 8)
        yield from _filled(f"runs, depending on its arguments: {listed}", width, "  ", "    ")


def _filled(line: str, width: int, first: str, rest: str | None = None) -> list[str]:
    return textwrap.wrap(
        " ".join(line.split()),
        width,
        initial_indent=first,
        subsequent_indent=first if rest is None else rest,
        break_on_hyphens=False,
        break_long_words=False,
    )


def _elsewhere(answer: Answer, width: int) -> Iterator[str]:
    """The other pairs by verdict: `breaks on xla (inf2, trn1)`."""
    others = [item for item in answer.targets if not _same(item, answer.here)]
    groups = by_verdict(others)
    said = "; ".join(f"{verdict} on {pairs(items)}" for verdict, items in groups.items())
    if len(groups) == 1 and answer.here and answer.here.verdict in groups:
        said = "the same on every other chip and stack"
    if said:
        yield from _filled(f"elsewhere: {said}", width, "  ", "    ")


def _same(item: Here, here: Here | None) -> bool:
    return here is not None and (item.chip, item.stack) == (here.chip, here.stack)


def by_verdict(items: Sequence[Here]) -> Mapping[str, list[Here]]:
    """Targets by what is said there, the most telling verdict first."""
    groups: dict[str, list[Here]] = {}
    for item in sorted(items, key=lambda item: rank(item.verdict)):
        groups.setdefault(item.verdict, []).append(item)
    return groups


def pairs(items: Sequence[Here]) -> str:
    """`native-compile (trn2, trn3), xla (inf2)`."""
    return by_stack((item.chip, item.stack) for item in items)


def _matrix(targets: Sequence[Here]) -> Iterator[str]:
    """Chips down, stacks across; `-` where there is no such pair."""
    stacks = list(dict.fromkeys(item.stack for item in targets))
    stacks.sort(key=lambda stack: (stack == "xla", stack == "vllm", stack != "native-eager"))
    chips = list(dict.fromkeys(item.chip for item in targets))
    found = {(item.chip, item.stack): item.verdict for item in targets}
    yield ("  " + " " * 6 + "".join(stack.ljust(COLUMN) for stack in stacks)).rstrip()
    for chip in chips:
        cells = (found.get((chip, stack), "-") for stack in stacks)
        styled = (_word(cell) + " " * (COLUMN - len(cell)) for cell in cells)
        yield f"  {chip.ljust(6)}{''.join(styled)}".rstrip()


def _everywhere(targets: Sequence[Here], width: int, most: int, best_first: bool) -> Iterator[str]:
    """What is known on these targets, each fact once, with the pairs it holds on."""
    groups: dict[Fact, list[Here]] = {}
    for item in targets:
        for fact in merged(item.facts):
            groups.setdefault(fact, []).append(item)
    ordered = sorted(groups, key=lambda fact: rank(fact.verdict), reverse=best_first)
    for fact in ordered[:most]:
        yield from _fact(fact, width, f"; {pairs(groups[fact])}")
    if len(ordered) > most:
        yield f"  and {plural(len(ordered) - most, 'fact')} more, see `--format json`"
