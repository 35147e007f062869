"""The task in a transformers class's name -> the labels it is trained on."""

from __future__ import annotations

from torch import Tensor

from portlint.trace.sizes import Sizes

TOKENS = ("ForCausalLM", "LMHeadModel", "ForMaskedLM", "ForPreTraining", "ForConditionalGeneration")
"""Endings of classes that are trained to tell tokens."""


def labels(sizes: Sizes, made: dict[str, Tensor]) -> dict[str, Tensor]:
    """Labels for a class whose task its name tells; of any other task none."""
    name = type(sizes.module).__name__
    tokens = made.get("decoder_input_ids", made.get("input_ids"))
    classes = sizes.of(sizes.config, "num_labels", default=2)
    if tokens is not None and "start_positions" in sizes.parameters:
        place = sizes.integers(sizes.batch, below=sizes.length)
        return {"start_positions": place, "end_positions": place.clone()}
    if "labels" not in sizes.parameters:
        return {}
    if tokens is not None and name.endswith(TOKENS):
        return {"labels": tokens.clone()}
    if tokens is not None and name.endswith("ForTokenClassification"):
        return {"labels": sizes.integers(*tokens.shape, below=classes)}
    if name.endswith(
        ("ForSequenceClassification", "ForImageClassification", "ForVideoClassification")
    ):
        return {"labels": sizes.integers(sizes.batch, below=classes)}
    return {}
