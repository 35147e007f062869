"""What the language server finds after an edit: from memory, an excerpt, or the whole."""

import ast
import pathlib
from collections.abc import Sequence

import hypothesis
import msgspec
import pytest
from hypothesis import strategies as st

from portlint import catalog, config, engine
from portlint.lsp.change import change
from portlint.lsp.excerpt import LONG, Excerpt, excerpt
from portlint.lsp.judging import Judging
from portlint.lsp.memory import FILES, TEXTS
from portlint.lsp.settings import Settings
from portlint.lsp.wire import Analyse, Analysed, Place
from portlint.model import Finding

HEAD = """\
import torch
from torch import nn

DEVICE = torch.device('cuda')


def moved(x):
    if torch.cuda.is_available():
        return x.cuda()
    return x


class Model(nn.Module):
    ready = False

    def __init__(self):
        self.a = nn.Linear(2, 2)

"""


def program(functions: int = 240, marked: str = "") -> str:
    """A long program; the marked function uses CUDA."""
    body = ""
    for n in range(functions):
        used = ".cuda()" if f"f{n}" == marked or n % 50 == 7 else ""
        body += f"    def f{n}(self, x):\n        y = x{used} + {n}\n        return self.a(y)\n\n"
    return f"{HEAD}{body}"


def found(text: str) -> list[Finding]:
    """What a run over the text says."""
    rules = catalog.shipped().rules
    settings, _ = config.read((pathlib.Path("/nowhere"),), {}, None, rules)
    done = engine.run_bytes(text.encode(), "a.py", settings, pathlib.Path("/nowhere"))
    return list(done.report.findings)


def seen(findings: Sequence[Finding]) -> list[Finding]:
    """The findings as an editor shows them: what counts them over a file waits for the whole."""
    return [msgspec.structs.replace(f, root_cause="", fingerprint="") for f in findings]


def part_of(before: str, after: str) -> Excerpt | None:
    """The excerpt for a change."""
    return excerpt(before, after, ast.parse(after))


class TestExcerpts:
    @pytest.mark.parametrize(
        ("old", "new"),
        [
            ("y = x + 120\n", "y = x.cuda() + 120\n"),
            ("y = x + 120\n", "y = x.cuda() + 120\n        pass\n        pass\n"),
            ("y = x.cuda() + 107\n", "y = x + 107\n"),
            ("\n\ndef moved", "\nLIMIT = 3\n\n\ndef moved"),
            ("\n\ndef moved", "\nimport apex\n\n\ndef moved"),
            ("\n\ndef moved", "\n\ndef new(x):\n    return x.cuda()\n\n\ndef moved"),
            ("    if torch.cuda.is_available():\n        return x.cuda()\n", ""),
            ("def moved(x):", "def moved(x=DEVICE):"),
            ("DEVICE = torch.device('cuda')\n", ""),
            ("DEVICE = torch.device('cuda')\n", "DEVICE = None\nOTHER = 'cuda:0'\n"),
            ("    ready = False\n", "    ready = False\n    device = torch.device('cuda')\n"),
            ("    ready = False\n", ""),
            ("def f3(self, x)", "def f3(self, x, y)"),
            (
                "    def f107(self, x):\n        y = x.cuda() + 107\n        return self.a(y)\n\n",
                "",
            ),
            ("    def f9(self, x):\n", "    @torch.no_grad()\n    def f9(self, x):\n"),
            ("\nclass Model", "# a remark\n\nclass Model"),
        ],
    )
    def test_the_first_answer_is_that_of_the_whole(self, old: str, new: str) -> None:
        before = program()
        assert old in before
        after = before.replace(old, new, 1)
        part = part_of(before, after)
        assert part is not None
        assert len(part.text.split("\n")) == len(after.split("\n"))
        assert len([row for row in part.text.split("\n") if row.strip()]) < 600
        assert seen(part.merged(found(before), found(part.text))) == seen(found(after))

    @pytest.mark.parametrize(
        ("old", "new"),
        [
            ("class Model(nn.Module)", "class Model(object)"),
            ("from torch import nn\n", "from torch.nn import *\n"),
            ("import torch\n", "import torch  # portlint: ignore-file[NEU102] a reason\n"),
            ("", ""),
        ],
    )
    def test_what_may_concern_everything_is_read_as_a_whole(self, old: str, new: str) -> None:
        before = program()
        assert part_of(before, before.replace(old, new, 1)) is None

    def test_a_name_that_all_use_is_read_as_a_whole(self) -> None:
        before = program(300).replace("return self.a(y)", "return moved(y)")
        assert part_of(before, before.replace("def moved(x)", "def moved(x, y=1)")) is None

    def test_what_names_the_change_is_read_again_over_other_names(self) -> None:
        text = program().replace("y = x + 33\n", "y = x.to(there) + 33\n")
        before = text.replace("\n\ndef moved", "\nthere = DEVICE\n\n\ndef moved")
        after = before.replace("DEVICE = torch.device('cuda')", "DEVICE = torch.device('cpu')")
        part = part_of(before, after)
        assert part is not None
        read = {after.split("\n")[line - 1].strip() for line in part.news}
        assert {"there = DEVICE", "y = x.to(there) + 33"} <= read
        assert "y = x + 34" not in read

    def test_a_short_file_is_read_as_a_whole(self) -> None:
        before = program(20)
        assert len(before.split("\n")) < LONG
        assert part_of(before, before.replace("+ 3", "+ 4")) is None

    @hypothesis.settings(max_examples=25, deadline=None)
    @hypothesis.given(st.integers(0, 900), st.sampled_from(["", "\n", "x\n", "  # é\n", '"""\n']))
    def test_whatever_is_inserted_the_lines_stay_what_they_are(self, at: int, new: str) -> None:
        before = program()
        rows = before.split("\n")
        after = "\n".join(rows[:at]) + "\n" + new + "\n".join(rows[at:])
        try:
            part = part_of(before, after)
        except SyntaxError:
            return
        if part is not None:
            kept, own = part.text.split("\n"), after.split("\n")
            assert len(kept) == len(own)
            assert all(kept[line - 1] == own[line - 1] for line in part.news)


