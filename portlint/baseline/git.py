"""A folder and a revision -> the files of that revision, read from git's objects only."""

from __future__ import annotations

import os
import pathlib
import subprocess
from collections.abc import Iterator, Sequence
from typing import NamedTuple

from portlint.errors import UsageError
from portlint.gitcall import call

AT_ONCE = 1_000
"""Files asked for in one call."""
DEEPER = "fetch more of the history (with actions/checkout: `fetch-depth: 0`)"


class Blob(NamedTuple):
    """A file of a revision: its path from the top of the repository, its object and its size."""

    path: str
    object: str
    size: int


def prefix(folder: pathlib.Path) -> str:
    """From the top of the repository to a folder of its work tree: "src/", or ""."""
    return os.fsdecode(_git(folder, "rev-parse", "--show-prefix").removesuffix(b"\n"))


def base(folder: pathlib.Path, revision: str) -> str:
    """The commit to compare with: where the history of HEAD left that of the revision."""
    prefix(folder)  # says it where there is no repository
    head = _commit(folder, "HEAD")
    if head is None:
        raise UsageError(f"--diff-base {revision}: the repository has no commit yet")
    named = _commit(folder, revision)
    if named is None:
        raise UsageError(
            f"--diff-base {revision}: this clone has no such revision: check the name, or {DEEPER}"
        )
    found = _run(folder, "merge-base", named, head)
    if found.returncode != 0:
        raise UsageError(
            f"--diff-base {revision}: this clone has no common ancestor of it and HEAD: {DEEPER}"
        )
    return found.stdout.decode().split()[0]


def blobs(folder: pathlib.Path, commit: str) -> Iterator[Blob]:
    """The regular files of a commit; links and submodules are none."""
    listed = _git(folder, "ls-tree", "-r", "-l", "-z", "--full-tree", commit)
    for item in listed.split(b"\0"):
        facts, _, name = item.partition(b"\t")
        mode, _, object_, size = facts.split() if name else (b"", b"", b"", b"")
        if mode.startswith(b"100") and _harmless(name):
            yield Blob(os.fsdecode(name), object_.decode(), int(size) if size.isdigit() else 0)


def _harmless(name: bytes) -> bool:
    """Whether a path stays where it is put: a tree that was made by hand may say anything."""
    return not any(
        part in (b"", b".", b"..") or part.lower() == b".git" for part in name.split(b"/")
    )


def contents(folder: pathlib.Path, wanted: Sequence[Blob]) -> Iterator[bytes]:
    """What is in each of the files."""
    for begin in range(0, len(wanted), AT_ONCE):
        part = wanted[begin : begin + AT_ONCE]
        data = _git(folder, "cat-file", "--batch", asked="".join(f"{b.object}\n" for b in part))
        at = 0
        for blob in part:
            end = data.index(b"\n", at)
            if not data[at:end].split()[-1].isdigit():
                raise UsageError(
                    f"--diff-base: this clone lacks {blob.path} as it was: clone without --filter"
                )
            size = int(data[at:end].split()[-1])
            yield data[end + 1 : end + 1 + size]
            at = end + 1 + size + 1


def _commit(folder: pathlib.Path, name: str) -> str | None:
    if name.startswith("-") or "\0" in name:
        return None
    for peeled in ("", "^{commit}"):  # apart: `:/words^{commit}` looks for other words
        found = _run(folder, "rev-parse", "--verify", "--quiet", name + peeled)
        if found.returncode != 0:
            return None
        name = found.stdout.decode().strip()
    return name


def _git(folder: pathlib.Path, *words: str, asked: str = "") -> bytes:
    done = _run(folder, *words, asked=asked)
    if done.returncode == 0:
        return done.stdout
    said = done.stderr.decode("utf-8", "replace").strip().split("\n")[0]
    if "not a git repository" in said:
        raise UsageError(f"--diff-base: {folder} is in no git repository")
    if "dubious ownership" in said:
        raise UsageError(
            f"--diff-base: git does not trust {folder}, which somebody else owns: allow it with"
            f" `git config --global --add safe.directory FOLDER`"
        )
    raise UsageError(
        f"--diff-base: git {words[0]} failed in {folder}: {said.removeprefix('fatal: ')}"
    )


def _run(folder: pathlib.Path, *words: str, asked: str = "") -> subprocess.CompletedProcess[bytes]:
    try:
        return call(folder, *words, asked=asked.encode(), patience=600)
    except FileNotFoundError as error:
        raise UsageError("--diff-base needs git, and there is no git on the PATH") from error
    except (OSError, subprocess.TimeoutExpired) as error:
        raise UsageError(f"--diff-base: git {words[0]} did not finish: {error}") from error
