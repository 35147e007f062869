"""What an editor may ask for -> the server's methods that answer."""

from __future__ import annotations

import asyncio
import pathlib
from collections.abc import Mapping, Sequence
from typing import Any

from lsprotocol import types
from pygls.exceptions import JsonRpcInvalidParams

from portlint.discover import kind_of
from portlint.lsp import settings as editor
from portlint.lsp.actions import OPEN_RULE, SHOW_IGNORE, Editing, Paper, actions
from portlint.lsp.diagnostics import Shown, able
from portlint.lsp.documents import Documents
from portlint.lsp.hover import at, hover
from portlint.lsp.server import SECTION, Server, key
from portlint.lsp.session import Seen
from portlint.lsp.wire import Choose, Write

SET_TARGET = "portlint.setTarget"
CONFIGURATIONS = ("portlint.toml", "pyproject.toml", ".gitignore")


def register(server: Server) -> None:
    """Hand all features to the server."""
    for name, function, options in FEATURES:
        server.feature(name, options)(function)
    for name, command in COMMANDS:
        server.command(name)(command)


def initialize(ls: Server, params: types.InitializeParams) -> None:
    """Take what the client can do, and leave out what it did not ask for."""
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
    await asyncio.gather(ls.load(), ls.watch(), ls.configure())


def shutdown(ls: Server, *params: Any) -> None:
    """End the process that analyses, and what waits for it."""
    for uri in list(ls.session.held):
        ls.session.drop(uri)
    ls.child.stop()


def did_open(ls: Server, params: types.DidOpenTextDocumentParams) -> None:
    """Analyse at once."""
    ls.session.changed(params.text_document.uri, 0)


def did_change(ls: Server, params: types.DidChangeTextDocumentParams) -> None:
    """Analyse when the user pauses."""
    _changed(ls, params.text_document.uri)


def _changed(ls: Server, uri: str) -> None:
    snapshot = ls.look(uri)
    delay = snapshot.settings.debounce / 1000 if snapshot else 0
    ls.session.changed(uri, delay, typing=True, quick=True)


async def did_save(ls: Server, params: types.DidSaveTextDocumentParams) -> None:
    """Analyse at once, and everything where a configuration was saved."""
    uri = params.text_document.uri
    if pathlib.PurePosixPath(uri).name in CONFIGURATIONS:
        await ls.forget()
    elif key(uri) in ls.workspace.text_documents:
        ls.session.changed(uri, 0)


def did_close(ls: Server, params: types.DidCloseTextDocumentParams) -> None:
    """Show nothing for it any more."""
    ls.session.closed(params.text_document.uri)


def book_opened(ls: Server, params: types.DidOpenNotebookDocumentParams) -> None:
    """A notebook is one program: all its cells are analysed together."""
    ls.session.changed(params.notebook_document.uri, 0)


def book_changed(ls: Server, params: types.DidChangeNotebookDocumentParams) -> None:
    """A cell was changed, added, moved or removed."""
    _changed(ls, params.notebook_document.uri)


def book_saved(ls: Server, params: types.DidSaveNotebookDocumentParams) -> None:
    """Analyse at once."""
    ls.session.changed(params.notebook_document.uri, 0)


def book_closed(ls: Server, params: types.DidCloseNotebookDocumentParams) -> None:
    """Show nothing for its cells any more."""
    ls.session.closed(params.notebook_document.uri)


async def configured(ls: Server, params: types.DidChangeConfigurationParams) -> None:
    """New settings, which clients send along or want to be asked for."""
    given = params.settings
    await ls.configure(given.get(SECTION, given) if isinstance(given, Mapping) else None)


async def watched(ls: Server, params: types.DidChangeWatchedFilesParams) -> None:
    """A configuration or an ignore file has changed on disk."""
    await ls.forget()


async def folders(ls: Server, params: types.DidChangeWorkspaceFoldersParams) -> None:
    """Other folders are open: paths and configurations start elsewhere."""
    await ls.configure()


async def diagnostic(
    ls: Server, params: types.DocumentDiagnosticParams
) -> types.DocumentDiagnosticReport:
    """The diagnostics of a document, for clients that ask; they are not published then as well."""
    uri = params.text_document.uri
    whole = ls.whole(uri)
    held = ls.session.held.get(whole)
    if held is not None and uri not in held.pulled:
        if held.published.get(uri):
            ls.publish(uri, [], held)
        held.pulled.add(uri)
    seen = await ls.session.fresh(whole)
    number = f"{id(held)}.{held.generation}" if held is not None else "none"
    if held is not None and params.previous_result_id == number:
        return types.RelatedUnchangedDocumentDiagnosticReport(result_id=number)
    items = seen.diagnostics.get(uri, []) if seen is not None else []
    return types.RelatedFullDocumentDiagnosticReport(items=items, result_id=number)


async def hovered(ls: Server, params: types.HoverParams) -> types.Hover | None:
    """What is known of the findings under the cursor."""
    uri = params.text_document.uri
    seen = await ls.session.fresh(ls.whole(uri))
    if seen is None:
        return None
    text = ls.client_capabilities.text_document
    wanted = text.hover.content_format if text and text.hover else None
    markdown = wanted is None or types.MarkupKind.Markdown in wanted
    return hover(at(seen.findings, uri, params.position), markdown)


