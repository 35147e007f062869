"""What ports of models to serving libraries have measured -> the lines and hours of another one."""

import functools
import math
import pathlib
import statistics
import tomllib
from collections.abc import Iterable, Mapping, Sequence
from typing import NamedTuple

import msgspec

from portlint.catalog import Catalog, read_table
from portlint.model import Frozen
from portlint.report import Hours

PARTS = 20
"""Quantiles are twentieths: nine tenths of the ports lie between the first and the last."""
LEAST = 2
"""Ports below which nothing is said of others like them."""


class Port(Frozen, frozen=True, kw_only=True):
    """A model that somebody wrote for a library: lines of code there, and of the original.

    `kind` is the class of models it belongs to; `original` is None where the model did not come
    from one file of transformers.
    """

    name: str
    library: str
    kind: str
    file: str
    original: int | None
    lines: int


class Range(NamedTuple):
    """Of nine tenths of the ports of a class: from and to, and the one in the middle."""

    low: float
    middle: float
    high: float


class Rate(Frozen, frozen=True, kw_only=True):
    """Lines of a port that get done in an hour: our judgement, in rules/weights.toml."""

    fast: float
    slow: float


def ports(catalog: Catalog) -> tuple[Port, ...]:
    """The measured ports, in the order of their table."""
    return _ports(catalog.folder)


def rate(catalog: Catalog) -> Rate:
    """How fast a port is written."""
    return _rate(catalog.folder / "weights.toml")


def predicted(kind: str, original: int | None, known: Iterable[Port]) -> Range | None:
    """The lines a port of this class takes; None where too few of the class are known.

    What ports of a class have in common is partly their length and partly their share of the
    original, so both are asked, and the answer lies halfway (in factors).
    """
    like = [port for port in known if port.kind == kind]
    if len(like) < LEAST:
        return None
    whole = _range([float(port.lines) for port in like])
    shares = [port.lines / port.original for port in like if port.original]
    if not original or len(shares) < LEAST:
        return whole
    scaled = (share * original for share in _range(shares))
    return Range(*(math.sqrt(a * b) for a, b in zip(whole, scaled, strict=True)))


def hours(lines: Range, pace: Rate) -> Hours:
    """From the fewest lines at the fast rate to the most at the slow one."""
    return round(lines.low / pace.fast, 1), round(lines.high / pace.slow, 1)


def kind_of(config: Mapping[str, object]) -> str:
    """The class of a model by its config.json, in the words of the table of ports."""
    inner = next((config[key] for key in LANGUAGE if isinstance(config.get(key), Mapping)), {})
    assert isinstance(inner, Mapping)
    every = {key.lower(): value for key, value in [*inner.items(), *config.items()] if value}
    layers = " ".join(str(every.get(key, "")) for key in ("layer_types", "block_types"))
    if "kv_lora_rank" in every:
        return "latent"
    if any(key.startswith(STATES) for key in every) or any(word in layers for word in MIXERS):
        return "hybrid"
    names = every.get("architectures")
    name = str(names[0]) if isinstance(names, Sequence) and names else ""
    decodes = name.endswith(("ForCausalLM", "LMHeadModel", "ForConditionalGeneration"))
    if "vision_config" in every and decodes:
        return "vision-language"
    if EXPERTS & every.keys():
        return "moe"
    both = "is_encoder_decoder" in every or any(key.startswith("decoder_") for key in config)
    return "decoder" if decodes and not both else "encoder"


LANGUAGE = ("text_config", "llm_config", "language_config", "thinker_config")
"""Where configurations of several models in one keep that of the language model."""
STATES = ("mamba", "ssm_", "ssm_cfg", "linear_key_head", "lru_width", "conv_l_cache", "state_size")
MIXERS = ("linear_attention", "recurrent", "mamba", "conv")
EXPERTS = frozenset(
    "num_local_experts num_experts n_routed_experts num_experts_per_tok moe_intermediate_size "
    "ffn_config".split()
)


def _range(values: Sequence[float]) -> Range:
    points = statistics.quantiles(values, n=PARTS, method="inclusive")
    return Range(points[0], statistics.median(values), points[-1])


@functools.cache
def _ports(folder: pathlib.Path) -> tuple[Port, ...]:
    return tuple(
        Port(
            name=row["name"],
            library=row["library"],
            kind=row["kind"],
            file=row["file"],
            original=int(row["original"]) if row["original"] else None,
            lines=int(row["port"]),
        )
        for row in read_table("port_sizes", folder)
    )


@functools.cache
def _rate(file: pathlib.Path) -> Rate:
    return msgspec.convert(tomllib.loads(file.read_text(encoding="utf-8"))["port"], Rate)
