"""How portlint was installed, or `--source` -> where a CI is to get it from."""

import json
import re
from importlib import metadata
from typing import NamedTuple

from packaging.requirements import InvalidRequirement, Requirement

from portlint.errors import UsageError

GIT = re.compile(r"(?:git\+)?(?P<url>[a-z+]+://[\w.@:/~%+-]+?)(?:\.git)?@(?P<revision>[\w./-]+)")
GITHUB = re.compile(r"https://github\.com/([\w.-]+/[\w.-]+)")
ACTION = ".github/actions/portlint"
FOLDER = (
    "portlint was installed from a folder: what is written expects {what} in your package index; "
    "--source git+https://…@REVISION names another place"
)


class Origin(NamedTuple):
    """What pip installs, and the git repository (and revision) it is from, if it is from one."""

    requirement: str
    repository: str = ""
    revision: str = ""

    @property
    def action(self) -> str:
        """The GitHub action at this revision; "" where GitHub has none."""
        match = GITHUB.fullmatch(self.repository)
        return f"{match[1]}/{ACTION}@{self.revision}" if match else ""


def origin(source: str | None, version: str) -> tuple[Origin, str | None]:
    """Where to get portlint (this version) from, and a remark where that is a guess."""
    return (_named(source, version), None) if source else _installed(f"portlint=={version}")


def _named(source: str, version: str) -> Origin:
    git = GIT.fullmatch(source)
    if git:
        return _git(git["url"], git["revision"])
    try:
        wanted = Requirement(source)
    except InvalidRequirement:
        wanted = None
    if wanted is None or wanted.name != "portlint" or wanted.url or wanted.marker:
        raise UsageError(
            f"--source {source}: write git+URL@REVISION, or a version such as portlint=={version}"
        )
    return Origin(str(wanted))


def _installed(version: str) -> tuple[Origin, str | None]:
    """What pip noted of the installation (`direct_url.json`); nothing is noted for an index."""
    try:
        noted = json.loads(metadata.distribution("portlint").read_text("direct_url.json") or "{}")
    except (metadata.PackageNotFoundError, ValueError):
        noted = {}
    git = noted.get("vcs_info", {})
    if git.get("vcs") == "git":
        asked = str(git.get("requested_revision", ""))
        released = re.fullmatch(r"v?\d+(\.\d+)+", asked)
        return _git(
            noted["url"].removesuffix(".git"), asked if released else git["commit_id"]
        ), None
    return Origin(version), FOLDER.format(what=version) if noted else None


def _git(url: str, revision: str) -> Origin:
    return Origin(f"portlint @ git+{url}@{revision}", url, revision)
