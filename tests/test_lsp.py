"""The language server over stdio, as the real process: what an editor sees of it."""

import asyncio
import json
import pathlib
import subprocess
import sys
from collections.abc import AsyncIterator
from typing import Any

import pytest
import pytest_asyncio
from lsprotocol import types
from pygls.uris import to_fs_path

from tests.editor import COMMAND, PATIENCE, Editor, applied, editing, named, of
from tests.invoke import portlint

pytestmark = [pytest.mark.asyncio(loop_scope="module"), pytest.mark.xdist_group("lsp")]
CUDA = "import torch\n\nx = torch.zeros(3).cuda()\n"
CLEAN = "import torch\n\nx = torch.zeros(3)\n"
ERROR, WARNING = types.DiagnosticSeverity.Error, types.DiagnosticSeverity.Warning
INFORMATION, HINT = types.DiagnosticSeverity.Information, types.DiagnosticSeverity.Hint


def codes(found: Any) -> list[str]:
    return [diagnostic.code for diagnostic in found]


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> pathlib.Path:
    """A repository that is open in the editor; its name has what paths may have."""
    root = tmp_path_factory.mktemp("lsp") / "my models: größer"
    root.mkdir()
    return root


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def editor(folder: pathlib.Path) -> AsyncIterator[Editor]:
    """An editor that can do what Visual Studio Code can."""
    async with editing(folder, of("visual-studio-code")) as started:
        yield started


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def plain() -> AsyncIterator[Editor]:
    """An editor that says nothing of what it can do, with no folder open."""
    async with editing() as started:
        yield started


def uri_of(folder: pathlib.Path, name: str, text: str | None = None) -> str:
    """The URI of a file; with a text it is on disk."""
    file = folder / name
    if text is not None:
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_text(text, encoding="utf-8")
    return file.as_uri()


async def told(editor: Editor, uri: str, text: str, language: str = "python") -> Any:
    """What is published when a document is opened."""
    before = len(editor.published)
    editor.open(uri, text, language)
    return await editor.diagnostics(uri, before)


