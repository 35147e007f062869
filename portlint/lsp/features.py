"""What an editor tells of itself and of its files -> the server's methods that take it."""

from __future__ import annotations

import asyncio
import pathlib
from collections.abc import Mapping, Sequence
from typing import Any

from lsprotocol import types

from portlint.lsp import settings as editor
from portlint.lsp.commands import COMMANDS
from portlint.lsp.diagnostics import able
from portlint.lsp.documents import Documents
from portlint.lsp.requests import acted, diagnostic, hovered
from portlint.lsp.server import SECTION, Server, key
from portlint.lsp.startup import CONFIGURATIONS, configure, load, watch


def register(server: Server) -> None:
    """Hand all features to the server."""
    for name, function, options in FEATURES:
        server.feature(name, options)(function)
    for name, command in COMMANDS:
        server.command(name)(command)


def initialize(ls: Server, params: types.InitializeParams) -> None:
    """Take what the client can do and wants; the rules are loaded while it answers."""
    ls.starting = asyncio.create_task(ls.child.start())
    workspace = ls.workspace
    folders = params.workspace_folders or []
    encoding = workspace.position_encoding
    sync = types.TextDocumentSyncKind.Incremental
    ls.protocol._workspace = Documents(workspace.root_uri, sync, folders, encoding)
    units = str(getattr(encoding, "value", encoding))
    ls.session.able = able(params.capabilities, units)
    given = params.initialization_options
    if isinstance(given, Mapping):
        given = given.get(SECTION, given.get("settings", given))
    ls.base, ls.faults = editor.read(given)


async def initialized(ls: Server, params: types.InitializedParams) -> None:
    """Load the rules while the editor opens its files."""
    for fault in ls.faults:
        ls.say(fault, fault)
    await asyncio.gather(load(ls), watch(ls), configure(ls))


def shutdown(ls: Server, *params: Any) -> None:
    """End the process that analyses, and what waits for it."""
    for uri in list(ls.session.held):
        ls.session.drop(uri)
    ls.protocol.drop()
    ls.child.stop()


def leave(ls: Server, *params: Any) -> None:
    """End the program."""
    ls.leave()


def did_open(ls: Server, params: types.DidOpenTextDocumentParams) -> None:
    """Analyse at once."""
    ls.session.changed(params.text_document.uri)


def did_change(ls: Server, params: types.DidChangeTextDocumentParams) -> None:
    """Analyse when the user pauses."""
    _changed(ls, params.text_document.uri)


def _changed(ls: Server, uri: str) -> None:
    where = ls.place(uri)
    delay = ls.settings_of(where.root).debounce / 1000 if where is not None else 0
    ls.session.changed(uri, delay, "typed")


async def did_save(ls: Server, params: types.DidSaveTextDocumentParams) -> None:
    """Analyse at once, and everything where a configuration was saved."""
    uri = params.text_document.uri
    if pathlib.PurePosixPath(uri).name in CONFIGURATIONS:
        await ls.forget()
    elif key(uri) in ls.workspace.text_documents:
        ls.session.changed(uri)


def did_close(ls: Server, params: types.DidCloseTextDocumentParams) -> None:
    """Show nothing for it any more."""
    ls.session.closed(params.text_document.uri)


def book_opened(ls: Server, params: types.DidOpenNotebookDocumentParams) -> None:
    """A notebook is one program: all its cells are analysed together."""
    ls.session.changed(params.notebook_document.uri)


def book_changed(ls: Server, params: types.DidChangeNotebookDocumentParams) -> None:
    """A cell was changed, added, moved or removed."""
    _changed(ls, params.notebook_document.uri)


def book_saved(ls: Server, params: types.DidSaveNotebookDocumentParams) -> None:
    """Analyse at once."""
    ls.session.changed(params.notebook_document.uri)


def book_closed(ls: Server, params: types.DidCloseNotebookDocumentParams) -> None:
    """Show nothing for its cells any more."""
    ls.session.closed(params.notebook_document.uri)


async def configured(ls: Server, params: types.DidChangeConfigurationParams) -> None:
    """New settings, which clients send along or want to be asked for."""
    given = params.settings
    await configure(ls, given.get(SECTION, given) if isinstance(given, Mapping) else None)


async def watched(ls: Server, params: types.DidChangeWatchedFilesParams) -> None:
    """A configuration or an ignore file has changed on disk."""
    await ls.forget()


async def folders(ls: Server, params: types.DidChangeWorkspaceFoldersParams) -> None:
    """Other folders are open: paths and configurations start elsewhere."""
    await configure(ls)


FEATURES: Sequence[tuple[str, Any, Any]] = (
    (types.INITIALIZE, initialize, None),
    (types.INITIALIZED, initialized, None),
    (types.SHUTDOWN, shutdown, None),
    (types.EXIT, leave, None),
    (types.TEXT_DOCUMENT_DID_OPEN, did_open, None),
    (types.TEXT_DOCUMENT_DID_CHANGE, did_change, None),
    (types.TEXT_DOCUMENT_DID_SAVE, did_save, types.SaveOptions(include_text=False)),
    (types.TEXT_DOCUMENT_DID_CLOSE, did_close, None),
    (types.NOTEBOOK_DOCUMENT_DID_OPEN, book_opened, None),
    (types.NOTEBOOK_DOCUMENT_DID_CHANGE, book_changed, None),
    (types.NOTEBOOK_DOCUMENT_DID_SAVE, book_saved, None),
    (types.NOTEBOOK_DOCUMENT_DID_CLOSE, book_closed, None),
    (types.WORKSPACE_DID_CHANGE_CONFIGURATION, configured, None),
    (types.WORKSPACE_DID_CHANGE_WATCHED_FILES, watched, None),
    (types.WORKSPACE_DID_CHANGE_WORKSPACE_FOLDERS, folders, None),
    (
        types.TEXT_DOCUMENT_DIAGNOSTIC,
        diagnostic,
        types.DiagnosticOptions(
            identifier=SECTION, inter_file_dependencies=False, workspace_diagnostics=False
        ),
    ),
    (types.TEXT_DOCUMENT_HOVER, hovered, None),
    (
        types.TEXT_DOCUMENT_CODE_ACTION,
        acted,
        types.CodeActionOptions(code_action_kinds=[types.CodeActionKind.QuickFix]),
    ),
)
