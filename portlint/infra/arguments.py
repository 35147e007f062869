"""The command line of a program -> its options, for the programs whose options rules speak of."""

import re
from collections.abc import Iterator, Sequence

from portlint.infra.facts import Fact
from portlint.infra.packages import PYTHON
from portlint.infra.script import Script
from portlint.infra.shellwords import Word

VLLM_MODULE = re.compile(r"vllm\.entrypoints\.(openai\.api_server|api_server|cli\.main)")
LAUNCHERS = frozenset("accelerate torchrun deepspeed llamafactory-cli axolotl swift".split())
TRAINER = frozenset(
    "--per_device_train_batch_size --per_device_eval_batch_size --num_train_epochs "
    "--gradient_accumulation_steps --model_name_or_path --finetuning_type".split()
)
"""Options that tell a script built on the Trainer of transformers."""


def arguments(
    program: str, words: Sequence[Word], script: Script, guard: str | None
) -> Iterator[Fact]:
    """`vllm serve M --quantization awq` -> an `argument` of vllm with its value."""
    kind = _kind(program, [word.text for word in words])
    if kind is None:
        return
    for at, word in enumerate(words):
        if not re.match(r"--?[a-zA-Z]", word.text):
            continue
        following = words[at + 1] if at + 1 < len(words) else None
        alone = "=" in word.text or following is None or following.text.startswith("-")
        last = word if alone or following is None else following
        name, _, value = word.text.partition("=")
        value = value if last is word else last.text
        text = f"{name} {value}".strip()[:1000]
        yield Fact("argument", kind, text, script.span(word.start, last.end), guard=guard)


def _kind(program: str, words: Sequence[str]) -> str | None:
    """Whose options these are: vllm's, those of a script on transformers' Trainer, a script's."""
    if program == "vllm" and words[1:2] == ["serve"]:
        return "vllm"
    python = PYTHON.fullmatch(program) is not None
    if python and any(VLLM_MODULE.fullmatch(word) for word in words):
        return "vllm"
    if not (python or program in LAUNCHERS or program.endswith(".py")):
        return None
    if TRAINER & {word.partition("=")[0] for word in words}:
        return "trainer"
    return "accelerate" if program == "accelerate" else "script"