class TestDiagnostics:
    async def test_an_open_file_is_told_of(self, editor: Editor, folder: pathlib.Path) -> None:
        uri = uri_of(folder, "opened.py", CUDA)
        (found,) = await told(editor, uri, CUDA)
        assert (found.code, found.source, found.severity) == ("NEU102", "portlint", ERROR)
        assert found.range == types.Range(types.Position(2, 19), types.Position(2, 25))
        assert "raises on a torch build without CUDA\nInstead: `.to(" in found.message

    async def test_a_change_and_a_save_are_told_of(
        self, editor: Editor, folder: pathlib.Path
    ) -> None:
        uri = uri_of(folder, "changed.py", CLEAN)
        assert await told(editor, uri, CLEAN) == ()
        before = len(editor.published)
        editor.insert(uri, 2, 3, 0, "y = x.cuda()\n")
        published = await editor.publication(uri, before)
        assert (codes(published.diagnostics), published.version) == (["NEU102"], 2)
        before = len(editor.published)
        editor.save(uri)
        assert codes(await editor.diagnostics(uri, before)) == ["NEU102"]

    async def test_what_is_closed_shows_nothing(self, editor: Editor, folder: pathlib.Path) -> None:
        uri = uri_of(folder, "closed.py", CUDA)
        await told(editor, uri, CUDA)
        before = len(editor.published)
        editor.close(uri)
        assert await editor.diagnostics(uri, before) == ()

    async def test_a_page_and_related_places_and_tags_come_along(
        self, editor: Editor, folder: pathlib.Path
    ) -> None:
        text = (
            "import torch\n\n"
            "try:\n    import apex\nexcept ImportError:\n    apex = None\n\n"
            "device = torch.device('cuda')\nmodel = torch.nn.Linear(3, 3).to(device)\n"
        )
        found = await told(editor, uri_of(folder, "rich.py", text), text)
        by_code = {item.code: item for item in found}
        page = to_fs_path(by_code["NEU101"].code_description.href)
        assert page and page.endswith("/NEU101.md") and pathlib.Path(page).is_file()
        dimmed = [d for d in found if d.tags and types.DiagnosticTag.Unnecessary in d.tags]
        assert {d.severity for d in dimmed} == {HINT}
        assert any("guarded" in d.message for d in dimmed)
        assert by_code["NEU101"].data["fingerprint"]

    async def test_launches_of_a_kernel_are_related(
        self, editor: Editor, folder: pathlib.Path
    ) -> None:
        kernel = (
            "import triton\nimport triton.language as tl\n\n\n@triton.jit\n"
            "def kernel(x, n: tl.constexpr):\n    tl.store(x, n)\n\n\n"
            "def launch(x):\n    kernel[(1,)](x, 3)\n"
        )
        uri = uri_of(folder, "kernel.py", kernel)
        found = await told(editor, uri, kernel)
        related = [r for d in found for r in d.related_information or ()]
        assert any(r.location.uri == uri and r.location.range.start.line == 10 for r in related)

    @pytest.mark.parametrize(
        ("name", "language", "text"),
        [
            ("requirements.txt", "pip-requirements", "torch\nflash-attn==2.8.3\n"),
            ("Dockerfile", "dockerfile", "FROM nvidia/cuda:12.4.1-devel-ubuntu22.04\n"),
            (
                "job.yaml",
                "yaml",
                "spec:\n  containers:\n  - name: a\n    resources:\n"
                "      limits:\n        nvidia.com/gpu: 8\n",
            ),
            ("run.sh", "shellscript", "nvidia-smi\nexport CUDA_VISIBLE_DEVICES=0\n"),
            ("pyproject.toml", "toml", '[project]\nname="a"\ndependencies = ["flash-attn"]\n'),
            (
                "k.cu",
                "cuda-cpp",
                "#include <cuda_runtime.h>\n__global__ void f(float* x) { x[0] = 1; }\n",
            ),
        ],
    )
    async def test_every_kind_of_file_is_read(
        self, editor: Editor, folder: pathlib.Path, name: str, language: str, text: str
    ) -> None:
        file = f"kinds/{name}"
        found = await told(editor, uri_of(folder, file, text), text, language)
        assert [d for d in found if str(d.code).startswith("NEU")]

    async def test_other_files_are_none_of_its_business(
        self, editor: Editor, folder: pathlib.Path
    ) -> None:
        uri = uri_of(folder, "notes.md", "`x.cuda()`\n")
        assert await told(editor, uri, "`x.cuda()`\n", "markdown") == ()

    async def test_severity_follows_the_impact(self, editor: Editor, folder: pathlib.Path) -> None:
        text = (
            "import torch\n\nx = torch.zeros(3).cuda()\n"
            "y = torch.zeros(3, dtype=torch.float64, device='neuron')\n"
        )
        uri = uri_of(folder, "impact.py", text)
        found = await told(editor, uri, text)
        told_ = portlint("check", "impact.py", "--format", "json", cwd=folder).json["findings"]
        severity = {"breaks": ERROR, "accuracy": WARNING, "slow": WARNING, "info": INFORMATION}
        wanted = {(f["rule"], f["line"]): severity[f["impact"]] for f in told_}
        assert {(d.code, d.range.start.line + 1): d.severity for d in found} == wanted

    async def test_a_file_that_does_not_parse_keeps_what_was_shown(
        self, editor: Editor, folder: pathlib.Path
    ) -> None:
        uri = uri_of(folder, "broken.py", CUDA)
        await told(editor, uri, CUDA)
        before = len(editor.published)
        editor.replace(uri, 2, f"{CUDA}def f(:\n")
        editor.replace(uri, 3, f"{CUDA}def f():\n    return x.cuda()\n")
        published = await editor.publication(uri, before)
        assert published.version == 3 and len(published.diagnostics) == 2

    async def test_when_it_is_saved_so_it_says_that_it_was_not_analysed(
        self, editor: Editor, folder: pathlib.Path
    ) -> None:
        uri = uri_of(folder, "broken2.py", f"{CUDA}def f(:\n")
        (found,) = await told(editor, uri, f"{CUDA}def f(:\n")
        assert (found.severity, found.range.start.line) == (INFORMATION, 3)
        assert found.message.startswith("not analysed: is not valid Python at line 4")


class TestTheEditorsLimits:
    async def test_a_client_without_capabilities_gets_plain_diagnostics(
        self, plain: Editor
    ) -> None:
        (found,) = await told(plain, "untitled:Untitled-1", CUDA)
        assert (found.code, found.severity) == ("NEU102", ERROR)
        assert (found.code_description, found.tags) == (None, None)
        assert (found.related_information, found.data) == (None, None)

    async def test_an_unsaved_file_is_known_by_its_language(self, plain: Editor) -> None:
        text = "FROM nvidia/cuda:12.4.1-devel-ubuntu22.04\n"
        assert codes(await told(plain, "untitled:Untitled-2", text, "dockerfile"))
        assert await told(plain, "untitled:Untitled-3", text, "plaintext") == ()

    async def test_edits_have_no_versions_where_they_are_not_taken(self, plain: Editor) -> None:
        await told(plain, "untitled:Untitled-4", CUDA)
        action = named("on this line", await plain.actions("untitled:Untitled-4", 2, 20))
        assert list(action["edit"]["changes"]) == ["untitled:Untitled-4"]

    async def test_half_a_character_and_odd_line_ends_do_no_harm(self, plain: Editor) -> None:
        text = 'import torch\ns = "\ud83d"\r\n\x0c\nx = torch.zeros(3).cuda()\r'
        (found,) = await told(plain, "untitled:Untitled-5", text)
        assert found.range.start == types.Position(3, 19)

    @pytest.mark.parametrize(("units", "column"), [("utf-8", 35), ("utf-16", 31), ("utf-32", 29)])
    async def test_columns_count_in_the_units_that_were_agreed(
        self, units: str, column: int
    ) -> None:
        general = types.GeneralClientCapabilities(position_encodings=[units])
        text = 'import torch\ns = "\U0001f600\U0001f600"; x = torch.zeros(3).cuda()\n'
        async with editing(capabilities=types.ClientCapabilities(general=general)) as editor:
            assert editor.server and editor.server.capabilities.position_encoding == units
            (found,) = await told(editor, "untitled:Untitled-1", text)
            assert found.range.start.character == column
            assert await editor.hover("untitled:Untitled-1", 1, column + 1)
            assert not await editor.hover("untitled:Untitled-1", 1, column - 1)
            actions = await editor.actions("untitled:Untitled-1", 1, column)
            (edits,) = named("on this line", actions)["edit"]["changes"].values()
            assert (
                applied(text, edits, units)
                .split("\n")[1]
                .endswith(".cuda()  # portlint: ignore[NEU102] reason")
            )


