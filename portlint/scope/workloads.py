"""The names in code that runs -> whether it trains, and whether it infers."""

from __future__ import annotations

from collections.abc import Collection
from typing import Literal

Workload = Literal["inference", "training"]
WORKLOADS: tuple[Workload, ...] = ("inference", "training")
TRAINS = frozenset(
    ".backward .fit .training_step .train_batch .train_one_epoch train_one_epoch .optimizer_step "
    "TrainingArguments".split()
)
TRAINER = "Trainer"
"""How classes are called whose objects train."""
INFERS = frozenset(
    ".eval .generate .predict .evaluate .inference_mode inference_mode pipeline LLM LLMEngine "
    "AsyncLLMEngine InferenceClient AutoPipelineForText2Image".split()
)
QUIET = frozenset("no_grad .no_grad".split())
"""Without a training step around, code that wants no gradients infers."""
NEVER: dict[Workload, frozenset[str]] = {
    "inference": frozenset(
        "backward training_step configure_optimizers compute_loss train_dataloader fit "
        "optimizer_step optimizer_zero_grad on_train_start on_train_batch_end on_train_epoch_end "
        "on_fit_start training_epoch_end lr_scheduler_step".split()
    ),
    "training": frozenset(
        "generate predict_step predict_dataloader test_step test_dataloader on_predict_start "
        "on_test_start".split()
    ),
}
"""Methods that a workload of a model does not call."""
NEITHER = NEVER["inference"] | NEVER["training"]


Sign = Literal["trains", "infers", "quiet"]


def signs(words: Collection[str]) -> frozenset[Sign]:
    """What these names (attributes with their dot) tell of a workload."""
    found: set[Sign] = set()
    if not TRAINS.isdisjoint(words) or any(
        w.endswith(TRAINER) and w[0] not in "\"'" for w in words
    ):
        found.add("trains")
    if not INFERS.isdisjoint(words):
        found.add("infers")
    if not QUIET.isdisjoint(words):
        found.add("quiet")
    return frozenset(found)


def told(found: Collection[Sign]) -> set[Workload]:
    """The workloads that signs speak of."""
    uses: set[Workload] = {"training"} if "trains" in found else set()
    if "infers" in found or (not uses and "quiet" in found):
        uses.add("inference")
    return uses
