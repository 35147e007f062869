"""A hook for pre-commit, from portlint's repository, or a local one where it has none."""

import yaml

from portlint.init.change import Change, Part, read
from portlint.init.inyaml import with_item
from portlint.init.nodes import composed, entry
from portlint.init.setup import Setup, filled

NAME = "pre-commit"
HOOK = "portlint"
FILE = ".pre-commit-config.yaml"


def part(setup: Setup) -> Part:
    """Nothing where portlint is a hook already."""
    file = setup.place.folder / FILE
    text = read(file)
    item = filled("hook.yml", origin=setup.origin)
    if not (text or "").strip():
        body = "".join(f"    {line}\n" for line in item.splitlines())
        return Part(NAME, (Change(file, text, f"repos:\n  - {body.lstrip()}"),))
    assert text is not None
    if _has(text):
        return Part(NAME)
    made = with_item(text, "repos", item)
    if made is None:
        shown = "\n".join(f"    {line}" for line in f"- {item}".splitlines())
        return Part(NAME, remarks=(f"{file}: add to its `repos`:\n{shown}",))
    return Part(NAME, (Change(file, text, made),))


def _has(text: str) -> bool:
    repos = entry(composed(text), "repos")
    found = repos.value if isinstance(repos, yaml.SequenceNode) else ()
    hooks = [hook for repo in found for hook in getattr(entry(repo, "hooks"), "value", ())]
    return any(getattr(entry(hook, "id"), "value", "") == HOOK for hook in hooks)