class TestChanges:
    async def test_characters_of_two_units_are_counted_as_such(
        self, editor: Editor, folder: pathlib.Path
    ) -> None:
        text = 'import torch\ns = "\U0001f600"; x = torch.zeros(3)\n'
        uri = uri_of(folder, "astral.py", text)
        await told(editor, uri, text)
        before = len(editor.published)
        editor.insert(uri, 2, 1, len('s = "XX"; x = torch.zeros(3)'), ".cuda()")
        (found,) = await editor.diagnostics(uri, before)
        assert found.range.start == types.Position(1, len('s = "XX"; x = torch.zeros(3).'))

    async def test_of_a_storm_of_changes_the_last_counts(
        self, editor: Editor, folder: pathlib.Path
    ) -> None:
        uri = uri_of(folder, "storm.py", CLEAN)
        await told(editor, uri, CLEAN)
        before = len(editor.published)
        for version in range(2, 102):
            editor.insert(uri, version, 3, 0, "y = x.cuda()\n" if version % 2 else "z = 1\n")
        while True:
            published = await editor.publication(uri, before)
            if published.version == 101:
                break
            before = editor.published.index(published) + 1
        assert len(published.diagnostics) == 50
        versions = [p.version for p in editor.published if p.uri == uri]
        assert len(versions) < 50, "each of them was analysed"

    async def test_no_answer_is_for_an_older_text(
        self, editor: Editor, folder: pathlib.Path
    ) -> None:
        uri = uri_of(folder, "older.py", CUDA)
        await told(editor, uri, CUDA)
        for version in range(2, 12):
            editor.insert(uri, version, 0, 0, "\n")
        actions = await editor.actions(uri, 12, 20)
        (change,) = named("on this line", actions)["edit"]["documentChanges"]
        assert change["textDocument"] == {"uri": uri, "version": 11}
        assert change["edits"][0]["range"]["start"]["line"] == 12

    async def test_a_request_that_is_cancelled_is_answered_so(
        self, editor: Editor, folder: pathlib.Path
    ) -> None:
        text = CUDA + "".join(f"\n\ndef f{n}(x):\n    return x.cuda({n})\n" for n in range(400))
        uri = uri_of(folder, "cancel.py", text)
        editor.open(uri, text)
        document = types.TextDocumentIdentifier(uri)
        params = types.HoverParams(document, types.Position(2, 20))
        request = editor.client.protocol.send_request(
            types.TEXT_DOCUMENT_HOVER, params, msg_id="to-be-cancelled"
        )
        editor.client.cancel_request(types.CancelParams("to-be-cancelled"))
        with pytest.raises(Exception, match="cancel"):
            await asyncio.wait_for(asyncio.wrap_future(request), PATIENCE)
        assert len(await editor.diagnostics(uri)) == 401

    async def test_a_long_file_gets_a_first_answer_and_then_the_whole(
        self, editor: Editor, folder: pathlib.Path
    ) -> None:
        text = CUDA + "".join(
            f"\n\ndef f{n}(x):\n    y = x + {n}\n    return y\n" for n in range(300)
        )
        uri = uri_of(folder, "long.py", text)
        await told(editor, uri, text)
        before = len(editor.published)
        line = text.split("\n").index("    y = x + 150")
        editor.insert(uri, 2, line, 0, "    x = x.cuda()\n")
        first = await editor.diagnostics(uri, before)
        assert [d.range.start.line for d in first] == [2, line]
        second = await editor.diagnostics(uri, len(editor.published))
        assert second == first


