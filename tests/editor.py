"""An editor for the tests of the language server: a client over stdio to the real process."""

import asyncio
import json
import os
import pathlib
import sys
from collections.abc import AsyncIterator, Mapping, Sequence
from contextlib import asynccontextmanager
from typing import Any

from lsprotocol import types
from pytest_lsp import ClientServerConfig, LanguageClient, client_capabilities

COMMAND = [sys.executable, "-m", "portlint", "lsp"]
PATIENCE = 60.0
"""Seconds a busy machine may take; what never comes fails then."""


class Editor:
    """A session with a server: what it published and said, and how to wait for more."""

    def __init__(self, client: LanguageClient) -> None:
        self.client = client
        self.server: types.InitializeResult | None = None
        self.published: list[types.PublishDiagnosticsParams] = []
        self.statuses: list[Any] = []
        self.questions: list[types.ShowMessageRequestParams] = []
        self.registered: list[types.Registration] = []
        self.pick: str | None = None
        self.news = asyncio.Event()
        client.protocol.fm.features.pop(types.TEXT_DOCUMENT_PUBLISH_DIAGNOSTICS)
        client.feature(types.TEXT_DOCUMENT_PUBLISH_DIAGNOSTICS)(
            lambda params: self._publish(params)
        )
        client.feature("portlint/status")(lambda params: self._status(params))
        client.feature(types.CLIENT_REGISTER_CAPABILITY)(lambda params: self._register(params))
        client.feature(types.WINDOW_SHOW_MESSAGE_REQUEST)(lambda params: self._ask(params))

    def _publish(self, params: types.PublishDiagnosticsParams) -> None:
        self.published.append(params)
        self.news.set()

    def _status(self, params: Any) -> None:
        self.statuses.append(params)
        self.news.set()

    def _register(self, params: types.RegistrationParams) -> None:
        self.registered += params.registrations

    def _ask(self, params: types.ShowMessageRequestParams) -> types.MessageActionItem | None:
        self.questions.append(params)
        return types.MessageActionItem(title=self.pick) if self.pick else None

    def open(self, uri: str, text: str, language: str = "python", version: int = 1) -> None:
        """Open a document."""
        item = types.TextDocumentItem(uri, language, version, text)
        self.client.text_document_did_open(types.DidOpenTextDocumentParams(item))

    def close(self, uri: str) -> None:
        """Close a document."""
        document = types.TextDocumentIdentifier(uri)
        self.client.text_document_did_close(types.DidCloseTextDocumentParams(document))

    def replace(self, uri: str, version: int, text: str) -> None:
        """Change a document as a whole."""
        change = types.TextDocumentContentChangeWholeDocument(text=text)
        document = types.VersionedTextDocumentIdentifier(version, uri)
        self.client.text_document_did_change(types.DidChangeTextDocumentParams(document, [change]))

    def insert(self, uri: str, version: int, line: int, character: int, text: str) -> None:
        """Insert into a document."""
        at = types.Position(line, character)
        change = types.TextDocumentContentChangePartial(range=types.Range(at, at), text=text)
        document = types.VersionedTextDocumentIdentifier(version, uri)
        self.client.text_document_did_change(types.DidChangeTextDocumentParams(document, [change]))

    def save(self, uri: str) -> None:
        """Save a document."""
        document = types.TextDocumentIdentifier(uri)
        self.client.text_document_did_save(types.DidSaveTextDocumentParams(document))

    def changed_on_disk(self, uri: str) -> None:
        """Tell of a file that another program has written."""
        event = types.FileEvent(uri, types.FileChangeType.Changed)
        self.client.workspace_did_change_watched_files(types.DidChangeWatchedFilesParams([event]))

    async def diagnostics(self, uri: str, after: int = 0) -> Sequence[types.Diagnostic]:
        """The next diagnostics of a document, after so many that were published in all."""
        return (await self.publication(uri, after)).diagnostics

    async def publication(self, uri: str, after: int = 0) -> types.PublishDiagnosticsParams:
        """The same with its version."""
        async with asyncio.timeout(PATIENCE):
            while True:
                self.news.clear()
                for params in self.published[after:]:
                    if params.uri == uri:
                        return params
                await self.news.wait()

    async def status(self, state: str, after: int = 0, target: bool = True) -> Any:
        """The next status of this state; with a target where it is ready and one is asked for."""
        async with asyncio.timeout(PATIENCE):
            while True:
                self.news.clear()
                for status in self.statuses[after:]:
                    if status.state == state and (state != "ready" or status.target or not target):
                        return status
                await self.news.wait()

    async def message(self, part: str) -> types.ShowMessageParams:
        """A message that was shown and holds these words."""
        async with asyncio.timeout(PATIENCE):
            while True:
                for message in self.client.messages:
                    if part in message.message:
                        return message
                await asyncio.sleep(0.02)

    async def pull(self, uri: str, previous: str | None = None) -> Any:
        """The diagnostics of a document, asked for."""
        document = types.TextDocumentIdentifier(uri)
        params = types.DocumentDiagnosticParams(document, previous_result_id=previous)
        return await self.client.text_document_diagnostic_async(params)

    async def hover(self, uri: str, line: int, character: int) -> str | None:
        """The text of a hover."""
        at = types.Position(line, character)
        params = types.HoverParams(types.TextDocumentIdentifier(uri), at)
        found = await self.client.text_document_hover_async(params)
        return found.contents.value if found else None  # type: ignore[union-attr]

    async def actions(
        self,
        uri: str,
        line: int,
        character: int,
        until: tuple[int, int] | None = None,
        **context: Any,
    ) -> dict[str, Any]:
        """The code actions at a place, or in a selection, by title: JSON as an editor gets it."""
        at = types.Position(line, character)
        end = types.Position(*until) if until else at
        params = types.CodeActionParams(
            types.TextDocumentIdentifier(uri),
            types.Range(at, end),
            types.CodeActionContext([], **context),
        )
        found = await self.client.text_document_code_action_async(params)
        # lsprotocol takes an action with a command for a command
        plain = self.client.protocol._converter.unstructure(found, list[Any])
        return {action["title"]: action for action in json.loads(json.dumps(plain, default=str))}

    async def command(self, name: str, *arguments: Any) -> Any:
        """Run a command of the server."""
        params = types.ExecuteCommandParams(name, list(arguments))
        return await self.client.workspace_execute_command_async(params)


