"""Flags and tables -> the target a run judges for: chip, stack, SDK release and workload."""

from collections.abc import Sequence
from typing import NamedTuple

from packaging.version import InvalidVersion, Version

from portlint import catalog
from portlint.errors import UsageError
from portlint.model import Target, Workload

DEFAULT_CHIP = "trn2"
RETIRED = {
    "inf1": "inf1 is retired (its virtual environments and images ended with SDK 2.27): "
    "choose inf2 for inference, or trn2"
}
FAMILY = {"native-eager": "native", "native-compile": "native", "vllm": "native", "xla": "xla"}
"""Which device a stack puts tensors on: `neuron` (native) or `xla`."""


class Support(NamedTuple):
    """A row of tables/targets.csv: the releases that ship a stack for a chip and workload."""

    chip: str
    stack: str
    workload: str
    first_sdk: str
    last_sdk: str
    evidence: str
    checked: str
    note: str


def supported() -> list[Support]:
    """All rows of the table of targets, in file order."""
    return [Support(**row) for row in catalog.read_table("targets")]


def releases() -> list[dict[str, str]]:
    """The SDK releases the knowledge covers, newest first."""
    return catalog.read_table("releases")


def minor(sdk: str) -> str:
    """ "2.33.1" -> "2.33": patch releases share one rule set."""
    return ".".join(sdk.split(".")[:2])


def resolve(
    chip: str | None,
    stack: str | None,
    sdk: str | None,
    workload: Workload | None,
    newer: Sequence[str] = (),
) -> tuple[Target, str | None]:
    """The complete target, and a remark for stderr where the release had to be changed.

    `newer` are releases that are known beside those of the table.
    """
    rows = supported()
    chip = chip or DEFAULT_CHIP
    workload = workload or "both"
    _refuse_impossible(rows, chip, stack)
    stacks = [row.stack for row in rows if row.chip == chip]
    stack = stack or ("native-eager" if "native-eager" in stacks else "xla")
    wanted = "training" if workload == "training" else "inference"
    fits = [r for r in rows if (r.chip, r.stack, r.workload) == (chip, stack, wanted)]
    if not fits:
        raise UsageError(f"--stack {stack} on {chip} is for inference only: drop --workload")
    release, remark = _release(fits[0], sdk, newer)
    return Target(chip=chip, stack=stack, sdk=release, workload=workload), remark


def _refuse_impossible(rows: list[Support], chip: str, stack: str | None) -> None:
    if chip in RETIRED:
        raise UsageError(RETIRED[chip])
    chips = list(dict.fromkeys(row.chip for row in rows))
    if chip not in chips:
        raise UsageError(f"--chip {chip} is not known: choose one of {', '.join(chips)}")
    stacks = list(dict.fromkeys(row.stack for row in rows if row.chip == chip))
    every = list(dict.fromkeys(row.stack for row in rows))
    if stack and stack not in every:
        raise UsageError(f"--stack {stack} is not known: choose one of {', '.join(every)}")
    if stack and stack not in stacks:
        others = [c for c in chips if any(r.chip == c and r.stack == stack for r in rows)]
        raise UsageError(
            f"{chip} has no stack {stack}: use --stack {' or '.join(stacks)}, "
            f"or --chip {' or '.join(others)}"
        )


def _release(row: Support, sdk: str | None, newer: Sequence[str]) -> tuple[str, str | None]:
    """The release to judge for, within what the row says was shipped."""
    every = {minor(r["sdk"]) for r in releases()} | set(newer)
    known = sorted(every, key=Version, reverse=True)
    newest = row.last_sdk or known[0]
    if sdk is None:
        return newest, None
    try:
        asked = Version(minor(sdk))
    except InvalidVersion as error:
        raise UsageError(f"--sdk {sdk} is not a release number such as {newest}") from error
    if asked < Version(row.first_sdk):
        raise UsageError(
            f"no SDK up to {sdk} ships {row.stack} for {row.chip}: the first is {row.first_sdk}"
        )
    if asked <= Version(newest) and str(asked) in known:
        return str(asked), None
    earlier = [
        k for k in known if Version(row.first_sdk) <= Version(k) <= min(asked, Version(newest))
    ]
    why = "does not ship" if str(asked) in known else "is not in the knowledge for"
    remark = f"SDK {sdk} {why} {row.stack} on {row.chip} ({row.workload}): judging for {earlier[0]}"
    return earlier[0], remark
