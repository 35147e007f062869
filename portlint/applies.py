"""The range of a row and a target -> whether the row speaks of it."""

import functools

from packaging.specifiers import SpecifierSet

from portlint.model import Target
from portlint.row import Row


def applies(row: Row, target: Target) -> bool:
    """Whether chip, stack, release and a workload of the target are within what the row names."""
    return (
        (not row.chip or target.chip in row.chip)
        and (not row.stack or target.stack in row.stack)
        and (not row.workload or target.workload == "both" or target.workload in row.workload)
        and (not row.sdk or within(row.sdk, target.sdk))
    )


@functools.cache
def within(releases: str, sdk: str) -> bool:
    """Whether a release is in a range such as `>=2.23,<2.33`."""
    return SpecifierSet(releases).contains(sdk)
