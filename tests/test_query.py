"""`portlint query`: what is known of a name, on one target and on all, without a repository."""

import pathlib
import subprocess
import sys
from typing import Any

import pytest

from portlint import catalog, knowledge
from portlint.catalog import read_table
from portlint.query.answer import VERDICTS, Answers
from portlint.query.known import Known, prepare
from portlint.query.operators import public
from portlint.query.question import question
from portlint.query.subject import subject
from portlint.row import STATUS
from tests.invoke import Done, portlint

XLA = ("--chip", "trn1", "--stack", "xla")


@pytest.fixture(autouse=True)
def _no_configuration(tmp_path: pathlib.Path) -> None:
    (tmp_path / "portlint.toml").touch()


def asked(tmp_path: pathlib.Path, *words: str) -> Any:
    """The one answer to a question, as JSON has it."""
    done = portlint("query", *words, "--format", "json", cwd=tmp_path)
    assert done.code == 0, done.err
    (answer,) = done.json["answers"]
    return answer


def verdict(tmp_path: pathlib.Path, *words: str) -> str:
    found: str = asked(tmp_path, *words)["here"]["verdict"]
    return found


class TestNames:
    @pytest.mark.parametrize(
        ("name", "rule", "word"),
        [
            ("torch.cuda.Stream", "NEU118", "breaks"),
            ("cuda.Stream", "NEU118", "breaks"),
            ("flash_attn", "NEU801", "breaks"),
            ("flash-attn", "NEU801", "breaks"),
            ("flash_attn.flash_attn_func", "NEU801", "breaks"),
            ("nn.DataParallel", "NEU703", "breaks"),
            ("DataParallel", "NEU703", "breaks"),
            (".cuda", "NEU102", "breaks"),
            ("Tensor.cuda", "NEU102", "breaks"),
            ("NEU118", "NEU118", "breaks"),
            ("cuda-stream", "NEU118", "breaks"),
            ("CUDA_VISIBLE_DEVICES", "NEU150", "info"),
            ("nvidia-smi", "NEU930", "breaks"),
            ("nvcr.io/nvidia/pytorch:24.01-py3", "NEU901", "breaks"),
            ("torch==2.4.0+cu121", "NEU943", "breaks"),
        ],
    )
    def test_a_rule_answers(self, name: str, rule: str, word: str, tmp_path: pathlib.Path) -> None:
        here = asked(tmp_path, name)["here"]
        assert (here["facts"][0]["rule"], here["verdict"]) == (rule, word)
        assert here["facts"][0]["evidence"][0]["url"].startswith("https://")

    @pytest.mark.parametrize(
        "name",
        [
            "aten.grid_sampler_2d",
            "aten::grid_sampler_2d",
            "aten.grid_sampler_2d.default",
            "torch.ops.aten.grid_sampler_2d.default",
            "grid_sampler_2d",
            "F.grid_sample",
            "torch.nn.functional.grid_sample",
        ],
    )
    def test_an_operator_in_any_spelling(self, name: str, tmp_path: pathlib.Path) -> None:
        assert verdict(tmp_path, name, *XLA) in ("unsupported", "breaks")
        assert verdict(tmp_path, name) == "unknown"

    def test_an_operator_alone_means_what_programs_run(self, tmp_path: pathlib.Path) -> None:
        assert verdict(tmp_path, "aten.mm") == "supported"
        assert verdict(tmp_path, "aten.mm.dtype", *XLA) == "unsupported"

    def test_a_name_of_torch_without_facts_is_unknown(self, tmp_path: pathlib.Path) -> None:
        done = portlint("query", "torch.export.Dim", cwd=tmp_path)
        assert done.code == 0 and "unknown on trn2" in done.out
        assert "public material does not say" in done.out

    def test_a_word_that_works_somewhere_says_so(self, tmp_path: pathlib.Path) -> None:
        assert verdict(tmp_path, "torch.compile", "--stack", "native-compile") == "supported"
        assert verdict(tmp_path, "torch.compile", *XLA) == "breaks"


