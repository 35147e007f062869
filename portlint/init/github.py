"""A GitHub workflow: the action of portlint, or its commands where GitHub has no such action."""

from portlint.init.change import Change, Part, read
from portlint.init.setup import Setup, filled

NAME = "github"
FILE = "portlint.yml"


def part(setup: Setup) -> Part:
    """Nothing where a workflow speaks of portlint already."""
    folder = setup.place.folder / ".github" / "workflows"
    for file in (*sorted(folder.glob("*.yml")), *sorted(folder.glob("*.yaml"))):
        if "portlint" in (read(file) or ""):
            return Part(NAME)
    text = filled("workflow.yml", origin=setup.origin, branch=setup.place.branch)
    return Part(NAME, (Change(folder / FILE, read(folder / FILE), text),))