async def acted(ls: Server, params: types.CodeActionParams) -> list[types.CodeAction]:
    """What can be done about the findings in a range."""
    only = params.context.only
    quick = types.CodeActionKind.QuickFix
    if only and not any(quick == kind or not str(getattr(kind, "value", kind)) for kind in only):
        return []
    uri = params.text_document.uri
    whole = ls.whole(uri)
    seen = await ls.session.fresh(whole)
    latest = ls.look(whole)
    if seen is None or latest is None or latest.stamp != seen.snapshot.stamp:
        return []
    found = [s for s in seen.findings if s.uri == uri and _meet(s, params.range)]
    if not found:
        return []
    papers = _papers(ls, seen)
    editing = _editing(ls, seen)
    return await asyncio.to_thread(actions, found, papers, editing)


def _meet(shown: Shown, range_: types.Range) -> bool:
    own = shown.diagnostic.range
    return bool(own.start <= range_.end and range_.start <= own.end)


def _papers(ls: Server, seen: Seen) -> dict[str, Paper]:
    """The documents as edits have to know them; a comment for all of a notebook goes to a cell."""
    where, rows = seen.snapshot.place, seen.snapshot.view.rows
    several = ls.workspace.get_notebook_document(cell_uri=next(iter(rows), "")) is not None
    kind = "python" if several else kind_of(where.name) or "python"
    plain = (uri for uri, text in rows.items() if not text[0].startswith("%%"))
    first = next(plain, "") if several else ""
    documents = ls.workspace.text_documents
    return {
        uri: Paper(uri, text, kind, documents[key(uri)].version, where.path, first)
        for uri, text in rows.items()
        if key(uri) in documents
    }


def _editing(ls: Server, seen: Seen) -> Editing:
    workspace = ls.client_capabilities.workspace
    edits = workspace.workspace_edit if workspace else None
    return Editing(
        versions=bool(edits and edits.document_changes),
        encoding=ls.session.able.encoding,
        config=seen.answer.config,
        text_of=ls.text_of,
    )


async def set_target(ls: Server, *given: Any) -> Any:
    """Judge for another target: `{"chip": …, "stack": …}`; without one, ask; `null` undoes it."""
    if not given:
        wanted = await _chosen(ls)
        if wanted is None:
            return None
    elif given[0] is None:
        ls.session.target = None
        ls.session.again()
        return None
    else:
        wanted = given[0]
    if not isinstance(wanted, Mapping) or not all(isinstance(v, str) for v in wanted.values()):
        raise JsonRpcInvalidParams("a target is a table of chip, stack, sdk and workload")
    order = Choose(id=next(ls.child.numbers), wanted=dict(wanted))
    chosen = await ls.child.choose(order)
    if chosen.target is None:
        ls.say(f"target {wanted}", chosen.wrong or "")
        raise JsonRpcInvalidParams(chosen.wrong or "")
    ls.session.target = chosen.target
    ls.session.again()
    return {name: getattr(chosen.target, name) for name in chosen.target.__struct_fields__}


async def _chosen(ls: Server) -> dict[str, str] | None:
    """The pair that the user takes from a list of all."""
    every = await ls.child.choose(Choose(id=next(ls.child.numbers), wanted={}))
    titles = [f"{chip} {stack}" for chip, stack in every.pairs]
    request = types.ShowMessageRequestParams(
        type=types.MessageType.Info,
        message="portlint: judge for which chip and stack?",
        actions=[types.MessageActionItem(title=title) for title in titles],
    )
    answer = await ls.window_show_message_request_async(request)
    return dict(zip(("chip", "stack"), answer.title.split(), strict=True)) if answer else None


async def open_rule(ls: Server, *given: Any) -> str | None:
    """Open the page of a rule in the editor; the answer is its URL."""
    if len(given) != 1 or not isinstance(given[0], str):
        raise JsonRpcInvalidParams("give one rule, by code or name")
    done = await ls.child.write(Write(id=next(ls.child.numbers), rule=given[0]))
    if done.url is None:
        raise JsonRpcInvalidParams(done.wrong or "")
    window = ls.client_capabilities.window
    if window and window.show_document and window.show_document.support:
        await ls.window_show_document_async(
            types.ShowDocumentParams(uri=done.url, take_focus=True, external=False)
        )
    else:
        ls.tell_user(f"{given[0]}: {done.url}")
    return done.url


def show_ignore(ls: Server, *given: Any) -> str | None:
    """Show the line of the configuration that silences a finding where no comment can."""
    text = str(given[0]) if given else None
    if text:
        ls.tell_user(text)
    return text


FEATURES: Sequence[tuple[str, Any, Any]] = (
    (types.INITIALIZE, initialize, None),
    (types.INITIALIZED, initialized, None),
    (types.SHUTDOWN, shutdown, None),
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
COMMANDS: Sequence[tuple[str, Any]] = (
    (SET_TARGET, set_target),
    (OPEN_RULE, open_rule),
    (SHOW_IGNORE, show_ignore),
)