class TestExpressions:
    @pytest.mark.parametrize(
        ("text", "rule"),
        [
            ("x.cuda()", "NEU102"),
            ("model.to('cuda')", "NEU101"),
            ("torch.compile(m, backend='inductor')", "NEU302"),
            ("BitsAndBytesConfig(load_in_8bit=True)", "NEU831"),
            ("torch.load(f, map_location='cuda')", "NEU115"),
            ("from apex import amp", "NEU390"),
        ],
    )
    def test_detectors_answer(self, text: str, rule: str, tmp_path: pathlib.Path) -> None:
        here = asked(tmp_path, text)["here"]
        assert here["verdict"] == "breaks" and rule in {f["rule"] for f in here["facts"]}

    def test_arguments_decide_what_runs(self, tmp_path: pathlib.Path) -> None:
        bicubic = asked(tmp_path, "F.interpolate(mode='bicubic')")
        assert bicubic["runs"] == ["aten.upsample_bicubic2d.default"]
        assert len(asked(tmp_path, "F.interpolate")["runs"]) > 6

    def test_a_program_is_read_and_never_run(self, tmp_path: pathlib.Path) -> None:
        text = f"open({str(tmp_path / 'made')!r}, 'w').write(x.cuda())"
        assert verdict(tmp_path, text) == "breaks"
        assert not (tmp_path / "made").exists()

    def test_variables_are_no_packages(self) -> None:
        homes = {"model": "rwkv.model", "apex": "apex", "Config": "some.Config"}
        programs = question("model.to(apex.x, Config())", homes).programs
        assert all("rwkv" not in text for text in programs)
        assert programs[0].startswith("import apex\nfrom some import Config\n")


class TestUnknown:
    @pytest.mark.parametrize(
        ("name", "near"),
        [
            ("torch.nn.functional.grid_smaple", "torch.nn.functional.grid_sample"),
            ("flash_atn", "flash_attn"),
            ("aten.grid_sampler_2b", "aten.grid_sampler_2d"),
        ],
    )
    def test_the_nearest_names_are_told(self, name: str, near: str, tmp_path: pathlib.Path) -> None:
        done = portlint("query", name, cwd=tmp_path)
        assert (done.code, done.out) == (1, "")
        assert f"nothing is known of {name!r}" in done.err and near in done.err

    def test_the_known_ones_are_answered_all_the_same(self, tmp_path: pathlib.Path) -> None:
        done = portlint("query", "flash_attn", "nosuchthing", "--format", "json", cwd=tmp_path)
        assert done.code == 1 and "nosuchthing" in done.err
        assert [a["name"] for a in done.json["answers"]] == ["flash_attn"]
        assert list(done.json["unknown"]) == ["nosuchthing"]

    @pytest.mark.parametrize(
        "text",
        ["", "?!", "(", "x" * 300, "a b c", "torch.", "\x1b[31m", "é.ü", "a\nb", "{}", "..."],
    )
    def test_odd_input_is_no_fault(self, text: str, tmp_path: pathlib.Path) -> None:
        done = portlint("query", text, cwd=tmp_path)
        assert done.code in (0, 1) and "\x1b" not in done.out + done.err


class TestOutput:
    def shown(self, tmp_path: pathlib.Path, *words: str) -> Done:
        return portlint("query", *words, cwd=tmp_path)

    def test_the_verdict_comes_first(self, tmp_path: pathlib.Path) -> None:
        done = self.shown(tmp_path, "torch.cuda.Stream", "F.grid_sample")
        first, second = done.out.split("\n\n")
        assert first.startswith("torch.cuda.Stream (api): breaks on trn2, native-eager, SDK 2.33\n")
        assert "instead: " in first and "evidence: https://" in first and "elsewhere: " in first
        assert second.startswith("torch.nn.functional.grid_sample (api): unknown")
        assert "\x1b" not in done.out

    def test_one_screen_for_a_name(self, tmp_path: pathlib.Path) -> None:
        for name in ("torch.nn.MultiheadAttention", "F.scaled_dot_product_attention", "torch.svd"):
            assert len(self.shown(tmp_path, name).out.splitlines()) <= 30

    def test_a_terminal_gets_colour(self, tmp_path: pathlib.Path) -> None:
        words = ("query", "torch.cuda.Stream")
        assert "\x1b[" in portlint(*words, cwd=tmp_path, terminal=True).out
        plain = portlint(*words, cwd=tmp_path, terminal=True, env={"NO_COLOR": "1"})
        assert "\x1b[" not in plain.out

    def test_the_matrix_has_every_pair(self, tmp_path: pathlib.Path) -> None:
        out = self.shown(tmp_path, "torch.cuda.Stream", "--matrix").out
        head, inf2, *_, trn3 = (line.split() for line in out.splitlines()[1:6])
        assert head == ["native-eager", "native-compile", "vllm", "xla"]
        assert inf2 == ["inf2", "-", "-", "-", "breaks"] and trn3 == ["trn3", *["breaks"] * 4]
        answer = portlint("query", "flash_attn", "--matrix", "--format", "json", cwd=tmp_path).json
        (found,) = answer["answers"]
        assert found["here"] is None and len(found["targets"]) == 10

    def test_json_is_the_documented_value(self, tmp_path: pathlib.Path) -> None:
        done = portlint("query", "torch.cuda.Stream", "aten.mm", "--format", "json", cwd=tmp_path)
        assert set(done.json) == set(Answers.__struct_fields__)
        assert done.json["schema"] == "portlint.query/1"
        answer = done.json["answers"][0]
        assert set(answer) == {"asked", "name", "kind", "runs", "here", "targets"}
        assert set(answer["here"]) == {*("chip", "stack", "sdk", "workload"), "verdict", "facts"}
        assert set(answer["here"]["facts"][0]) == {
            *("verdict", "about", "message", "instead", "rule", "name", "table", "confidence"),
            "evidence",
        }
        again = portlint("query", "torch.cuda.Stream", "aten.mm", "--format", "json", cwd=tmp_path)
        assert done == again

    def test_a_reader_that_leaves_is_no_error(self, tmp_path: pathlib.Path) -> None:
        start = "from portlint.cli import main; main()"
        words = [sys.executable, "-c", start, "query", "torch.cuda.Stream"]
        with subprocess.Popen(words, stdout=subprocess.PIPE, stderr=subprocess.PIPE) as process:
            assert process.stdout is not None and process.stderr is not None
            process.stdout.close()
            assert process.stderr.read() == b""
        assert process.returncode == 0

    def test_every_status_and_impact_has_a_rank(self) -> None:
        assert set(STATUS) | {"breaks", "accuracy", "slow", "info"} == set(VERDICTS)


