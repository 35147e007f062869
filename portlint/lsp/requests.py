"""What an editor asks about a document -> answers from what is known of it as it is now."""

from __future__ import annotations

import asyncio

from lsprotocol import types

from portlint.discover import kind_of
from portlint.lsp.actions import Editing, Paper, actions
from portlint.lsp.diagnostics import Shown
from portlint.lsp.held import Seen
from portlint.lsp.hover import at, hover
from portlint.lsp.server import Server, key


async def diagnostic(
    ls: Server, params: types.DocumentDiagnosticParams
) -> types.DocumentDiagnosticReport:
    """The diagnostics of a document, for clients that ask; they are not published then as well."""
    uri = params.text_document.uri
    whole = ls.whole(uri)
    ls.session.pull(whole, uri)
    seen = await ls.session.fresh(whole)
    held = ls.session.held.get(whole)
    number = str(held.generation if held is not None else 0)
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
    if seen is None or ls.stamp(whole) != seen.snapshot.stamp:
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
