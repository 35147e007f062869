"""JSON that configures a program or describes a checkpoint -> facts.

JSON is read as YAML, which keeps places; only what YAML reads differently is changed before.
"""

import re
from collections.abc import Iterator

from portlint.errors import Unreadable
from portlint.infra.alternatives import guarded
from portlint.infra.attentionconfig import attention
from portlint.infra.checkpoint import checkpoint
from portlint.infra.facts import Fact
from portlint.infra.settings import settings
from portlint.infra.tree import Node, documents

COMMENT = re.compile(r"^[^\S\n]*//.*$", re.MULTILINE)
SURROGATE = re.compile(r"\\u[dD][89a-fA-F][0-9a-fA-F]{2}")
TELLING = re.compile(
    r'"(model_type|quantization_config|quant_algo|desc_act|w_bit|padding_side|zero_optimization'
    r"|train_micro_batch_size_per_gpu|device|accelerator|mixed_precision|fp16|tf32|optim\w*"
    r"|attn_implementation|_attn_implementation|use_flash_attention_2|load_in_[48]bit|deepspeed"
    r'|enforce_eager|gpu_memory_utilization|max_model_len|repo_id)"\s*:'
)
"""Keys of which one must be there before a file is read at all: most JSON is data."""


def parse(text: str, name: str) -> Iterator[Fact]:
    """The facts of a JSON file, if it has a key that could make one."""
    if not TELLING.search(text):
        return
    for document in _documents(text):
        found = [*settings(document, name), *checkpoint(document, name), *attention(document)]
        yield from guarded(found, document)


def _documents(text: str) -> list[Node]:
    plain = SURROGATE.sub(r"\\u0020", COMMENT.sub("", text)).replace("\t", " ")
    try:
        return documents(plain)
    except Unreadable as error:
        raise Unreadable(str(error).replace("is not YAML", "is not JSON")) from error
