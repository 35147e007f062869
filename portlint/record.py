"""What a traced model did: values that cross from the child process that ran it. No torch here."""

from __future__ import annotations

from typing import Any, Literal

import msgspec

from portlint.model import Frozen

Rung = Literal["export", "export-strict", "explain", "fx", "recorder-fake", "recorder-real"]
"""How a graph was captured, from the whole model on fake tensors to one data path on real ones."""
Level = Literal["aten", "core", "joint"]
"""aten: as the program says it; core: decomposed; joint: forward and backward, decomposed."""
Form = Literal[
    "full",
    "causal",
    "window",
    "symmetric",
    "chunk",
    "segments",
    "prefix",
    "keys",
    "blocks",
    "dense",
    "nothing",
]
Origin = Literal["parameter", "buffer", "input", "constant", "activation"]


class Place(Frozen, frozen=True, kw_only=True):
    """A line of Python that was running: absolute path, line from 1, name of the function."""

    path: str
    line: int
    function: str = ""


class Tensor(Frozen, frozen=True, kw_only=True):
    """A tensor an op takes or gives.

    `shape` keeps symbols as text ("u0", "2*s1"); `dtype` is torch's name without the module
    ("bfloat16"); `name` is that of the parameter, buffer or input it is; `source` is the `id` of
    the op that made it, and `part` which of its results it is.
    """

    shape: tuple[int | str, ...]
    dtype: str
    origin: Origin = "activation"
    name: str = ""
    source: int | None = None
    part: int = 0


class Op(Frozen, frozen=True, kw_only=True):
    """One call of an operator: `name` is op and overload ("aten.index.Tensor").

    `arguments` names what each input is in the schema ("self", "indices.1" for an element of a
    list); `semantic` is the op before decomposition that this one came from ("" for itself);
    `literals` are the arguments that are no tensors, by their name in the schema; `place` is
    the user's line and `stack` the lines around it, innermost last; `module` is the path of the
    module ("layers.0") and `module_class` its class; `symbols` are unbacked symbols this op
    makes (sizes and values that depend on data); `stub` names the missing library's function
    the op stands for; `inside` is the `id` of the higher-order op that calls the graph this op
    is part of; `returned` says that the model gives back what it makes; `times` is how often
    the graph it is part of ran.
    """

    id: int
    name: str
    level: Level
    inputs: tuple[Tensor, ...] = ()
    arguments: tuple[str, ...] = ()
    outputs: tuple[Tensor, ...] = ()
    literals: dict[str, Any] = msgspec.field(default_factory=dict)
    semantic: str = ""
    place: Place | None = None
    stack: tuple[Place, ...] = ()
    module: str = ""
    module_class: str = ""
    symbols: tuple[str, ...] = ()
    stub: str = ""
    backward: bool = False
    inside: int | None = None
    returned: bool = False
    times: int = 1


class Event(Frozen, frozen=True, kw_only=True):
    """Something that is no op.

    redirect: a call that asked for CUDA and got the CPU (`what`: "torch.cuda.synchronize");
    stub: an import of a library that is not there (`what`: its name);
    read: Python took a value from a tensor (`what`: "item", "tolist", "numpy", "bool", "int" …);
    break: a graph break (`what`: the short reason);
    failure: a rung that could not capture (`what`: the kind: "data-dependent-branch",
    "data-dependent-size", "data-dependent-value", "unsupported-python", "fake-tensor",
    "missing-input", "model-error", "timeout", "memory", "crash" …); `detail` says it in words.
    """

    kind: Literal["redirect", "stub", "read", "break", "failure"]
    what: str
    detail: str = ""
    place: Place | None = None
    rung: Rung | None = None


class Visible(Frozen, frozen=True, kw_only=True):
    """Which keys the queries see, as positions say it.

    `size` is the number of keys of a window, the length of a chunk or of a prefix; `keys` hides the
    same keys from every query, `blocks` are squares of `size` of which some are seen,
    `segments` are runs of different lengths that see only themselves, and `causal` holds for
    what form alone does not say.
    """

    form: Form
    size: int | None = None
    causal: bool = False


class Pattern(Frozen, frozen=True, kw_only=True):
    """What a tensor holds that is known before any activation: a mask, a bias, a decay.

    `of` is the id of the op that made it, or the name of the buffer or input it is. `sources` are
    what it is made of: "parameter", "buffer", "padding" (an input of tokens, alike for all of
    them), "packing" (one that is not), "input" (one of higher rank), "earlier" (made before the
    graph began), or nothing at all: positions. Of a boolean tensor `shown` is where it is true
    and `hidden` where it is false; of a floating one `shown` is where it is not hugely
    negative. `bias` is the form of the finite values; "decay" is one for factors, of which
    `nonzero` is where they are not zero. Of a call with functions for scores and masks
    (`flex_attention`) it tells what those do: `shown`, `bias` and `cap`, the value scores are
    capped at.
    """

    of: int | str
    sources: tuple[str, ...] = ()
    shown: Visible
    hidden: Visible | None = None
    nonzero: Visible | None = None
    cap: float | None = None
    bias: Literal["alibi", "relative", "learned", "decay", "dense"] | None = None


class Trace(Frozen, frozen=True, kw_only=True):
    """Everything a model's capture gave. `model` is the spec the user wrote.

    `captured_by` is None where nothing could be captured; `weights` are bytes of parameters and
    buffers by dtype; `positions` is how many tokens the config of a model of transformers is made
    for, None where the user chose a length; `defined` is where the model's class is defined;
    `confinement` says what held the child ("no network", "4.0 GiB of memory" …) and what could not
    be had ("network open").
    """

    model: str
    captured_by: Rung | None = None
    fidelity: str = ""
    parameters: int = 0
    weights: dict[str, int] = msgspec.field(default_factory=dict)
    positions: int | None = None
    ops: tuple[Op, ...] = ()
    patterns: tuple[Pattern, ...] = ()
    events: tuple[Event, ...] = ()
    defined: Place | None = None
    training: bool = False
    confinement: tuple[str, ...] = ()
    versions: dict[str, str] = msgspec.field(default_factory=dict)
