"""An editor that is ready -> its settings, news of configurations, and the loading shown."""

from __future__ import annotations

from lsprotocol import types
from pygls.uris import from_fs_path

from portlint.lsp import settings as editor
from portlint.lsp.child import Died
from portlint.lsp.server import SECTION, TOKEN, Server
from portlint.lsp.settings import Settings

CONFIGURATIONS = ("portlint.toml", "pyproject.toml", ".gitignore")


async def load(ls: Server) -> None:
    """Wait for the process that analyses; an editor that can show progress shows it."""
    window = ls.client_capabilities.window
    ls.tell({"state": "loading", "message": "loading rules", "target": None})
    if window and window.work_done_progress:
        await ls.work_done_progress.create_async(TOKEN)
        if not ls.child.loaded.is_set():
            ls.loading = True
            begin = types.WorkDoneProgressBegin(title="portlint", message="loading rules")
            ls.work_done_progress.begin(TOKEN, begin)
    try:
        if ls.starting is not None:
            await ls.starting
    except (Died, OSError) as error:
        ls.say("start", str(error))
        return
    if ls.status["state"] == "loading":  # nothing was open, or it waited
        ls.tell({"state": "ready", "message": None, "target": None})


async def configure(ls: Server, given: object = None) -> None:
    """Ask for the settings of every folder, or take those that were sent along."""
    workspace = ls.client_capabilities.workspace
    found: dict[str | None, object] = {None: given}
    if workspace and workspace.configuration:
        roots: list[str | None] = [None, *ls.roots()]
        items = [
            types.ConfigurationItem(section=SECTION, scope_uri=from_fs_path(root) if root else None)
            for root in roots
        ]
        sections = await ls.workspace_configuration_async(types.ConfigurationParams(items))
        found = dict(zip(roots, sections, strict=False))
    ls.settings = {root: _read(ls, section) for root, section in found.items()}
    ls.session.settle()


def _read(ls: Server, section: object) -> Settings:
    """Settings on top of those of the start; what is wrong with them is shown."""
    settings, faults = editor.read(section, ls.base)
    for fault in faults:
        ls.say(fault, fault)
    return settings


async def watch(ls: Server) -> None:
    """Ask to be told when a configuration changes on disk."""
    workspace = ls.client_capabilities.workspace
    watching = workspace and workspace.did_change_watched_files
    if watching and watching.dynamic_registration:
        watchers = [types.FileSystemWatcher(glob_pattern=f"**/{name}") for name in CONFIGURATIONS]
        options = types.DidChangeWatchedFilesRegistrationOptions(watchers=watchers)
        registration = types.Registration(
            id="portlint/watch",
            method=types.WORKSPACE_DID_CHANGE_WATCHED_FILES,
            register_options=options,
        )
        await ls.client_register_capability_async(types.RegistrationParams([registration]))