class TestAsking:
    """Clients that ask for diagnostics: they get them once, by the way they chose."""

    async def test_a_client_that_asks_is_answered_and_not_told_twice(
        self, folder: pathlib.Path
    ) -> None:
        uri = uri_of(folder, "pulled.py", CUDA)
        async with editing(folder, of("neovim@0.11.0")) as editor:
            assert editor.server and editor.server.capabilities.diagnostic_provider
            editor.open(uri, CUDA)
            report = await editor.pull(uri)
            assert (report.kind, codes(report.items)) == ("full", ["NEU102"])
            again = await editor.pull(uri, report.result_id)
            assert (again.kind, again.result_id) == ("unchanged", report.result_id)
            editor.insert(uri, 2, 3, 0, "y = x.cuda()\n")
            changed = await editor.pull(uri, report.result_id)
            assert codes(changed.items) == ["NEU102", "NEU102"]
            assert not [p for p in editor.published if p.uri == uri and p.diagnostics]

    async def test_what_is_not_open_has_none(self, editor: Editor, folder: pathlib.Path) -> None:
        report = await editor.pull(uri_of(folder, "never-opened.py"))
        assert (report.kind, report.items) == ("full", ())


class TestHover:
    async def test_it_says_what_why_what_to_write_and_who_says_so(
        self, editor: Editor, folder: pathlib.Path
    ) -> None:
        uri = uri_of(folder, "hover.py", CUDA)
        await told(editor, uri, CUDA)
        text = await editor.hover(uri, 2, 20)
        assert text is not None
        assert text.startswith("**NEU102 cuda-method** · breaks · documented · live")
        for part in ("**Why:** ", "**Instead:** `.to(", "**Effort:** ", "**Evidence:**\n- <https:"):
            assert part in text
        assert "/NEU102.md)" in text

    async def test_elsewhere_there_is_none(self, editor: Editor, folder: pathlib.Path) -> None:
        uri = uri_of(folder, "hover2.py", CUDA)
        await told(editor, uri, CUDA)
        assert await editor.hover(uri, 0, 3) is None
        assert await editor.hover(uri_of(folder, "unknown.py"), 0, 0) is None


class TestActions:
    async def test_a_line_is_silenced_with_a_reason(
        self, editor: Editor, folder: pathlib.Path
    ) -> None:
        uri = uri_of(folder, "act.py", CUDA)
        await told(editor, uri, CUDA)
        action = named("on this line", await editor.actions(uri, 2, 20))
        (change,) = action["edit"]["documentChanges"]
        assert change["textDocument"] == {"uri": uri, "version": 1}
        text = applied(CUDA, change["edits"])
        assert text.endswith(".cuda()  # portlint: ignore[NEU102] reason\n")
        before = len(editor.published)
        editor.replace(uri, 2, text)
        assert await editor.diagnostics(uri, before) == ()

    async def test_each_line_of_a_selection_has_an_action_and_the_file_has_one(
        self, editor: Editor, folder: pathlib.Path
    ) -> None:
        text = f"{CUDA}y = x.cuda(), x.cuda()\n"
        uri = uri_of(folder, "selected.py", text)
        await told(editor, uri, text)
        actions = await editor.actions(uri, 2, 0, until=(3, 30))
        silencing = [title for title in actions if "ignore NEU102" in title]
        assert [title.split("ignore NEU102 ")[1].split(",")[0] for title in silencing] == [
            *("on line 3", "in this file", "on line 4")
        ]
        assert [len(actions[title]["diagnostics"]) for title in silencing] == [1, 3, 2]
        for line in (2, 3):
            (change,) = named(f"on line {line + 1}", actions)["edit"]["documentChanges"]
            assert change["edits"][0]["range"]["start"]["line"] == line

    async def test_a_file_is_silenced_below_its_first_lines(
        self, editor: Editor, folder: pathlib.Path
    ) -> None:
        text = f"#!/usr/bin/env python\n# -*- coding: utf-8 -*-\n{CUDA}"
        uri = uri_of(folder, "script.py", text)
        await told(editor, uri, text)
        action = named("in this file", await editor.actions(uri, 4, 20))
        (change,) = action["edit"]["documentChanges"]
        changed = applied(text, change["edits"])
        assert changed.split("\n")[2] == "# portlint: ignore-file[NEU102] reason"
        before = len(editor.published)
        editor.replace(uri, 2, changed)
        assert await editor.diagnostics(uri, before) == ()

    async def test_a_file_without_comments_is_silenced_in_the_configuration(
        self, tmp_path: pathlib.Path
    ) -> None:
        (tmp_path / "pyproject.toml").write_text('[tool.portlint]\nchip = "trn2"\n')
        text = json.dumps({"zero_optimization": {"stage": 3}, "fp16": {"enabled": True}}, indent=1)
        uri = uri_of(tmp_path, "conf/ds_[a].json", text)
        async with editing(tmp_path, of("visual-studio-code")) as editor:
            found = await told(editor, uri, text, "json")
            at = found[0].range.start
            action = named("in the configuration", await editor.actions(uri, at.line, at.character))
            (change,) = action["edit"]["documentChanges"]
            assert change["textDocument"]["uri"].endswith("/pyproject.toml")
            config = applied((tmp_path / "pyproject.toml").read_text(), change["edits"])
            assert "[tool.portlint.per-file-ignores]\n" in config
            assert f'"/conf/ds_\\\\[a\\\\].json" = ["{found[0].code}"]\n' in config
            before = len(editor.published)
            (tmp_path / "pyproject.toml").write_text(config)
            editor.changed_on_disk((tmp_path / "pyproject.toml").as_uri())
            left = await editor.diagnostics(uri, before)
            assert found[0].code not in codes(left)

    async def test_only_what_is_asked_for_is_offered(
        self, editor: Editor, folder: pathlib.Path
    ) -> None:
        uri = uri_of(folder, "only.py", CUDA)
        await told(editor, uri, CUDA)
        kinds = types.CodeActionKind
        assert await editor.actions(uri, 2, 20, only=[kinds.QuickFix])
        assert await editor.actions(uri, 2, 20, only=[kinds.SourceOrganizeImports]) == {}
        assert await editor.actions(uri, 0, 0) == {}

    async def test_the_rule_can_be_opened(self, editor: Editor, folder: pathlib.Path) -> None:
        uri = uri_of(folder, "rule.py", CUDA)
        await told(editor, uri, CUDA)
        assert named("what NEU102 cuda-method is about", await editor.actions(uri, 2, 20))
        url = await editor.command("portlint.openRule", "NEU102")
        assert url == editor.client.shown_documents[-1].uri
        assert pathlib.Path(url.removeprefix("file://")).read_text().startswith("## NEU102")

    async def test_a_rule_that_is_not_there_is_an_error(self, editor: Editor) -> None:
        with pytest.raises(Exception, match="there is no rule 'NEU999'"):
            await editor.command("portlint.openRule", "NEU999")


