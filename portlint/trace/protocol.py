"""What the parent asks of the child that traces a model. No torch: both sides import this."""

from __future__ import annotations

from portlint.model import Frozen


class Request(Frozen, frozen=True, kw_only=True):
    """One model to trace, and what the child may use for it.

    `spec` is the MODEL the user wrote, relative to `cwd` ("": to `root`); `root` goes on
    `sys.path`; `inputs` names what gives the inputs beside the model; `batch` and `seq_len` are the
    sizes of inputs that are made up; `size` chooses between a tiny and the full model where it is
    built from a config; `libraries` are CUDA-bound libraries that a stub stands for where they are
    missing; `training` adds the joint graph of forward and backward; `breaks` looks for graph
    breaks even where export succeeds; `program` is a file to save the exported program to, without
    its weights. `timeout` is in seconds, `memory` in GiB.
    """

    spec: str
    root: str
    cwd: str = ""
    inputs: str | None = None
    dtype: str | None = None
    batch: int | None = None
    seq_len: int | None = None
    size: str = ""
    training: bool = False
    breaks: bool = False
    libraries: tuple[str, ...] = ()
    program: str = ""
    timeout: float = 300.0
    memory: float = 16.0
    homes: tuple[str, ...] = ()
    readable: tuple[str, ...] = ()
