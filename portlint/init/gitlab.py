"""A GitLab job in a file of its own, and the line of .gitlab-ci.yml that includes it."""

import yaml

from portlint.init.change import Change, Part, like, read
from portlint.init.inyaml import with_item
from portlint.init.nodes import composed, entry
from portlint.init.setup import Setup, filled

NAME = "gitlab"
JOB = ".gitlab/portlint.yml"
ITEM = f"local: {JOB}"
BY_HAND = f"{{file}}: add `- {ITEM}` to its `include`"


def part(setup: Setup) -> Part:
    """Nothing where a file of GitLab's speaks of portlint already."""
    job, main = (setup.place.folder / name for name in (JOB, ".gitlab-ci.yml"))
    text, made = read(main), read(job)
    known = "portlint" in (text or "")
    changes, remarks = [], []
    if made is None and not known:
        new = filled("gitlab.yml", origin=setup.origin, stage=_stage(text))
        changes.append(Change(job, None, new))
    if not known:
        grown = _included(text)
        if grown is None:
            remarks.append(BY_HAND.format(file=main))
        else:
            changes.append(Change(main, text, grown))
    return Part(NAME, tuple(changes), tuple(remarks))


def _included(text: str | None) -> str | None:
    """The pipeline with the job included; None where a person has to do that."""
    if not (text or "").strip():
        return f"include:\n  - {ITEM}\n"
    assert text is not None
    document = composed(text)
    if not isinstance(document, yaml.MappingNode) or document.flow_style:
        return None
    if entry(document, "include") is not None:
        return with_item(text, "include", ITEM)
    end = "\n" if text.endswith("\n") else "\n\n"
    grown = text + like(f"{end}include:\n  - {ITEM}\n", text)
    return grown if entry(composed(grown), "include") is not None else None


def _stage(text: str | None) -> str:
    """`test`, which is there unless the pipeline names its stages; then one that it names."""
    stages = entry(composed(text or ""), "stages")
    names = [node.value for node in stages.value] if isinstance(stages, yaml.SequenceNode) else []
    return "test" if not names or "test" in names else str(names[0])
