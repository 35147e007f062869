"""How GitHub and VS Code are to read `concise`: their own JSON, beside this module.

Both know only the words error, warning and notice or info; of any other word GitHub drops the
finding, and VS Code takes the matcher's own. So there is a matcher for each of them, with the
impacts that it stands for in its expression: `breaks` is an error, `accuracy` and `slow` are
warnings, `info` and all that does not count is the rest. No line fits two of them.
"""

import json
import pathlib
from typing import Any

FOLDER = pathlib.Path(__file__).parent


def github() -> str:
    """The file for `::add-matcher::` of a workflow."""
    return (FOLDER / "github.json").read_text(encoding="utf-8")


def vscode() -> list[dict[str, Any]]:
    """The value of `problemMatcher` of a task."""
    return list(json.loads((FOLDER / "vscode.json").read_text(encoding="utf-8")))