class TestNotebooks:
    CELLS = ("import torch\n", "%%time\nx = torch.zeros(3)\ny = x.cuda()\n", "!nvidia-smi\n")

    def open(self, editor: Editor, uri: str, cells: tuple[str, ...] = CELLS) -> list[str]:
        uris = [f"{uri.replace('file:', 'vscode-notebook-cell:')}#{n}" for n in range(len(cells))]
        made = [types.NotebookCell(types.NotebookCellKind.Code, cell) for cell in uris]
        book = types.NotebookDocument(uri, "jupyter-notebook", 1, made)
        texts = [
            types.TextDocumentItem(cell, "python", 1, text)
            for cell, text in zip(uris, cells, strict=True)
        ]
        editor.client.notebook_document_did_open(types.DidOpenNotebookDocumentParams(book, texts))
        return uris

    async def test_a_finding_stands_in_its_cell(self, editor: Editor, folder: pathlib.Path) -> None:
        cells = self.open(editor, uri_of(folder, "book.ipynb"))
        (found,) = await editor.diagnostics(cells[1])
        assert (found.code, found.range.start) == ("NEU102", types.Position(2, 6))
        assert codes(await editor.diagnostics(cells[2]))
        assert await editor.diagnostics(cells[0]) == ()
        hover = await editor.hover(cells[1], 2, 7)
        assert hover and "NEU102" in hover
        actions = await editor.actions(cells[1], 2, 7)
        (change,) = named("on this line", actions)["edit"]["documentChanges"]
        assert change["textDocument"]["uri"] == cells[1]
        (whole,) = named("in this file", actions)["edit"]["documentChanges"]
        assert whole["textDocument"]["uri"] == cells[0]

    async def test_a_changed_cell_changes_what_others_mean(
        self, editor: Editor, folder: pathlib.Path
    ) -> None:
        uri = uri_of(folder, "book2.ipynb")
        cells = self.open(editor, uri, ("import torch as t\n", "d = t.device('cuda')\n"))
        assert codes(await editor.diagnostics(cells[1]))
        before = len(editor.published)
        change = types.NotebookDocumentCellContentChanges(
            types.VersionedTextDocumentIdentifier(2, cells[0]),
            [types.TextDocumentContentChangeWholeDocument(text="import other as t\n")],
        )
        editor.client.notebook_document_did_change(
            types.DidChangeNotebookDocumentParams(
                types.VersionedNotebookDocumentIdentifier(2, uri),
                types.NotebookDocumentChangeEvent(
                    cells=types.NotebookDocumentCellChanges(text_content=[change])
                ),
            )
        )
        assert "NEU101" not in codes(await editor.diagnostics(cells[1], before))

    async def test_a_notebook_that_is_open_as_text_is_told_of_too(
        self, editor: Editor, folder: pathlib.Path
    ) -> None:
        cell = {"cell_type": "code", "source": ["import torch\n", "x = torch.zeros(1).cuda()"]}
        text = json.dumps({"cells": [cell], "nbformat": 4, "metadata": {}}, indent=1)
        uri = uri_of(folder, "plain.ipynb", text)
        (found,) = await told(editor, uri, text, "json")
        row = text.split("\n")[found.range.start.line]
        assert row[found.range.start.character :].startswith("cuda()")
        at = found.range.start
        action = named("on this line", await editor.actions(uri, at.line, at.character))
        changed = applied(text, action["edit"]["documentChanges"][0]["edits"])
        before = len(editor.published)
        editor.replace(uri, 2, changed)
        assert await editor.diagnostics(uri, before) == ()


