"""The editor's documents and settings -> a session, and what the session finds -> the editor."""

from __future__ import annotations

import asyncio
import os
import pathlib
import sys
from typing import Any
from urllib.parse import unquote

import msgspec
from lsprotocol import types
from pygls.lsp.server import LanguageServer
from pygls.uris import to_fs_path

from portlint import __version__
from portlint.lsp.child import Child
from portlint.lsp.kinds import place
from portlint.lsp.protocol import Protocol
from portlint.lsp.session import Held, Session, Snapshot
from portlint.lsp.settings import Settings
from portlint.lsp.views import CellView, TextView, View
from portlint.lsp.wire import Analysed, Forget

SECTION = "portlint"
STATUS = "portlint/status"
TOKEN = "portlint/loading"
NOTEBOOKS = types.NotebookDocumentSyncOptions(
    notebook_selector=[
        types.NotebookDocumentFilterWithNotebook(
            notebook="jupyter-notebook", cells=[types.NotebookCellLanguage(language="python")]
        )
    ],
    save=True,
)


class Server(LanguageServer):
    """The server and its session."""

    protocol: Protocol

    def __init__(self) -> None:
        super().__init__(
            SECTION, __version__, notebook_document_sync=NOTEBOOKS, protocol_cls=Protocol
        )
        self.child = Child(self.loaded)
        self.session = Session(self.child, self.look, self.publish, self.told)
        self.base = Settings()
        self.settings: dict[str | None, Settings] = {}
        self.status: dict[str, Any] = {}
        self.said: set[str] = set()
        self.loading = False
        self.faults: list[str] = []
        self.starting: asyncio.Task[None] | None = None

    @property
    def code(self) -> int:
        """The exit code: 0 where the editor asked for the end before it went."""
        return 0 if self.protocol._shutdown else 1

    def leave(self) -> None:
        """End the program at once: asyncio would wait for a process that it is just starting.

        All that was to be written is written, and the process that analyses ends with its input.
        """
        self.child.stop()
        os._exit(self.code)

    # -- what the editor has

    def roots(self) -> list[str]:
        """The folders that are open."""
        uris = [folder.uri for folder in self.workspace.folders.values()]
        uris = uris or [uri for uri in [self.workspace.root_uri] if uri]
        return [path.rstrip("/\\") or path for uri in uris if (path := to_fs_path(uri))]

    def look(self, uri: str) -> Snapshot | None:
        """A document or notebook as it is now; None for what portlint does not read."""
        book = self.workspace.get_notebook_document(notebook_uri=uri)
        document = self.workspace.text_documents.get(key(uri))
        if book is None and document is None:
            return None
        language = "jupyter" if book else document and document.language_id
        where = place(uri, language, self.roots())
        if where is None:
            return None
        view: View
        if book is not None:
            cells = [(cell, self._cell(cell.document)) for cell in book.cells]
            code = types.NotebookCellKind.Code
            parts = [(cell.document, cell.kind == code, text) for cell, (text, _) in cells]
            view = CellView(parts, where.name, where.root)
            stamp: object = (
                book.version,
                *(version for _, (_, version) in cells),
                tuple(view.cells),
            )
        else:
            assert document is not None
            view = TextView(uri, document.source, where.name, where.root)
            stamp = (document.version, document.source)
        return Snapshot(where, view, stamp, self.settings_of(where.root))

    def _cell(self, uri: str) -> tuple[str, int | None]:
        document = self.workspace.text_documents.get(key(uri))
        return (document.source, document.version) if document else ("", None)

    def settings_of(self, root: str) -> Settings:
        """The settings of a folder, else those of all."""
        return self.settings.get(root, self.settings.get(None, self.base))

    def whole(self, uri: str) -> str:
        """The notebook that a cell is part of; any other document is itself."""
        book = self.workspace.get_notebook_document(cell_uri=uri)
        return book.uri if book is not None else uri

    def text_of(self, file: pathlib.Path) -> tuple[str, int | None]:
        """A file as it is in the editor, with its version there, else as it is on disk."""
        for document in self.workspace.text_documents.values():
            if document.path == str(file) and document.uri.startswith("file:"):
                return document.source, document.version
        try:
            return file.read_text(encoding="utf-8"), None
        except (OSError, UnicodeDecodeError):
            return "", None

    # -- what the editor is told

    def publish(self, uri: str, found: list[types.Diagnostic], held: Held) -> None:
        """Show diagnostics, unless the client asks for those of this document by itself."""
        if uri in held.pulled:
            if self._refreshes():
                self.workspace_diagnostic_refresh(None)
            return
        held.published[uri] = len(found)
        document = self.workspace.text_documents.get(key(uri))
        version = document.version if document else None
        self.text_document_publish_diagnostics(
            types.PublishDiagnosticsParams(uri=uri, diagnostics=found, version=version)
        )

    def _refreshes(self) -> bool:
        workspace = self.client_capabilities.workspace
        return bool(workspace and workspace.diagnostics and workspace.diagnostics.refresh_support)

    def told(self, uri: str, snapshot: Snapshot, answer: Analysed) -> None:
        """Tell of the target, of settings that are wrong, and of rules that failed."""
        for crash in answer.crashes:
            self.log(f"{snapshot.place.name}: {crash}", types.MessageType.Error)
            self.say(crash.partition(": ")[0] if " in NEU" in crash else crash, crash)
        if answer.wrong is not None:
            self.say(answer.wrong, answer.wrong)
        else:
            self.said = {said for said in self.said if said.startswith("NEU000")}
        status = {
            "state": "error" if answer.wrong else "ready",
            "message": answer.wrong or answer.remark,
            "target": msgspec.structs.asdict(answer.target) if answer.target else None,
            "chosen": self.session.target is not None,
            "config": answer.config,
            "root": snapshot.place.root,
        }
        self.tell(status)

    def tell(self, status: dict[str, Any]) -> None:
        """A status, where it is another than before."""
        before = self.status
        if status == before:
            return
        self.status = status
        self.protocol.notify(STATUS, status)
        target = status.get("target")
        if target and target != before.get("target"):
            words = "{chip}, {stack}, SDK {sdk}, {workload}".format(**target)
            self.log(f"judging for {words}", types.MessageType.Info)

    def say(self, key: str, message: str) -> None:
        """Show a message once."""
        if key not in self.said:
            self.said.add(key)
            kind = types.MessageType.Error
            self.window_show_message(
                types.ShowMessageParams(type=kind, message=f"portlint: {message}")
            )

    def tell_user(self, message: str) -> None:
        """Show a message that was asked for."""
        kind = types.MessageType.Info
        self.window_show_message(types.ShowMessageParams(type=kind, message=message))

    def log(self, message: str, kind: types.MessageType) -> None:
        """A line in the editor's log of the server."""
        self.window_log_message(types.LogMessageParams(type=kind, message=message))

    def report_server_error(self, error: Exception, source: Any) -> None:
        """What went wrong in the server or in a message goes to the log."""
        try:
            self.log(f"{type(error).__name__}: {error}", types.MessageType.Error)
        except (OSError, ValueError):
            print(f"portlint: {error}", file=sys.stderr)

    def loaded(self) -> None:
        """The process is ready."""
        if self.loading:
            self.loading = False
            self.work_done_progress.end(TOKEN, types.WorkDoneProgressEnd(message="ready"))

    async def forget(self) -> None:
        """A configuration or an ignore file has changed."""
        await self.child.tell(Forget())
        self.session.again()


def key(uri: str) -> str:
    """What pygls keeps a document under."""
    return unquote(uri)
