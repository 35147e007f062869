"""A path -> whether it is a test or an example, by the names of folders and files."""

from __future__ import annotations

import re
from pathlib import PurePosixPath

from portlint.model import Context

TEST_FOLDERS = frozenset("test tests testing unittests unit_tests test_utils".split())
CI_FOLDERS = frozenset(
    ".buildkite .circleci .jenkins .gitlab .ci .azure-pipelines .semaphore .teamcity".split()
)
"""Folders of systems that run tests; what is in `.github` also builds and deploys."""
EXAMPLE_FOLDERS = frozenset(
    "example examples sample samples demo demos docs doc tutorials tutorial benchmark "
    "benchmarks".split()
)
TEST_FILE = re.compile(
    r"(tests?|test_.*|.*_tests?|testing(_\w+)?|conftest)\.py|(.*[-_.])?(tests?|dev|lint|ci)([-_.].*)?\.(txt|in)"
    r"|(test_.*|.*_(unit)?tests?)\.(cu|cc|cpp|cxx)"
)
TEST_WORKFLOW = re.compile(r"(.*[-_.])?(tests?|lint)([-_.].*)?\.ya?ml")
"""Workflows of `.github` that say that they test; others build and deploy as well."""
TEST_IMAGE = re.compile(
    r"(Dockerfile|Containerfile)[._-](tests?|ci|lint)([._-].*)?|(docker-)?compose[._-]tests?[._-].*",
    re.IGNORECASE,
)
EXAMPLE_FILE = re.compile(r"(bench(mark)?|example|demo)s?(_.*)?\.(py|cu|cc|cpp|cxx)")


def path_context(path: str) -> Context:
    """Whether a path below the audited root is a test or an example."""
    parts = PurePosixPath(path).parts
    name = parts[-1]
    folders = {part.lower() for part in parts[:-1]}
    if folders & (TEST_FOLDERS | CI_FOLDERS) or TEST_FILE.fullmatch(name):
        return "test"
    if (".github" in folders and TEST_WORKFLOW.fullmatch(name)) or TEST_IMAGE.fullmatch(name):
        return "test"
    if name.endswith(".py") and any(folder.startswith(".") for folder in folders):
        return "example"  # a hidden folder holds what helps to write the program
    return "example" if folders & EXAMPLE_FOLDERS or EXAMPLE_FILE.fullmatch(name) else "live"
