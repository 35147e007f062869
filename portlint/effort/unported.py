"""Configurations of models, for a stack that has its own models -> those it may not have."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import Any

from portlint.catalog import Catalog, read_table
from portlint.effort.hours import Priced
from portlint.effort.ports import hours, kind_of, ports, predicted, rate
from portlint.effort.unseen import Gap
from portlint.model import Target

UNPORTED = "unported-model"
STACK = "vllm"
"""The stack on which a model has to be there in the library's own layers."""
HAS = frozenset("supported maintenance experimental differs".split())


def unported(
    configs: Mapping[str, Mapping[str, Any]], target: Target, catalog: Catalog
) -> Iterator[Gap]:
    """What writing the models would cost that no page names; `configs` by path."""
    if target.stack != STACK:
        return
    known = _known(read_table("models", catalog.folder))
    named = {path: set(_names(config)) for path, config in configs.items()}
    lost = {path: configs[path] for path, names in named.items() if names and not names & known}
    if not lost:
        return
    costs = [_cost(path, config, catalog) for path, config in sorted(lost.items())]
    high = sum(high for high, _ in costs)
    yield Gap(
        UNPORTED,
        "models that no page names for vLLM Neuron",
        "A serving library runs the models that are written in its layers. Whether these are is in "
        "no public list: ask, or load one.",
        Priced((0.0, high), tuple(reason for _, reason in costs)),
        tuple(sorted(lost)),
    )


def _cost(path: str, config: Mapping[str, Any], catalog: Catalog) -> tuple[float, str]:
    kind, name = kind_of(config), next(iter(_names(config)), path)
    lines = predicted(kind, None, ports(catalog))
    if lines is None:
        return 0.0, f"{name}: no port of such a model ({kind}) is known, so nothing is added"
    _, most = hours(lines, rate(catalog))
    return most, (
        f"0-{most:g} h: {name}, if it has to be written: ports of its class ({kind}) have "
        f"{lines.low:.0f} to {lines.high:.0f} lines"
    )


def _names(config: Mapping[str, Any]) -> list[str]:
    """The classes a configuration names, and its model type."""
    found = config.get("architectures")
    listed: Iterable[Any] = found if isinstance(found, list) else ()
    return [name for name in (*listed, config.get("model_type")) if isinstance(name, str)]


def _known(rows: Sequence[Mapping[str, str]]) -> set[str]:
    """Names and model types of the models that the stack has."""
    return {
        name
        for row in rows
        if STACK in row["stack"].split(";") and row["status"] in HAS
        for name in (row["name"], *row["aliases"].split(";"))
        if name
    }
