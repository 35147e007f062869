"""A task of VS Code whose problem matchers read what `concise` prints."""

import json
from typing import Any

from portlint.init.change import Change, Part, read
from portlint.init.injson import with_item
from portlint.init.setup import Setup, filled
from portlint.matchers import vscode

NAME = "vscode"
FILE = ".vscode/tasks.json"


def part(setup: Setup) -> Part:
    """Nothing where a task speaks of portlint already."""
    file = setup.place.folder / FILE
    text = read(file)
    task: dict[str, Any] = json.loads(filled("task.json")) | {"problemMatcher": vscode()}
    if not (text or "").strip():
        new = json.dumps({"version": "2.0.0", "tasks": [task]}, indent=4) + "\n"
        return Part(NAME, (Change(file, text, new),))
    assert text is not None
    if "portlint" in text:
        return Part(NAME)
    made = with_item(text, "tasks", task)
    if made is None:
        shown = json.dumps(task, indent=4)
        return Part(NAME, remarks=(f"{file}: add to its `tasks`:\n{shown}",))
    return Part(NAME, (Change(file, text, made),))
