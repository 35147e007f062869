"""Hot places, found by a call graph on the syntax tree: here they meet rules and guards."""

from __future__ import annotations

from collections.abc import Iterator

from portlint.source import cst
from portlint.source.found import Found
from portlint.source.place import Place

Choice = cst.If | cst.While | cst.Assert | cst.IfExp


def mask_read(node: cst.Subscript, at: Place) -> Iterator[Found]:
    """`x[mask]` in a forward."""
    if not _is_target(node, at):
        yield from _at(node, at, "forward:mask-read")


def mask_write(node: cst.Subscript, at: Place) -> Iterator[Found]:
    """`x[mask] = y` in a forward."""
    if _is_target(node, at):
        yield from _at(node, at, "forward:mask-write")


def size(node: cst.Call, at: Place) -> Iterator[Found]:
    """`x.nonzero()`, `torch.where(x)` in a forward."""
    yield from _at(node, at, "forward:size")


def length(node: cst.Call | cst.Subscript, at: Place) -> Iterator[Found]:
    """`x[: lengths.max()]`, `range(n.item())` in a forward."""
    yield from _at(node, at, "forward:length")


def branch(node: Choice, at: Place) -> Iterator[Found]:
    """`if x.sum() > 0`, `while not done.all()` in a forward."""
    yield from _at(node.test, at, "forward:branch")


def value(node: cst.Call, at: Place) -> Iterator[Found]:
    """`x.item()`, `x.cpu()`, `int(x)` in a forward."""
    yield from _at(node, at, "forward:value")


def shown(node: cst.Call, at: Place) -> Iterator[Found]:
    """`print(x)`, `logger.info(f"{x}")` in a forward."""
    yield from _at(node, at, "forward:shown")


def printed(node: cst.Call, at: Place) -> Iterator[Found]:
    """`print(…)` in a forward."""
    yield from _at(node, at, "forward:print")


def step_value(node: cst.Call, at: Place) -> Iterator[Found]:
    """`loss.item()`, `print(loss)` in every training step."""
    yield from _at(node, at, "step:value")


def step_branch(node: Choice, at: Place) -> Iterator[Found]:
    """`if torch.isnan(loss).any()` in every training step."""
    yield from _at(node.test, at, "step:branch")


def step_length(node: cst.Call | cst.Subscript, at: Place) -> Iterator[Found]:
    """`range(n.item())` in every training step."""
    yield from _at(node, at, "step:length")


def step_size(node: cst.Call | cst.Subscript, at: Place) -> Iterator[Found]:
    """`hidden[mask]`, `x.nonzero()` in every training step."""
    kinds = ("step:size",) if _is_target(node, at) else ("step:size", "step:mask-read")
    yield from _at(node, at, *kinds)


def step_write(node: cst.Subscript, at: Place) -> Iterator[Found]:
    """`x[mask] = y` in every training step."""
    if _is_target(node, at):
        yield from _at(node, at, "step:mask-write")


def token_value(node: cst.Call, at: Place) -> Iterator[Found]:
    """`token.item()` in a loop that makes tokens."""
    yield from _at(node, at, "decode:value")


def token_branch(node: Choice, at: Place) -> Iterator[Found]:
    """`if token == eos` in a loop that makes tokens."""
    yield from _at(node.test, at, "decode:branch")


def grown(node: cst.Call, at: Place) -> Iterator[Found]:
    """`ids = torch.cat([ids, token])` before the next call of the model."""
    yield from _at(node, at, "decode:grown")


def cache(node: cst.Call, at: Place) -> Iterator[Found]:
    """`torch.cat([past_key, key])` in a forward."""
    yield from _at(node, at, "forward:cache")


def measured(node: cst.Call, at: Place) -> Iterator[Found]:
    """`(pred == y).sum().item()` for every batch of an evaluation."""
    yield from _at(node, at, "eval:value")


def generated(node: cst.Call, at: Place) -> Iterator[Found]:
    """`model.generate(…)` of transformers with a cache that grows."""
    yield from _at(node, at, "file:generate")


def loaded(node: cst.Call, at: Place) -> Iterator[Found]:
    """A loader that feeds a training step and does not drop its last batch."""
    yield from _at(node, at, "file:loader")


def padded(node: cst.Call, at: Place) -> Iterator[Found]:
    """`tokenizer(texts, padding=True)`."""
    yield from _at(node, at, "file:padded")


def _is_target(node: cst.CSTNode, at: Place) -> bool:
    """Whether a subscript is what an assignment writes to: a line may hold both of one text."""
    for parent in reversed(at.frame.parents):
        match parent:
            case cst.AssignTarget():
                return True
            case cst.AugAssign(target=target) | cst.AnnAssign(target=target):
                return target is node
            case cst.For(target=target):
                return target is node
            case cst.Tuple() | cst.List() | cst.Element():
                continue
        return False
    return False


def _at(node: cst.BaseExpression, at: Place, *kinds: str) -> Iterator[Found]:
    hot = at.frame.hot
    spots = [found for kind in kinds if (found := hot.get(kind))] if hot else ()
    if not spots:
        return
    word = _word(node)
    if not any(word in text for found in spots for text in found):
        return
    text = _spelled(node, at)
    for found in spots:
        if text in found:
            yield Found(node, value=found[text].words, lines=found[text].lines)


def _word(node: cst.BaseExpression) -> str:
    """A word of the node's text: writing out all of it costs more than all the rest."""
    if isinstance(node, cst.Call):
        node = node.func
    match node:
        case cst.Attribute(attr=cst.Name(name)) | cst.Name(name):
            return name
        case cst.Subscript(value=cst.Name(name)):
            return name
    return ""


def _spelled(node: cst.BaseExpression, at: Place) -> str:
    """The text without blanks and outer parentheses, as the syntax tree has it."""
    return "".join(at.conditions.bare(node).split())
