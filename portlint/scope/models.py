"""The classes of a run -> those that a reader would call its models, by file.

A model is an `nn.Module` that no other module is built of, or one whose name says that people ask
for it (`BertModel`, `ViTForImageClassification`). Layers, losses and what tests define are none.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from pathlib import PurePosixPath
from typing import NamedTuple

from portlint.context import path_context
from portlint.scope.graph import Graph
from portlint.source.hot.calls import LOSSES

MODULES = re.compile(
    r"Module|\w*LightningModule|\w*PreTrainedModel|ModelMixin|Sequential|ModuleList|\w*_?nn_?Module"
)
"""Bases from elsewhere whose subclasses are `nn.Module`s."""
CALLED_FOR = re.compile(r"\w+(Model|LMHead\w*|Network|Net)|\w+For[A-Z]\w+|\w+LightningModule")
"""What people name when they load a model."""
UNFINISHED = re.compile(
    r"_\w+|\w*(PreTrained|Pretrained)\w*|(Base|Abstract)\w+|\w+(Base|Mixin|ABC)"
)
"""What others are derived from."""
PARTS = re.compile(
    r"\w*(Block|Layer|Layers|Attention|Attn|SelfAttn|MLP|Mlp|FFN|FeedForward|Norm\w*|Embed\w*|"
    r"Head|Stage|Conv\w*|Pool\w*|Linear\w*|Act\w*|Cell|Unit|Bottleneck|Router|Experts?|Gate|"
    r"Projector|Projection|Dropout|DropPath|Residual|Stem|Function|Wrapper|Transform|Metric|"
    r"Augment\w*|Sampler|Loss\w*|Entropy|Criterion|Rotary\w*|RoPE|Processor)"
)
"""How parts of models are called."""
SHELVES = frozenset(
    "layers layer ops op blocks kernels functional components losses loss metrics optim optimizers "
    "utils util integrations quantizers quantization modules nn attention norms data "
    "datasets distributed".split()
)
"""Folders, and names of files, in which parts of models are kept."""


class Made(NamedTuple):
    """The modules of a run: every one, and those that a reader would ask for."""

    modules: frozenset[int]
    models: tuple[int, ...]


def made(code: Graph) -> Made:
    """Find the models."""
    modules = _modules(code)
    used = _used(code, modules)
    asked = [
        piece
        for piece in sorted(modules)
        if _is_shown(code, piece) and (piece not in used or _is_asked(code, piece))
    ]
    whole = [piece for piece in asked if not _is_part(code, piece)]
    homes = {code.homes[piece] for piece in whole}
    alone = [p for p in asked if code.homes[p] not in homes and not _on_shelf(code, p)]
    return Made(frozenset(modules), tuple(sorted([*whole, *alone]) or asked))


def _modules(code: Graph) -> set[int]:
    """The classes that are an `nn.Module` and have something to run."""
    derived: dict[int, list[int]] = {}
    outside: set[int] = set()
    for at, piece in enumerate(code.pieces):
        if piece.kind == "class":
            for base in code.bases(at):
                derived.setdefault(base, []).append(at)
            if any(MODULES.fullmatch(name) for name in code.parents(at)):
                outside.add(at)
    found = _below(outside, derived)
    runs = {at for at in found if code.members.get(at, {}).keys() & {"forward", "training_step"}}
    return found & _below(runs, derived)


def _below(classes: set[int], derived: Mapping[int, Iterable[int]]) -> set[int]:
    """Classes with all that are derived from them."""
    found = set(classes)
    left = sorted(classes)
    while left:
        new = [at for at in derived.get(left.pop(), ()) if at not in found]
        found.update(new)
        left.extend(new)
    return found


def _used(code: Graph, modules: set[int]) -> set[int]:
    """The modules that others are built of, be it through functions that make them."""
    found: set[int] = set()
    seen: set[int] = set()
    for module in sorted(modules):
        if path_context(code.file(module).path) != "live":
            continue
        left = [m for members in code.members.get(module, {}).values() for m in members]
        while left:
            edges = code.edges(left.pop())
            found |= {target for target in edges.opens & modules if target != module}
            new = {t for t in edges.runs if code.pieces[t].kind == "function"} - seen
            seen |= new
            left.extend(new)
    return found


def _is_shown(code: Graph, piece: int) -> bool:
    path = code.file(piece).path
    name = code.pieces[piece].name
    return path_context(path) != "test" and not (
        UNFINISHED.fullmatch(name) or any(word in name for word in LOSSES)
    )


def _is_asked(code: Graph, piece: int) -> bool:
    return bool(CALLED_FOR.fullmatch(code.pieces[piece].name)) and not _on_shelf(code, piece)


def _is_part(code: Graph, piece: int) -> bool:
    return bool(PARTS.fullmatch(code.pieces[piece].name)) or _on_shelf(code, piece)


def _on_shelf(code: Graph, piece: int) -> bool:
    path = PurePosixPath(code.file(piece).path)
    return path.stem[0] == "_" or not SHELVES.isdisjoint([*path.parts[:-1], path.stem])


def first(code: Graph, models: Iterable[int]) -> list[int]:
    """Models of one file in order: what is asked for by name, then the longest."""

    def rank(at: int) -> tuple[bool, int, int]:
        return not CALLED_FOR.fullmatch(code.pieces[at].name), -_size(code, at), at

    return sorted(models, key=rank)


def _size(code: Graph, at: int) -> int:
    file = code.file(at)
    later = (p.at for p in code.pieces[at + 1 : file.first + len(file.cut.pieces)] if p.owner < 0)
    return next(later, len(file.cut.text)) - code.pieces[at].at
