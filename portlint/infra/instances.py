"""EC2 and SageMaker instance types with GPUs or old Inferentia chips, wherever they are named."""

import re

ACCELERATED = re.compile(
    r"(?:ml\.)?(?:p[2-6](?:d|de|e|en|dn|b\w{3}|-b\w+)?|g[3-7](?:s|dn|ad|e|n)?|gr6f?|inf1)"
    r"\.(?:\d*x?large|metal(?:-\d+xl)?|\d+xlarge)"
)


def instance(text: str) -> str | None:
    """The text if it is the name of such an instance type."""
    return text if len(text) < 32 and ACCELERATED.fullmatch(text) else None
