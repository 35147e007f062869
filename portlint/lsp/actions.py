"""Findings at a place -> code actions: silence them with a reason, read about their rule."""

from __future__ import annotations

import pathlib
from collections import Counter
from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import NamedTuple

from lsprotocol import types
from pygls.uris import from_fs_path

from portlint.lsp.comments import Edit, in_file, on_line
from portlint.lsp.diagnostics import Shown
from portlint.lsp.perfile import change, entry, header
from portlint.lsp.positions import lines, to_units

OPEN_RULE = "portlint.openRule"
SHOW_IGNORE = "portlint.showPerFileIgnore"


class Paper(NamedTuple):
    """A document as an edit has to know it: its text, kind, version, and file if it is one.

    `first` is the cell that speaks for a whole notebook.
    """

    uri: str
    rows: Sequence[str]
    kind: str
    version: int | None
    path: str | None
    first: str = ""


class Editing(NamedTuple):
    """What the editor takes: edits with versions; and how it counts columns.

    `config` is the configuration in force, `text_of` reads a file as it is in the editor, with its
    version there.
    """

    versions: bool
    encoding: str
    config: str | None
    text_of: Callable[[pathlib.Path], tuple[str, int | None]]


def actions(
    found: Sequence[Shown], papers: Mapping[str, Paper], editing: Editing
) -> list[types.CodeAction]:
    """The actions for these findings, each once; the pages of their rules last."""
    lines = Counter(rule for rule, _ in {(s.finding.rule, s.span.line) for s in found})
    made: list[types.CodeAction] = []
    for shown in found:
        where = "this line" if lines[shown.finding.rule] == 1 else f"line {shown.span.line}"
        made += _silencing(shown, where, papers, editing)
    return _merged([*made, *map(_opening, found)])


def _merged(actions: Sequence[types.CodeAction]) -> list[types.CodeAction]:
    """Actions that say the same are one, for all the diagnostics that they mend."""
    merged: dict[str, types.CodeAction] = {}
    for action in actions:
        known = merged.setdefault(action.title, action)
        if known is not action:
            known.diagnostics = [*(known.diagnostics or ()), *(action.diagnostics or ())]
    return list(merged.values())


def _silencing(
    shown: Shown, where: str, papers: Mapping[str, Paper], editing: Editing
) -> Iterator[types.CodeAction]:
    paper = papers[shown.uri]
    code = shown.finding.rule
    edit = on_line(paper.rows, paper.kind, shown.span.line, shown.span.end_line, code)
    if edit is not None:
        title = f"portlint: ignore {code} on {where}, with a reason"
        yield _action(title, shown, _changed(paper, edit, editing))
    whole = papers.get(paper.first, paper)
    edit = in_file(whole.rows, whole.kind, code)
    if edit is not None:
        title = f"portlint: ignore {code} in this file, with a reason"
        yield _action(title, shown, _changed(whole, edit, editing))
    elif paper.path is not None:
        yield _configured(shown, paper.path, editing)


def _action(title: str, shown: Shown, edit: types.WorkspaceEdit) -> types.CodeAction:
    return types.CodeAction(
        title=title,
        kind=types.CodeActionKind.QuickFix,
        diagnostics=[shown.diagnostic],
        edit=edit,
    )


def _opening(shown: Shown) -> types.CodeAction:
    title = f"portlint: what {shown.finding.rule} {shown.rule.name} is about"
    command = types.Command(title=title, command=OPEN_RULE, arguments=[shown.finding.rule])
    return types.CodeAction(
        title=title,
        kind=types.CodeActionKind.QuickFix,
        diagnostics=[shown.diagnostic],
        command=command,
    )


def _changed(paper: Paper, edit: Edit, editing: Editing) -> types.WorkspaceEdit:
    """The edit in the editor's units; a line past the end begins with an end of line."""
    row = paper.rows[edit.line] if edit.line < len(paper.rows) else ""
    start, end = (to_units(row, at, editing.encoding) for at in (edit.start, edit.end))
    range_ = types.Range(
        start=types.Position(line=edit.line, character=start),
        end=types.Position(line=edit.line, character=end),
    )
    return _edited(paper.uri, paper.version, types.TextEdit(range_, edit.text), editing)


def _edited(
    uri: str, version: int | None, edit: types.TextEdit, editing: Editing
) -> types.WorkspaceEdit:
    if not editing.versions:
        return types.WorkspaceEdit(changes={uri: [edit]})
    document = types.OptionalVersionedTextDocumentIdentifier(uri=uri, version=version)
    changed = types.TextDocumentEdit(text_document=document, edits=[edit])
    return types.WorkspaceEdit(document_changes=[changed])


def _configured(shown: Shown, path: str, editing: Editing) -> types.CodeAction:
    """No comment is possible: the configuration says it, or shows how to."""
    code = shown.finding.rule
    title = f"portlint: ignore {code} in this file, in the configuration"
    if editing.config is not None:
        file = pathlib.Path(editing.config)
        line = entry(pathlib.Path(path), file.parent, code)
        text, version = editing.text_of(file)
        made = change(text, file, line)
        uri = from_fs_path(str(file))
        if made is not None and uri is not None:
            rows = lines(text)
            at = types.Position(line=made.line, character=0)
            new = made.text
            if made.line >= len(rows):
                last = rows[-1]
                at = types.Position(
                    line=len(rows) - 1, character=to_units(last, len(last), editing.encoding)
                )
                new = f"\n{new}"
            edit = types.TextEdit(types.Range(at, at), new)
            return _action(title, shown, _edited(uri, version, edit, editing))
    else:
        file = pathlib.Path(path).parent / "portlint.toml"
        line = entry(pathlib.Path(path), file.parent, code)
    command = types.Command(
        title=title, command=SHOW_IGNORE, arguments=[f"{file.name}: {header(file)} {line}"]
    )
    return types.CodeAction(
        title=title,
        kind=types.CodeActionKind.QuickFix,
        diagnostics=[shown.diagnostic],
        command=command,
    )