class TestSettings:
    async def test_a_target_is_set_by_the_settings(self, tmp_path: pathlib.Path) -> None:
        settings = {"chip": "trn1", "guarded": "hide", "ignore": ["NEU101"]}
        text = "import torch\n\nif torch.cuda.is_available():\n    torch.cuda.synchronize()\n"
        async with editing(tmp_path, of("visual-studio-code"), settings) as editor:
            found = await told(editor, uri_of(tmp_path, "a.py", text), text)
            status = await editor.status("ready")
            assert (status.target.chip, status.target.stack) == ("trn1", "xla")
            assert not [d for d in found if d.tags]
            before = len(editor.published)
            editor.client.set_configuration({"portlint": {"debounce": 0, "enable": False}})
            editor.client.workspace_did_change_configuration(
                types.DidChangeConfigurationParams(settings={})
            )
            assert await editor.diagnostics(uri_of(tmp_path, "a.py"), before) == ()

    async def test_settings_that_are_sent_along_are_taken(self) -> None:
        async with editing(options={"portlint": {"debounce": 0, "ignore": ["NEU102"]}}) as editor:
            assert await told(editor, "untitled:Untitled-1", CUDA) == ()
            before = len(editor.published)
            editor.client.workspace_did_change_configuration(
                types.DidChangeConfigurationParams(settings={"portlint": {"ignore": []}})
            )
            assert codes(await editor.diagnostics("untitled:Untitled-1", before)) == ["NEU102"]

    async def test_a_setting_that_is_wrong_is_shown_and_the_rest_holds(self) -> None:
        async with editing(options={"chip": 3, "colour": "red", "debounce": 0}) as editor:
            assert codes(await told(editor, "untitled:Untitled-1", CUDA)) == ["NEU102"]
            await editor.message("setting portlint.chip: Expected `str")
            await editor.message("setting portlint.colour is not known")

    async def test_the_configuration_of_the_repository_holds(self, tmp_path: pathlib.Path) -> None:
        (tmp_path / "portlint.toml").write_text(
            'chip = "inf2"\nextend-exclude = ["old/"]\n[per-file-ignores]\n"legacy.py" = ["NEU1"]\n'
        )
        (tmp_path / ".gitignore").write_text("made.py\n")
        async with editing(tmp_path, of("visual-studio-code")) as editor:
            assert codes(await told(editor, uri_of(tmp_path, "a.py", CUDA), CUDA)) == ["NEU102"]
            status = await editor.status("ready")
            assert (status.target.chip, status.config) == (
                "inf2",
                str(tmp_path / "portlint.toml"),
            )
            for silent in ("old/a.py", "legacy.py", "made.py", ".venv/lib/a.py"):
                assert await told(editor, uri_of(tmp_path, silent, CUDA), CUDA) == (), silent
            (test,) = await told(editor, uri_of(tmp_path, "tests/test_a.py", CUDA), CUDA)
            assert (test.severity, test.tags) == (HINT, (types.DiagnosticTag.Unnecessary,))

    async def test_a_configuration_that_changes_on_disk_is_read_again(
        self, tmp_path: pathlib.Path
    ) -> None:
        config = tmp_path / "portlint.toml"
        config.write_text("")
        async with editing(tmp_path, of("visual-studio-code")) as editor:
            uri = uri_of(tmp_path, "a.py", CUDA)
            await told(editor, uri, CUDA)
            watched = [r for r in editor.registered if "WatchedFiles" in r.method]
            assert watched
            before = len(editor.published)
            config.write_text('ignore = ["NEU102"]\n')
            editor.changed_on_disk(config.as_uri())
            assert await editor.diagnostics(uri, before) == ()

    async def test_one_that_is_wrong_is_shown_and_what_was_found_stays(
        self, tmp_path: pathlib.Path
    ) -> None:
        config = tmp_path / "portlint.toml"
        config.write_text("")
        async with editing(tmp_path, of("visual-studio-code")) as editor:
            uri = uri_of(tmp_path, "a.py", CUDA)
            await told(editor, uri, CUDA)
            published = len(editor.published)
            config.write_text('chip = "trn9"\n')
            editor.save(config.as_uri())
            status = await editor.status("error")
            assert "trn9 is not known" in status.message
            await editor.message("trn9 is not known")
            assert len(editor.published) == published
            config.write_text('chip = "trn3"\n')
            editor.save(config.as_uri())
            status = await editor.status("ready", len(editor.statuses))
            assert status.target.chip == "trn3"