def named(title: str, actions: Mapping[str, Any]) -> Any:
    """The one action whose title has these words."""
    (found,) = [action for key, action in actions.items() if title in key]
    return found


def applied(text: str, edits: Sequence[Mapping[str, Any]], encoding: str = "utf-16") -> str:
    """A text with one edit, whose columns count in UTF-16 if nothing else was agreed."""
    (edit,) = edits
    rows = text.split("\n")
    start, end = edit["range"]["start"], edit["range"]["end"]
    first, last = (_points(rows, at, encoding) for at in (start, end))
    before = "".join(f"{row}\n" for row in rows[: start["line"]]) + rows[start["line"]][:first]
    after = rows[end["line"]][last:] + "".join(f"\n{row}" for row in rows[end["line"] + 1 :])
    return str(before + edit["newText"] + after)


def _points(rows: Sequence[str], at: Mapping[str, int], encoding: str) -> int:
    size = {"utf-8": 1, "utf-16": 2, "utf-32": 4}[encoding]
    name = {"utf-8": "utf-8", "utf-16": "utf-16-le", "utf-32": "utf-32-le"}[encoding]
    data = rows[at["line"]].encode(name)[: at["character"] * size]
    return len(data.decode(name))


def of(client: str) -> types.ClientCapabilities:
    """What an editor says that it can do."""
    return client_capabilities(client)


@asynccontextmanager
async def editing(
    folder: pathlib.Path | None = None,
    capabilities: types.ClientCapabilities | None = None,
    settings: Mapping[str, Any] | None = None,
    options: Any = None,
    env: Mapping[str, str] | None = None,
) -> AsyncIterator[Editor]:
    """An editor with a folder open, until the test has ended."""
    environment = {**os.environ, **(env or {})}
    config = ClientServerConfig(server_command=COMMAND, server_env=environment)
    client = await config.start()
    assert isinstance(client, LanguageClient)
    editor = Editor(client)
    client.set_configuration({"portlint": {"debounce": 0, **(settings or {})}})
    folders = [types.WorkspaceFolder(folder.as_uri(), folder.name)] if folder else None
    params = types.InitializeParams(
        capabilities=capabilities or types.ClientCapabilities(),
        workspace_folders=folders,
        root_uri=folder.as_uri() if folder else None,
        initialization_options={"debounce": 0} if options is None else options,
    )
    editor.server = await client.initialize_session(params)
    yield editor
    await client.shutdown_session()
    await client.stop()  # type: ignore[no-untyped-call]
