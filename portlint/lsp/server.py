"""The editor's documents and settings -> a session, and what the session finds -> the editor."""

from __future__ import annotations

import asyncio
import os
import pathlib
import sys
import traceback
from typing import Any
from urllib.parse import unquote

import msgspec
from lsprotocol import types
from pygls.lsp.server import LanguageServer
from pygls.uris import to_fs_path

from portlint import __version__
from portlint.lsp.child import Child
from portlint.lsp.held import Snapshot
from portlint.lsp.kinds import place
from portlint.lsp.protocol import Protocol
from portlint.lsp.session import Session
from portlint.lsp.settings import Settings
from portlint.lsp.views import CellView, TextView, View
from portlint.lsp.wire import Analysed, Forget, Place
from portlint.model import INTERNAL

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
        self.session = Session(self.child, self)
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

    def place(self, uri: str) -> Place | None:
        """Where a document or notebook stands; None for what is not open, or not read."""
        book = self.workspace.get_notebook_document(notebook_uri=uri)
        document = self.workspace.text_documents.get(key(uri))
        if book is None and document is None:
            return None
        language = "jupyter" if book else document and document.language_id
        return place(uri, language, self.roots())

    def stamp(self, uri: str) -> object:
        """The versions and texts of a document or of a notebook's cells; None if it is not open."""
        book = self.workspace.get_notebook_document(notebook_uri=uri)
        if book is not None:
            return (book.version, *((cell.document, self._cell(cell)) for cell in book.cells))
        document = self.workspace.text_documents.get(key(uri))
        return (document.version, document.source) if document is not None else None

    def look(self, uri: str) -> Snapshot | None:
        """A document or notebook as it is now; None for what portlint does not read."""
        where = self.place(uri)
        if where is None:
            return None
        view: View
        book = self.workspace.get_notebook_document(notebook_uri=uri)
        if book is not None:
            code = types.NotebookCellKind.Code
            parts = [(c.document, c.kind == code, self._cell(c)[0]) for c in book.cells]
            view = CellView(parts, where.name, where.root)
        else:
            text = self.workspace.text_documents[key(uri)].source
            view = TextView(uri, text, where.name, where.root)
        return Snapshot(where, view, self.stamp(uri), self.settings_of(where.root))

    def _cell(self, cell: types.NotebookCell) -> tuple[str, int | None]:
        document = self.workspace.text_documents.get(key(cell.document))
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

    @property
    def refreshes(self) -> bool:
        """Whether a client that asks for diagnostics can be told to ask again."""
        workspace = self.client_capabilities.workspace
        return bool(workspace and workspace.diagnostics and workspace.diagnostics.refresh_support)

    def refresh(self) -> None:
        """Tell the client to ask for diagnostics again."""
        self.workspace_diagnostic_refresh(None)

    def publish(self, uri: str, found: list[types.Diagnostic]) -> None:
        """Show the diagnostics of a document."""
        document = self.workspace.text_documents.get(key(uri))
        version = document.version if document else None
        self.text_document_publish_diagnostics(
            types.PublishDiagnosticsParams(uri=uri, diagnostics=found, version=version)
        )

    def failed(self, error: BaseException) -> None:
        """Log a fault of the server's own, and show it once."""
        where = traceback.extract_tb(error.__traceback__)[-1]
        fault = f"{INTERNAL}: {error!r} in {where.name}, line {where.lineno}"
        self.log(fault, types.MessageType.Error)
        self.say(fault, fault)

    def told(self, snapshot: Snapshot, answer: Analysed) -> None:
        """Tell of the target, of settings that are wrong, and of rules that failed."""
        for crash in answer.crashes:
            told = f"{snapshot.place.name}: {crash}"
            self.log(told, types.MessageType.Error)
            self.say(crash.partition(": ")[0] if " in NEU" in crash else crash, told)
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