class TestTarget:
    async def test_it_is_switched_by_a_command_and_told(self, folder: pathlib.Path) -> None:
        uri = uri_of(folder, "target.py", CUDA)
        async with editing(folder, of("visual-studio-code")) as editor:
            await told(editor, uri, CUDA)
            before, known = len(editor.published), len(editor.statuses)
            answer = await editor.command("portlint.setTarget", {"chip": "trn1"})
            assert answer["stack"] == "xla"
            (found,) = await editor.diagnostics(uri, before)
            assert "torch_xla.device()" in found.message
            status = await editor.status("ready", known)
            assert (status.target.chip, status.chosen) == ("trn1", True)
            logged = [m.message for m in editor.client.log_messages]
            assert any(m.startswith("judging for trn1, xla, SDK") for m in logged)
            with pytest.raises(Exception, match="trn1 has no stack vllm"):
                await editor.command("portlint.setTarget", {"chip": "trn1", "stack": "vllm"})
            before = len(editor.published)
            await editor.command("portlint.setTarget", None)
            (found,) = await editor.diagnostics(uri, before)
            assert '`.to("neuron")`' in found.message

    async def test_without_a_target_the_user_is_asked(self, folder: pathlib.Path) -> None:
        async with editing(folder, of("visual-studio-code")) as editor:
            editor.pick = "trn3 vllm"
            answer = await editor.command("portlint.setTarget")
            assert (answer["chip"], answer["stack"]) == ("trn3", "vllm")
            (question,) = editor.questions
            assert question.actions and len(question.actions) >= 10
            editor.pick = None
            assert await editor.command("portlint.setTarget") is None


class TestLife:
    async def test_loading_is_shown_as_progress(self, folder: pathlib.Path) -> None:
        async with editing(folder, of("visual-studio-code")) as editor:
            await told(editor, uri_of(folder, "progress.py", CUDA), CUDA)
            (reports,) = editor.client.progress_reports.values()
            kinds = [type(report) for report in reports]
            assert kinds == [types.WorkDoneProgressBegin, types.WorkDoneProgressEnd]
            assert [s.state for s in editor.statuses][:2] == ["loading", "ready"]

    async def test_it_is_ready_though_nothing_is_open(self) -> None:
        async with editing() as editor:
            assert (await editor.status("ready", target=False)).target is None

    async def test_a_rule_that_fails_is_told_once_and_the_rest_goes_on(
        self, tmp_path: pathlib.Path
    ) -> None:
        (tmp_path / "sitecustomize.py").write_text(FAULT)
        async with editing(env={"PYTHONPATH": str(tmp_path)}) as editor:
            text = f"{CUDA}torch.cuda.synchronize()\n"
            found = codes(await told(editor, "untitled:fail", text))
            assert found and "NEU102" not in found
            await editor.message("NEU000 internal error in NEU102")
            before = len(editor.published)
            editor.replace("untitled:fail", 2, f"{text}\ny = torch.device('cuda')\n")
            assert "NEU101" in codes(await editor.diagnostics("untitled:fail", before))
            shown = [m for m in editor.client.messages if "NEU000" in m.message]
            logged = [m for m in editor.client.log_messages if "NEU000" in m.message]
            assert (len(shown), len(logged) > 1) == (1, True)

    async def test_a_process_that_dies_is_started_again(self, tmp_path: pathlib.Path) -> None:
        (tmp_path / "sitecustomize.py").write_text(FAULT)
        async with editing(env={"PYTHONPATH": str(tmp_path)}) as editor:
            (found,) = await told(editor, "untitled:die", CUDA)
            assert found.message == "not analysed: made the parser crash"
            assert await editor.message("die.py: made the parser crash")
            assert codes(await told(editor, "untitled:Untitled-2", CUDA)) == ["NEU102"]

    async def test_what_the_audited_folder_holds_is_never_run(self, tmp_path: pathlib.Path) -> None:
        for name in ("portlint", "torch", "sitecustomize", "tokenize", "libcst"):
            (tmp_path / f"{name}.py").write_text("raise SystemExit(7)\n")
        process = await asyncio.create_subprocess_exec(
            *(pathlib.Path(sys.executable).with_name("portlint"), "lsp"),
            cwd=tmp_path,
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
        )
        first, rest = frame(INITIALIZE), frame(INITIALIZED) + frame(OPENED)
        assert process.stdin and process.stdout
        process.stdin.write(first + rest)
        seen = b""
        async with asyncio.timeout(PATIENCE):
            while b"NEU102" not in seen:
                part = await process.stdout.read(65536)
                assert part, seen
                seen += part
        process.stdin.write(frame(SHUTDOWN) + frame(EXIT))
        assert await asyncio.wait_for(process.wait(), PATIENCE) == 0

    async def test_it_ends_with_1_where_nobody_said_goodbye(self) -> None:
        assert talk(frame(INITIALIZE) + frame(EXIT)).returncode == 1
        assert talk(frame(INITIALIZE)).returncode == 1
        assert talk(frame(INITIALIZE) + frame(SHUTDOWN) + frame(EXIT)).returncode == 0

    async def test_it_ends_with_0_though_a_command_waits_for_its_answer(self) -> None:
        command = {"command": "portlint.setTarget", "arguments": []}
        asked = {"jsonrpc": "2.0", "id": 5, "method": "workspace/executeCommand", "params": command}
        done = talk(frame(INITIALIZE) + frame(asked) + frame(SHUTDOWN) + frame(EXIT))
        answers = {m["id"]: m for m in messages(done.stdout) if "id" in m and "method" not in m}
        assert "canceled" in answers[5]["error"]["message"]
        assert answers[9]["result"] is None
        assert done.returncode == 0

    async def test_messages_that_make_no_sense_do_not_end_it(self) -> None:
        wrong: dict[str, Any] = {"jsonrpc": "2.0", "id": 7, "method": "textDocument/hover"}
        unknown = {"jsonrpc": "2.0", "id": 8, "method": "textDocument/unheardOf", "params": {}}
        done = talk(
            frame(INITIALIZE)
            + b"Content-Length: 9\r\n\r\nnot json!"
            + frame({**wrong, "params": {"textDocument": 3}})
            + frame(unknown)
            + frame(OPENED)
            + frame(SHUTDOWN)
            + frame(EXIT)
        )
        answers = {m["id"]: m for m in messages(done.stdout) if "id" in m and "method" not in m}
        assert answers[7]["error"]["code"] == -32602
        assert answers[8]["error"]["code"] == -32601
        assert answers[9]["result"] is None
        assert done.returncode == 0

    async def test_without_pygls_it_says_what_to_install(self, tmp_path: pathlib.Path) -> None:
        script = (
            "import sys\nsys.modules['pygls'] = None\nimport importlib.util as u\n"
            "find = u.find_spec\n"
            "u.find_spec = lambda name, *a: None if name == 'pygls' else find(name, *a)\n"
            "sys.argv = ['portlint', 'lsp']\nfrom portlint.cli import main\nmain()\n"
        )
        done = subprocess.run(
            [sys.executable, "-c", script], capture_output=True, text=True, stdin=subprocess.DEVNULL
        )
        assert done.returncode == 2
        assert done.stderr == "error: the language server needs pygls: install portlint[lsp]\n"


