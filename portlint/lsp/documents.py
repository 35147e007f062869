"""The editor's changes -> the text of each open document, as the protocol counts lines."""

from __future__ import annotations

from lsprotocol import types
from pygls.workspace import TextDocument, Workspace

from portlint.lsp.positions import LINE, lines, to_points


class Document(TextDocument):
    """An open document; pygls splits lines at form feeds too, and loses what is past an end."""

    def _apply_incremental_change(self, change: types.TextDocumentContentChangePartial) -> None:
        text = self.source
        rows = lines(text)
        starts = [0, *(match.end() for match in LINE.finditer(text))]
        start, end = (
            self._offset(rows, starts, at) for at in (change.range.start, change.range.end)
        )
        self._source = text[:start] + change.text + text[max(start, end) :]

    def _offset(self, rows: list[str], starts: list[int], at: types.Position) -> int:
        if at.line >= len(rows):
            return starts[-1] + len(rows[-1])
        encoding = str(getattr(self.position_codec.encoding, "value", self.position_codec.encoding))
        return starts[at.line] + to_points(rows[at.line], at.character, encoding)


class Documents(Workspace):
    """The open documents of an editor."""

    def _create_text_document(
        self,
        doc_uri: str,
        source: str | None = None,
        version: int | None = None,
        language_id: str | None = None,
    ) -> TextDocument:
        return Document(
            doc_uri,
            source=source,
            version=version,
            language_id=language_id,
            sync_kind=self._sync_kind,
            position_codec=self._position_codec,
        )