class TestOverlay:
    TABLE = "op,status\naten::grid_sampler_2d,supported\naten::mm,unsupported\n"
    FLAGS = ("--evidence", "https://example.org/ops", "--checked", "2026-11-26", "--stack", "xla")

    def test_newer_facts_win(self, tmp_path: pathlib.Path) -> None:
        (tmp_path / "ops.csv").write_text(self.TABLE)
        assert portlint("knowledge", "import", "ops.csv", *self.FLAGS, cwd=tmp_path).code == 0
        newer = ("--knowledge", "portlint-knowledge")
        for name, before, after in (
            ("aten.grid_sampler_2d", "unsupported", "supported"),
            ("aten.mm", "likely", "unsupported"),
        ):
            assert verdict(tmp_path, name, *XLA) == before
            here = asked(tmp_path, name, *XLA, *newer)["here"]
            assert here["verdict"] == after
            assert here["facts"][0]["evidence"][0]["url"] == "https://example.org/ops"
        assert verdict(tmp_path, "aten.mm", *newer) == "supported"
        assert verdict(tmp_path, "F.grid_sample", *XLA, *newer) != "supported", "grid_sampler_3d"


class TestUsage:
    @pytest.mark.parametrize(
        "words",
        [
            [],
            ["torch.mm", "--chip", "tpu"],
            ["torch.mm", "--format", "xml"],
            ["x", "--knowledge", "no"],
        ],
    )
    def test_wrong_usage_ends_with_2(self, words: list[str], tmp_path: pathlib.Path) -> None:
        done = portlint("query", *words, cwd=tmp_path)
        assert (done.code, done.out) == (2, "") and done.err


class TestPublicNames:
    def test_what_torch_runs_today_is_in_the_table(self) -> None:
        pytest.importorskip("torch")
        pytest.importorskip("expecttest", reason="torch's own samples need it")
        from tests import public_ops

        cells = [tuple(row.values()) for row in read_table("public_ops")]
        table = {row[:2]: row for row in cells}
        for names, seen in public_ops.functions(("nn.functional.interpolate", "cumsum", "median")):
            for row in public_ops.rows(names, seen):
                assert table[row[:2]] == row, "run `python -m tests.public_ops`"

    def test_names_are_those_of_torch_and_operators_are_operators(self) -> None:
        names = public()
        assert all(name.startswith("torch") for name in names.runs)
        assert all(op.startswith("aten.") for op in names.operated) and len(names.operated) > 1000

    def test_what_only_some_arguments_run_does_not_decide(self, tmp_path: pathlib.Path) -> None:
        runs = public().operators("torch.nn.BatchNorm2d", {})
        assert runs is not None and runs.ways == (("aten.native_batch_norm.default",),)
        assert "aten._local_scalar_dense.default" in runs.also
        here = asked(tmp_path, "nn.BatchNorm2d", "--stack", "native-compile")["here"]
        assert here["verdict"] == "likely"
        assert here["facts"][-1]["message"].startswith("with some arguments: ")


@pytest.fixture(scope="module")
def known() -> Known:
    return prepare(catalog.shipped())


class TestEverything:
    """Whatever rules and tables name can be asked for."""

    def test_every_symbol_of_every_rule(self, known: Known) -> None:
        missing = []
        for name in [*known.source.exact, *known.source.below]:
            about = subject(name, known)
            calls = "(" in name or name.startswith(("cuda.", "neuronx_distributed.trace"))
            if about is None or not (about.sightings or calls):
                missing.append(name)
        assert missing == []

    def test_every_row_of_every_table(self, known: Known) -> None:
        names = {row.name for row in knowledge.rows() if row.kind != "op"}
        lost = [
            name
            for name in sorted(names)
            if (about := subject(name, known)) is None
            or name not in {row.name for row in about.rows}
        ]
        assert lost == []
