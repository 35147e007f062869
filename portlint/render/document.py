"""Built-in values -> JSON as the formats of hosts have it: one space deep, ending in a newline."""

import json
from typing import Any


def document(value: Any) -> str:
    """The text; half a surrogate pair in audited text is for the writer of the file to replace."""
    return json.dumps(value, indent=1, ensure_ascii=False) + "\n"