FAULT = """
import functools, importlib.abc, importlib.util, os, sys

class Hook(importlib.abc.MetaPathFinder):
    def find_spec(self, name, path=None, target=None):
        if name != "portlint.detectors.devices":
            return None
        sys.meta_path.remove(self)
        spec = importlib.util.find_spec(name)
        run = spec.loader.exec_module
        def broken(module):
            run(module)
            right = module.cuda_method
            @functools.wraps(right)
            def wrong(node, at):
                if at.path == "die.py":
                    os._exit(9)
                if at.path == "fail.py":
                    raise ValueError("as planned")
                yield from right(node, at)
            module.cuda_method = wrong
        spec.loader.exec_module = broken
        return spec

sys.meta_path.insert(0, Hook())
"""
INITIALIZE = {
    "jsonrpc": "2.0",
    "id": 1,
    "method": "initialize",
    "params": {"processId": None, "rootUri": None, "capabilities": {}},
}
INITIALIZED = {"jsonrpc": "2.0", "method": "initialized", "params": {}}
OPENED = {
    "jsonrpc": "2.0",
    "method": "textDocument/didOpen",
    "params": {
        "textDocument": {
            "uri": "untitled:Untitled-1",
            "languageId": "python",
            "version": 1,
            "text": CUDA,
        }
    },
}
SHUTDOWN = {"jsonrpc": "2.0", "id": 9, "method": "shutdown"}
EXIT = {"jsonrpc": "2.0", "method": "exit"}


def frame(message: Any) -> bytes:
    data = json.dumps(message).encode()
    return b"Content-Length: %d\r\n\r\n%s" % (len(data), data)


def messages(data: bytes) -> list[Any]:
    found = []
    while data:
        head, _, rest = data.partition(b"\r\n\r\n")
        size = int(head.split(b"\r\n")[0].rpartition(b" ")[2])
        found.append(json.loads(rest[:size]))
        data = rest[size:]
    return found


def talk(data: bytes) -> "subprocess.CompletedProcess[bytes]":
    return subprocess.run(COMMAND, input=data, capture_output=True, timeout=PATIENCE)
