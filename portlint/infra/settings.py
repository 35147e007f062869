"""Configuration files of training and serving programs -> facts, told by the keys side by side.

YAML and JSON say nothing about who reads them. A mapping counts as the configuration of a program
when it has keys that only this program's configurations have together.
"""

from collections.abc import Iterator, Set

from portlint.infra.facts import Fact
from portlint.infra.tree import Mapping, Node, Scalar, walk

DEEPSPEED = frozenset("zero_optimization train_micro_batch_size_per_gpu".split())
BESIDE_DEEPSPEED = frozenset(
    "fp16 bf16 optimizer scheduler gradient_clipping zero_allow_untested_optimizer "
    "train_batch_size steps_per_print wall_clock_breakdown".split()
)
LIGHTNING = frozenset(
    "max_epochs max_steps devices strategy num_nodes precision accumulate_grad_batches "
    "gradient_clip_val log_every_n_steps check_val_every_n_epoch val_check_interval callbacks "
    "num_sanity_val_steps limit_train_batches limit_val_batches sync_batchnorm".split()
)
TRAINER = frozenset(
    "per_device_train_batch_size per_device_eval_batch_size num_train_epochs finetuning_type "
    "gradient_accumulation_steps lr_scheduler_type warmup_ratio warmup_steps logging_steps "
    "save_steps output_dir max_steps gradient_checkpointing learning_rate eval_strategy "
    "evaluation_strategy micro_batch_size sequence_len base_model model_name_or_path "
    "max_seq_length lora_r lora_alpha num_epochs save_total_limit".split()
)
"""Arguments of the Trainer of transformers, and of axolotl and LLaMA-Factory, which build on it."""
VLLM = frozenset(
    "tensor_parallel_size pipeline_parallel_size gpu_memory_utilization max_model_len max_num_seqs "
    "max_num_batched_tokens served_model_name enforce_eager enable_prefix_caching "
    "enable_chunked_prefill kv_cache_dtype speculative_config num_gpu_blocks_override".split()
)
ALONE = frozenset(
    "attn_implementation _attn_implementation use_flash_attention_2 "
    "load_in_4bit load_in_8bit".split()
)
"""Keys that mean one thing whatever stands beside them."""
LEARNING = frozenset(
    "model models model_name model_path model_id batch_size train_batch_size lr learning_rate "
    "epochs num_epochs max_epochs optimizer optim dataset datasets data train training trainer "
    "seed checkpoint ckpt ckpt_path num_workers precision dtype torch_dtype loss scheduler weights "
    "tokenizer amp backbone encoder decoder hidden_size num_layers d_model policy".split()
)
"""Keys beside which `device` is the device of a model."""


def settings(document: Node, name: str) -> Iterator[Fact]:
    """The settings in one document, as `program.key` and value; `name` is the path of its file."""
    top = _names(document) if isinstance(document, Mapping) else frozenset()
    for path, mapping in walk(document):
        names = _names(mapping)
        if first := _deepspeed(mapping, names):
            yield Fact("setting", "deepspeed.config", first.text, first.span)
            continue
        for program in _programs((name, *path), mapping, names):
            yield from _given(program, mapping)
        if "quantization_config" not in path:
            yield from _given("any", mapping, ALONE)
        if "device" in names and (len(names & LEARNING) > 0 or len(top & LEARNING) > 1):
            yield from _given("learning", mapping, frozenset(["device"]))


def _names(mapping: Mapping) -> frozenset[str]:
    """The keys of a mapping, with the underscores of Python names."""
    return frozenset(key.text.replace("-", "_") for key, _ in mapping.pairs)


def _deepspeed(mapping: Mapping, names: Set[str]) -> Scalar | None:
    """The key that tells a configuration of DeepSpeed."""
    if not (names & DEEPSPEED and names & (BESIDE_DEEPSPEED | DEEPSPEED)):
        return None
    if len(names & (BESIDE_DEEPSPEED | DEEPSPEED)) < 2 and "zero_optimization" not in names:
        return None
    return next(key for key, _ in mapping.pairs if key.text in DEEPSPEED)


def _programs(path: tuple[str, ...], mapping: Mapping, names: Set[str]) -> Iterator[str]:
    """Which programs a mapping configures, told by its keys and by what it is called."""
    if "compute_environment" in names or {"distributed_type", "mixed_precision"} <= names:
        yield "accelerate"
    elif "accelerator" in names or "gpus" in names:
        target = mapping.text("_target_")
        named = "trainer" in path[-1].lower() or target.endswith(("Trainer", "Fabric"))
        if len(names & LIGHTNING) >= (1 if named else 2):
            yield "lightning"
    if len(names & TRAINER) > 1 and "accelerator" not in names:
        yield "trainer"
    if len(names & VLLM) > 1:
        yield "vllm"


def _given(program: str, mapping: Mapping, wanted: Set[str] | None = None) -> Iterator[Fact]:
    for key, value in mapping.pairs:
        name = key.text.replace("-", "_")
        if isinstance(value, Scalar) and (wanted is None or name in wanted):
            yield Fact("setting", f"{program}.{name}", value.text[:200], value.span)
        elif isinstance(value, Mapping) and program == "vllm":
            for inner, found in value.pairs:
                if isinstance(found, Scalar):
                    text = found.text[:200]
                    yield Fact("setting", f"vllm.{name}.{inner.text}", text, found.span)
