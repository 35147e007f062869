"""Two saved reports -> what a reader has to know before believing their difference."""

from collections.abc import Iterator

from portlint.diff.saved import Saved, SavedTarget


def warnings(old: Saved, new: Saved, unseen: int) -> Iterator[str]:
    """One sentence each."""
    if old.target != new.target:
        yield (
            f"the target differs ({_target(old.target)}; now {_target(new.target)}): "
            "a change may come from that and not from the code"
        )
    if old.knowledge.digest != new.knowledge.digest:
        yield (
            f"the facts differ ({_facts(old)}; now {_facts(new)}): "
            "a change may come from them and not from the code"
        )
    elif old.tool.version != new.tool.version:
        yield (
            f"portlint {new.tool.version} wrote the new report and {old.tool.version} the old one: "
            "a change may come from that and not from the code"
        )
    if bool(old.plan) != bool(new.plan) and (old.findings or new.findings):
        which = "old" if old.plan else "new"
        yield f"only the {which} report has a plan: hours of root causes cannot be compared"
    if unseen:
        yield (
            f"{unseen} of the old findings are in files or models that the new report could not "
            "look at: nobody knows whether they are gone"
        )
    yield from _models(old, new)


def _models(old: Saved, new: Saved) -> Iterator[str]:
    lost = lost_models(old, new)
    if lost:
        names = ", ".join(sorted(lost)[:5]) + (" …" if len(lost) > 5 else "")
        yield f"models of the old report that were not traced again: {names}"


def lost_models(old: Saved, new: Saved) -> set[str]:
    """Models that were captured before, and now were not."""
    return _captured(old) - _captured(new)


def _captured(report: Saved) -> set[str]:
    return {model.name for model in report.models if model.captured_by is not None}


def _target(target: SavedTarget) -> str:
    return f"{target.chip}, {target.stack}, SDK {target.sdk}, {target.workload}"


def _facts(report: Saved) -> str:
    facts = report.knowledge
    return f"SDK {facts.sdk}, checked {facts.checked}, {facts.digest[:8]}"