class TestChange:
    @hypothesis.given(st.lists(st.sampled_from("abc")), st.lists(st.sampled_from("abc")))
    def test_a_line_that_has_moved_reads_the_same(self, old: list[str], new: list[str]) -> None:
        what = change(old, new)
        moved = {line: what.moved(line) for line in range(1, len(old) + 1)}
        for line, at in moved.items():
            assert at is None or (
                new[at - 1] == old[line - 1] and not what.first <= at <= what.last
            )
        first, last = what.before
        assert [line for line, at in moved.items() if at is None] == list(range(first, last + 1))


PLACE = Place(root="/nowhere", name="a.py")
PIECES = st.sampled_from(
    [
        "import apex\n",
        "DEVICE = torch.device('cuda')\n",
        "X = 1\n",
        "def moved(x):\n    return x.cuda()\n",
        "    def f3(self, x):\n        return x.cuda()\n",
        "        y = x.cuda()\n",
        "        if torch.cuda.is_available():\n            return x\n",
        "    ready = True\n",
        "# a remark\n",
    ]
)
EDITS = st.lists(
    st.tuples(st.integers(0, 960), st.integers(0, 5), st.one_of(st.just(""), PIECES)),
    min_size=1,
    max_size=4,
)


def edited(text: str, at: int, gone: int, new: str) -> str:
    """The text with some lines replaced."""
    rows = text.split("\n")
    return "\n".join([*rows[:at], *new.split("\n")[:-1], *rows[at + gone :]])


def asked(judging: Judging, text: str, place: Place = PLACE, quick: bool = False) -> Analysed:
    """The answer to a change, or at rest."""
    order = Analyse(id=7, place=place, text=text, settings=Settings(), typing=True, quick=quick)
    return judging.analyse(order)


class TestAnswers:
    @hypothesis.settings(max_examples=15, deadline=None)
    @hypothesis.given(EDITS)
    def test_at_rest_they_are_those_of_check_whatever_was_edited_before(
        self, edits: Sequence[tuple[int, int, str]]
    ) -> None:
        worker = Judging()
        text = program(230)
        states = [text]
        assert list(asked(worker, text).findings) == found(text)
        for at, gone, new in edits:
            text = edited(text, at, gone, new)
            try:
                ast.parse(text)
            except SyntaxError:
                text = states[-1]
            asked(worker, text, quick=True)
            states.append(text)
        for state in dict.fromkeys([text, *states]):
            answer = asked(worker, state)
            assert (answer.first, list(answer.findings)) == (False, found(state))

    def test_a_text_that_was_read_before_is_not_read_again(
        self, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        worker = Judging()
        texts = [f"{HEAD}# {n}\n" for n in range(TEXTS)]
        known = {text: asked(worker, text) for text in texts}
        monkeypatch.setattr(engine, "run_bytes", None)
        assert {text: asked(worker, text) for text in texts} == known
        with pytest.raises(TypeError):
            asked(worker, f"{HEAD}# more\n")

    def test_a_first_answer_begins_with_the_last_one(self) -> None:
        worker = Judging()
        before = program()
        asked(worker, before)
        one = before.replace("y = x + 20\n", "y = x.cuda() + 20\n")
        both = one.replace("y = x + 220\n", "y = x.cuda() + 220\n")
        first, second = (asked(worker, text, quick=True) for text in (one, both))
        assert (first.first, second.first) == (True, True)
        assert seen(second.findings) == seen(found(both))

    def test_other_files_and_other_texts_push_out_the_oldest(self) -> None:
        worker = Judging()
        for n in range(TEXTS + 3):
            asked(worker, f"x = {n}\n")
        assert list(worker.memory.files[PLACE]) == [f"x = {n}\n" for n in range(3, TEXTS + 3)]
        places = [Place(root="/nowhere", name=f"{n}.py") for n in range(FILES)]
        for place in places:
            asked(worker, "x = 1\n", place)
        assert list(worker.memory.files) == list(worker.memory.settings) == places

    def test_a_package_beside_or_a_baseline_that_changes_is_seen(
        self, tmp_path: pathlib.Path
    ) -> None:
        text = "import apex\n\napex.amp.initialize()\n"
        place = Place(root=str(tmp_path), name="a.py", path=str(tmp_path / "a.py"), folder=True)
        worker = Judging()
        assert asked(worker, text, place).findings
        (tmp_path / "apex").mkdir()
        (tmp_path / "apex" / "__init__.py").touch()
        assert not asked(worker, text, place).findings
