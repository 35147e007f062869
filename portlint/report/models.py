"""What a report says of a traced model: operators, attention, breaks, the oracle's word."""

from typing import Literal

from portlint.attention.features import Features
from portlint.model import Confidence, Evidence, Frozen


class OpRow(Frozen, frozen=True, kw_only=True):
    """An operator of a model: how often it runs, in which dtypes, and where first."""

    op: str
    count: int
    verdict: Literal["documented", "likely", "restricted", "falls_back", "unsupported", "unknown"]
    dtypes: tuple[str, ...]
    where: str | None


class Coverage(Frozen, frozen=True, kw_only=True):
    """How many ops of a model have which verdict on the target."""

    documented: int = 0
    likely: int = 0
    restricted: int = 0
    falls_back: int = 0
    unsupported: int = 0
    unknown: int = 0


class Break(Frozen, frozen=True, kw_only=True):
    """A place where a graph ends or could not be captured, and the reason in words."""

    reason: str
    path: str | None
    line: int | None


AttentionVerdict = Literal["supported", "limited", "compiler-path", "unknown", "unsupported"]


class AttentionKernels(Frozen, frozen=True, kw_only=True):
    """The kernels that serve an attention: for a prompt or a forward, for decoding, for gradients.

    Empty where none is known.
    """

    prefill: str = ""
    decode: str = ""
    backward: str = ""


class AttentionRow(Frozen, frozen=True, kw_only=True):
    """Attentions of one kind and the same features: what serves them on the target.

    `text` is the group on one line, `why` what the verdict stands on, `workload` the one it holds
    for where the other fares better, `port` what somebody did who brought such a model to Neuron.
    """

    kind: str
    count: int
    features: Features
    verdict: AttentionVerdict
    replacement: str | None
    path: str | None
    line: int | None
    text: str
    why: str
    workload: Literal["inference", "training"] | None
    kernels: AttentionKernels
    confidence: Confidence | Literal["unknown"]
    evidence: tuple[Evidence, ...]
    port: str | None


class Lowering(Frozen, frozen=True, kw_only=True):
    """What the live torch-xla makes of a model's calls of one op that fare alike.

    `does` is "lowered", "fallback", "error" or "unknown"; `fallback` are the operators the host
    runs, `hlo` the operations that are left, `compiler` the tables' word on those ("" where the
    host runs it) and `why` what keeps it from being supported. `agreement` tells whether the
    shipped tables say the same, `remark` why not, or why the oracle could not be asked.
    """

    op: str
    count: int
    backward: bool
    does: str
    fallback: tuple[str, ...]
    hlo: tuple[str, ...]
    compiler: str
    why: str
    agreement: str
    remark: str
    where: str | None


class Oracle(Frozen, frozen=True, kw_only=True):
    """What the live torch-xla said of a model: by op, and how many calls fare and agree how."""

    versions: dict[str, str]
    ops: tuple[Lowering, ...]
    forward: dict[str, int]
    backward: dict[str, int]
    agreement: dict[str, int]


class Need(Frozen, frozen=True, kw_only=True):
    """What a use of a model keeps in device memory, in bytes, and what that was worked out from.

    `words` names the assumption behind each part; `parts` are for example "weights", "cache",
    "activations", "gradients", "optimizer". `least` marks a total in which something is missing.
    """

    workload: Literal["inference", "training"]
    parts: dict[str, int]
    words: tuple[str, ...]
    total: int
    least: bool = False


class Placement(Frozen, frozen=True, kw_only=True):
    """Where a need fits: the smallest tensor-parallel degree and the instances that have it.

    `degree` is None where none that divides the heads fits on the largest machine; `cores` are
    NeuronCores as a program sees them (LNC), `share` is the part of a core's memory that is used.
    Without a degree both are those of the largest degree that was tried, and `share` may be
    above 1.
    """

    workload: Literal["inference", "training"]
    chip: str
    degree: int | None
    cores: int
    share: float
    instances: tuple[str, ...]
    words: tuple[str, ...]


class Fit(Frozen, frozen=True, kw_only=True):
    """A model against the memory of the chips: what it needs, and where that fits.

    `dtype` is that of most weights, `batch` that of the traced inputs; `tokens` are those a cache
    is counted for, or those traced where nothing is cached. `heads` and `kv_heads` are what all
    attentions have in common: a degree divides the first. `cache_per_token` is in bytes, for each
    token of one sequence as long as no window is full; None where it is not known. `placements`
    are those of the target's chip first, for each workload.
    """

    dtype: str
    batch: int
    tokens: int | None
    heads: int | None
    kv_heads: int | None
    cache_per_token: int | None
    needs: tuple[Need, ...]
    placements: tuple[Placement, ...]
    evidence: tuple[Evidence, ...] = ()


class Model(Frozen, frozen=True, kw_only=True):
    """A traced model: how it was captured, what it runs and what of that the target knows.

    `try_first` are ops that need a kernel of their own and of which public material says nothing;
    `confinement` is what held the process that ran the model, `oracle` what the live torch-xla said
    if it was asked.
    """

    name: str
    captured_by: str | None
    fidelity: str | None
    parameters: int | None
    ops: tuple[OpRow, ...] = ()
    attention: tuple[AttentionRow, ...] = ()
    coverage: Coverage | None = None
    breaks: tuple[Break, ...] = ()
    try_first: tuple[str, ...] = ()
    confinement: tuple[str, ...] = ()
    oracle: Oracle | None = None
    fit: Fit | None = None
