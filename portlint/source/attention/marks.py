"""A file's attentions -> places that rules speak of, beside what is hot in it."""

from __future__ import annotations

import ast
from collections.abc import Callable, Iterator, Mapping, Sequence

from portlint.source.attention.found import Instance
from portlint.source.attention.recognise import found
from portlint.source.attention.single import one_token
from portlint.source.hot.heat import Heat, Spot
from portlint.source.hot.wording import Wording
from portlint.source.reach import Aliases

SCORES = ("softmax", "scaled_dot_product", "flex_attention", "exp(")
"""Without one of these there are no weights."""

Words = tuple[tuple[str, ...], ...]
"""Of each group one has to be spelled."""
FILE: tuple[Words, ...] = (
    (("tanh(",), SCORES),
    (("slope", "alibi"), SCORES),
    (("abs(", "triu(", "window"), ("arange", "triu("), SCORES),
    (("cu_seq", "segment", "document", "doc_id", "seq_id", "sequence_id"), SCORES),
    (("grid_sample(",), ("softmax",)),
    (("topk(",), ("scatter", "gather", "one_hot", "take_along"), SCORES),
    (("lora_rank", "latent", "compress"), SCORES),
    (("isend", "irecv", "P2POp", "dist.send"), SCORES),
    (("Dropout(0.", "dropout_p=0."), SCORES[:2]),
    ((" in range(", " in zip("), ("exp(", "sigmoid("), ("zeros", "full("), ("[:, ", "unbind(")),
    (("cumsum(",), ("exp(",), ("tril", "einsum", "masked_fill")),
)
"""What a file and one of its statements have to spell for attention to be read for a rule."""
NEEDED = (*SCORES, "sigmoid(")
"""Without one of these none of them is spelled."""
SPELLED = frozenset(word for rule in (*FILE, (NEEDED,)) for group in rule for word in group)
"""All of these words."""
APART = ((FILE[1], FILE[1][0]), (FILE[4], ("grid_sample(", "sampling_offsets")))
"""Where words may stand in different statements, and those that a statement has to have then."""
PLAIN = {
    "alibi": "alibi",
    "symmetric-window": "symmetric-window",
    "varlen": "varlen",
    "deformable": "deformable",
    "topk-sparse": "topk-sparse",
    "block-topk-sparse": "topk-sparse",
    "mla": "mla",
    "ring": "ring",
    "ssd": "ssd",
    "gated-delta": "gated-delta",
}
"""Kinds whose place is that of the attention itself, and the kind of the rule."""
LOOPS = frozenset(["ssm-selective-scan", "linear-recurrence", "rwkv", "retention", "linear"])
WORDS = {
    "ssm-selective-scan": "the selective scan of a state space",
    "linear-recurrence": "a linear recurrence",
    "rwkv": "the recurrence of RWKV",
    "retention": "the recurrence of retention",
    "linear": "a running state",
    "ssd": "the state of a state space",
    "gated-delta": "the state of the delta rule",
}


def marked(
    heat: Heat, module: ast.Module, imports: Aliases, text: str, spells: Callable[[str], bool]
) -> Heat:
    """What is hot, and the attentions that rules speak of; files that spell none are not read.

    `spells` says of each of SPELLED whether the text has it.
    """
    rules = _rules(spells) if "torch" in text else []
    if not rules:
        return heat
    alone = tuple(word for words, few in APART if _all(words, spells) for word in few)
    lines = text.split("\n")
    wanted = {
        node.name
        for node in module.body
        if isinstance(node, ast.FunctionDef | ast.ClassDef)
        and _opens("\n".join(lines[node.lineno - 1 : node.end_lineno]), alone, rules)
    }
    if not wanted:
        return heat
    wording = Wording(text)
    places: dict[str, dict[str, dict[str, Spot]]] = {
        function: {kind: dict(spots) for kind, spots in kinds.items()}
        for function, kinds in heat.places.items()
    }
    at = set(heat.lines)
    for item in found(module, imports, wanted):
        if item.library:
            continue
        for kind, node, words in _said(item):
            if kind == "loop" and one_token(module, item.function, text):
                continue
            spelled = "".join(wording.of(node).split())
            known = places.setdefault(item.function, {}).setdefault(f"attention:{kind}", {})
            spot = known.get(spelled, Spot(words, ()))
            if node.lineno not in spot.lines:
                known[spelled] = spot._replace(lines=(*spot.lines, node.lineno))
            at.add(node.lineno)
    return Heat(places, tuple(sorted(at)))


def _rules(spells: Callable[[str], bool]) -> list[Words]:
    """What of FILE a text spells, without the words that it does not."""
    if not any(map(spells, NEEDED)):
        return []
    found = [rule for rule in FILE if _all(rule, spells)]
    return [tuple(tuple(filter(spells, group)) for group in rule) for rule in found]


def _opens(text: str, alone: tuple[str, ...], rules: Sequence[Words]) -> bool:
    spells = text.__contains__
    return any(map(spells, alone)) or any(_all(rule, spells) for rule in rules)


def _all(words: Words, spells: Callable[[str], bool]) -> bool:
    """Whether one word of each group is spelled."""
    return all(any(map(spells, group)) for group in words)


def _said(item: Instance) -> Iterator[tuple[str, ast.expr, str]]:
    """The rules' kinds of one attention, each with the expression that shows it."""
    marks = dict(item.marks)
    if item.loop and item.kind in WORDS:
        yield from _expression("loop", item.node, WORDS[item.kind])
        return
    if (kind := PLAIN.get(item.kind)) is not None:
        yield from _expression(kind, _place(item, marks), item.kind)
    if "tanh" in marks:
        cap = item.features.softcap
        yield from _expression("softcap", marks["tanh"], "" if cap is None else f"{cap:g}")
    if item.features.dropout:
        yield from _expression("dropout", item.node, f"{item.features.dropout:g}")


def _place(item: Instance, marks: Mapping[str, ast.AST]) -> ast.AST:
    return marks.get("add", item.node) if item.kind == "alibi" else item.node


def _expression(kind: str, node: ast.AST, words: str) -> Iterator[tuple[str, ast.expr, str]]:
    if isinstance(node, ast.expr):
        yield kind, node, words
