"""What serves each kind of attention on each target, and where its limits are."""

import csv
import itertools
import json
import pathlib
from datetime import date
from html import unescape

import click
import jsonschema  # type: ignore[import-untyped]
import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from portlint.applies import applies
from portlint.attention.check import COLUMNS, STATUS
from portlint.attention.condition import condition
from portlint.attention.features import Features
from portlint.attention.kinds import kinds
from portlint.attention.line import line
from portlint.attention.path import Path, rank, verdict
from portlint.attention.reported import row
from portlint.attention.table import table
from portlint.catalog import rules_folder, shipped
from portlint.errors import RuleError
from portlint.model import Target
from portlint.query.known import prepare
from portlint.query.said import answer
from portlint.query.subject import subject
from portlint.render import Style, models, render, schema
from portlint.report import AttentionRow, Knowledge, Model, Report, Summary, Tool
from portlint.targets import resolve, supported
from tests.invoke import portlint

LLAMA = Features(
    heads=32,
    kv_heads=8,
    head_dim=128,
    causal=True,
    rope="half",
    scale=128**-0.5,
    mask_source="is_causal",
)
MISTRAL = msgspec.structs.replace(LLAMA, window=4096)
GEMMA2 = Features(
    heads=16,
    kv_heads=8,
    head_dim=256,
    causal=True,
    rope="half",
    scale=256**-0.5,
    softcap=50.0,
)
BERT = Features(heads=12, kv_heads=12, head_dim=64, causal=False)


def target(chip: str = "trn2", stack: str | None = None, workload: str = "both") -> Target:
    return resolve(chip, stack, None, workload)[0]  # type: ignore[arg-type]


def targets() -> list[Target]:
    """Every chip, stack and workload, with the first and the last release that ships it."""
    found = []
    for ships in supported():
        last = target(ships.chip, ships.stack, ships.workload)
        found += [last, msgspec.structs.replace(last, sdk=ships.first_sdk)]
    return found


TARGETS = targets()


class TestTable:
    def test_every_kind_has_one_answer_on_every_target(self) -> None:
        for kind, where in itertools.product(kinds(), TARGETS):
            said = [
                path
                for path in table()
                if kind in path.kinds and not path.when and applies(path.fact, where)
            ]
            assert len(said) == 1, (kind, where)

    def test_every_answer_has_words_and_says_where_they_come_from(self) -> None:
        for kind, where in itertools.product(kinds(), TARGETS):
            path = verdict(kind, Features(), where)
            assert path.words, (kind, where)
            assert path.evidence or path.confidence in ("inferred", "unknown"), (kind, where)
            assert (path.confidence == "unknown") == (path.verdict == "unknown"), (kind, where)
            assert path.instead, (kind, where)

    def test_kernels_are_named_only_where_one_serves_it(self) -> None:
        for kind, where in itertools.product(kinds(), TARGETS):
            path = verdict(kind, Features(), where)
            named = any(msgspec.structs.astuple(path.kernels))
            assert not named or path.verdict in ("supported", "limited"), (kind, where)

    @pytest.mark.parametrize(
        ("column", "cell", "said"),
        [
            ("kind", "gpa", "'gpa' is neither a kind of attention nor a family"),
            ("kind", "", "is empty"),
            ("when", "head_dims>128", "'head_dims' is no feature"),
            ("when", "head_dim>", "is no condition such as"),
            ("when", "bias=alibis", "'alibis' is none of alibi"),
            ("verdict", "fine", "'fine' is none of"),
            ("stack", "cuda", "cuda is none of"),
            ("sdk", "2.33", "no range of releases"),
            ("words", "", "is empty"),
            ("evidence", "http://example.org/", "https address"),
            ("confidence", "unknown", "goes with the status"),
            ("checked", "today", "no day"),
            ("port", "somewhere", "https address"),
        ],
    )
    def test_a_row_that_is_no_fact_is_refused_with_file_row_and_column(
        self, column: str, cell: str, said: str, tmp_path: pathlib.Path
    ) -> None:
        good = {
            "kind": "causal",
            "stack": "*",
            "chip": "*",
            "workload": "*",
            "sdk": "*",
            "verdict": "supported",
            "words": "works",
            "confidence": "documented",
            "evidence": "https://example.org/",
            "checked": "2026-11-26",
        }
        path = tmp_path / "tables" / "attention_paths.csv"
        path.parent.mkdir()
        with path.open("w", encoding="utf-8", newline="") as file:
            writer = csv.DictWriter(file, COLUMNS, restval="")
            writer.writeheader()
            writer.writerows([good, good | {column: cell}])
        with pytest.raises(RuleError) as refused:
            table(tmp_path)
        assert f"{path}: line 3 " in str(refused.value)
        assert f"column '{column}'" in str(refused.value) and said in str(refused.value)

    def test_urls_of_ports_are_those_of_repositories_and_pages(self) -> None:
        hosts = ("https://github.com/", "https://awsdocs-neuron.readthedocs-hosted.com/")
        assert all(path.port.startswith(hosts) for path in table() if path.port)


class TestConditions:
    @pytest.mark.parametrize(
        ("text", "features", "holds"),
        [
            ("head_dim>128", Features(head_dim=128), False),
            ("head_dim>128", Features(head_dim=129), True),
            ("head_dim>128", Features(), None),
            ("window", Features(window=128), True),
            ("window", Features(), False),
            ("!causal", Features(causal=False), True),
            ("!causal", Features(), None),
            ("scale!=1", Features(scale=0.125), True),
            ("scale!=1", Features(scale=1.0), False),
            ("bias=alibi", Features(bias="alibi"), True),
            ("bias=alibi", Features(), False),
            ("dropout", Features(), False),
            ("query_length%128!=0", Features(query_length=130), True),
            ("query_length%128!=0", Features(query_length="s0"), None),
            ("value_dim!=head_dim", Features(head_dim=64, value_dim=64), False),
            ("value_dim!=head_dim", Features(head_dim=64, value_dim=128), True),
            ("value_dim!=head_dim", Features(head_dim=64), False),
        ],
    )
    def test_what_is_not_known_is_neither_true_nor_false(
        self, text: str, features: Features, holds: bool | None
    ) -> None:
        assert condition(text).holds(features) is holds


class TestVerdicts:
    @pytest.mark.parametrize("where", TARGETS, ids=str)
    def test_llama_is_served_by_a_kernel_everywhere(self, where: Target) -> None:
        path = verdict("gqa", LLAMA, where)
        assert path.verdict == "supported" and path.kernels.prefill

    def test_heads_of_128_have_a_kernel_and_of_129_have_none(self) -> None:
        for where in TARGETS:
            wider = msgspec.structs.replace(LLAMA, head_dim=129)
            assert verdict("gqa", LLAMA, where).verdict == "supported"
            assert verdict("gqa", wider, where).verdict == "compiler-path"

    def test_a_head_of_unknown_size_is_not_passed_over(self) -> None:
        path = verdict("gqa", msgspec.structs.replace(LLAMA, head_dim=None), target())
        assert path.verdict == "supported"
        assert "head_dim is not known: with head_dim>128 it is compiler-path" in path.words

    def test_gemma_2_goes_by_the_compiler_for_both_its_reasons(self) -> None:
        for where in (target(), target("trn1"), target("trn2", "vllm")):
            path = verdict("softcap", GEMMA2, where)
            assert path.verdict == "compiler-path"
            assert "caps scores" in path.words and "128 at most" in path.words.replace(
                "heads above 128", "128 at most"
            )
            assert path.port.endswith("gemma-2-9b")

    def test_a_causal_window_has_a_kernel_that_wants_scaled_queries(self) -> None:
        path = verdict("sliding-window", MISTRAL, target())
        assert path.verdict == "limited" and path.kernels.prefill == "attention_cte"
        scaled = msgspec.structs.replace(MISTRAL, scale=1.0)
        assert verdict("sliding-window", scaled, target()).verdict == "supported"

    def test_a_library_that_scales_them_needs_no_change(self) -> None:
        served = verdict("sliding-window", MISTRAL, target("trn2", "xla", "inference"))
        assert served.verdict == "supported"
        older = verdict("sliding-window", MISTRAL, target("trn1", "xla", "inference"))
        assert older.verdict == "compiler-path"

    def test_a_window_to_both_sides_has_none(self) -> None:
        both = msgspec.structs.replace(BERT, window=128)
        for kind in ("symmetric-window", "bidirectional"):
            assert verdict(kind, both, target("trn2", "xla")).verdict == "compiler-path"
            assert verdict(kind, both, target()).verdict == "limited"

    def test_dropout_matters_in_training_only(self) -> None:
        dropped = msgspec.structs.replace(LLAMA, dropout=0.1)
        assert verdict("gqa", dropped, target(workload="inference")).verdict == "supported"
        assert verdict("gqa", dropped, target(workload="training")).verdict == "compiler-path"
        path = verdict("gqa", dropped, target())
        assert path.workload == "training"
        assert path.words.startswith("in training: ") and "in inference supported" in path.words

    def test_kernels_without_a_backward_do_not_serve_training(self) -> None:
        for kind in ("ssd", "ssm-selective-scan", "linear-recurrence", "gated-delta"):
            path = verdict(kind, Features(), target())
            assert (path.verdict, path.workload) == ("compiler-path", "training")
            served = verdict(kind, Features(), target(workload="inference"))
            assert served.verdict == "limited" and not served.kernels.backward

    def test_the_generation_of_the_chip_decides_on_mla_and_sparse_attention(self) -> None:
        for kind in ("mla", "topk-sparse"):
            old = verdict(kind, Features(), target("trn2", workload="inference"))
            new = verdict(kind, Features(), target("trn3", workload="inference"))
            assert (old.verdict, new.verdict) == ("compiler-path", "limited")

    def test_a_bias_is_a_tensor_for_the_prompt_and_the_compiler_in_decoding(self) -> None:
        alibi = msgspec.structs.replace(BERT, causal=True, bias="alibi")
        path = verdict("alibi", alibi, target(workload="inference"))
        assert path.verdict == "limited"
        assert (path.kernels.prefill, path.kernels.decode) == ("attention_cte", "")

    def test_what_no_page_says_is_unknown(self) -> None:
        for kind in ("block-sparse", "longformer", "lsh", "rwkv"):
            assert verdict(kind, Features(), target()).verdict == "unknown"
        assert verdict("flex", Features(), target()).verdict == "unknown"
        assert verdict("flex", Features(), target("trn1")).verdict == "unsupported"

    def test_no_page_says_that_the_native_backend_has_a_kernel_for_sdpa(self) -> None:
        assert "no page says" in verdict("causal", BERT, target()).words


FEATURES = st.builds(
    Features,
    heads=st.just(8),
    kv_heads=st.sampled_from([None, 2, 8]),
    head_dim=st.sampled_from([None, 64, 128, 129, 256]),
    value_dim=st.sampled_from([None, 128]),
    causal=st.sampled_from([None, True, False]),
    window=st.sampled_from([None, 128]),
    bias=st.sampled_from([None, "alibi", "dense"]),
    mask_source=st.sampled_from([None, "padding", "input", "is_causal"]),
    scale=st.sampled_from([None, 1.0, 0.125]),
    cross=st.booleans(),
)
WORSENING = (
    {"head_dim": 129},
    {"softcap": 30.0},
    {"dropout": 0.1},
    {"weights_returned": True},
    {"sink": True},
    {"chunk": 64},
    {"rope": "complex"},
    {"bias": "relative"},
    {"mask_source": "data"},
)


@given(
    kind=st.sampled_from(list(kinds())),
    features=FEATURES,
    more=st.sampled_from(WORSENING),
    where=st.sampled_from([*TARGETS, target(), target("trn1"), target("trn3")]),
)
def test_a_feature_that_no_kernel_has_never_makes_it_better(
    kind: str, features: Features, more: dict[str, object], where: Target
) -> None:
    name = next(iter(more))
    if getattr(features, name) and name in ("bias", "mask_source"):
        return
    before = verdict(kind, features, where)
    after = verdict(kind, msgspec.structs.replace(features, **more), where)
    assert rank(after.verdict) >= rank(before.verdict)


class TestLines:
    def test_a_group_is_one_line(self) -> None:
        where = target(workload="inference")
        assert line("gqa", LLAMA, 32, verdict("gqa", LLAMA, where)) == (
            "32 × GQA 32/8, head_dim 128, causal, RoPE"
            " → attention_cte (prefill), attention_tkg (decode)"
        )

    def test_the_two_kinds_of_layers_of_gemma_2_read_differently(self) -> None:
        full = row("softcap", GEMMA2, 13, None, target())
        local = row("softcap", msgspec.structs.replace(GEMMA2, window=4096), 13, None, target())
        assert full.text == (
            "13 × softcap 50, GQA 16/8, head_dim 256, causal, RoPE → the compiler, without a kernel"
        )
        assert "window 4096" in local.text and local.text != full.text

    @pytest.mark.parametrize(
        ("kind", "features", "said"),
        [
            ("gqa", Features(heads=71, kv_heads=1, head_dim=64, causal=True), "MQA 71/1, head_dim"),
            ("cross", Features(heads=8, kv_heads=8, cross=True), "cross, 8 heads"),
            ("alibi", Features(causal=True, bias="alibi"), "ALiBi, causal"),
            ("sink", Features(causal=True, window=128, sink=True), "sink, causal, window 128"),
            ("cosine", Features(causal=False, bias="learned"), "cosine, bidirectional, learned"),
            ("dropout", Features(causal=False, dropout=0.1), "dropout 0.1, bidirectional"),
            ("kv-cache", Features(causal=True, cache="static"), "static cache, causal"),
            ("mla", Features(head_dim=192, value_dim=128), "MLA, head_dim 192 (128 in values)"),
            ("chunked-local", Features(causal=True, chunk=64), "chunks of 64, causal"),
            ("rope-complex", Features(causal=True, rope="complex"), "complex RoPE, causal"),
            ("dense-mask", Features(mask_source="input"), "dense-mask, mask from the caller"),
            ("causal", Features(head_dim=64, causal=True, scale=1.0), "head_dim 64, scale 1"),
            ("ssd", Features(), "1 × SSD →"),
        ],
    )
    def test_what_tells_attentions_apart_shows(
        self, kind: str, features: Features, said: str
    ) -> None:
        assert said in line(kind, features, 1, verdict(kind, features, target()))

    def test_a_verdict_of_one_workload_names_it(self) -> None:
        dropped = msgspec.structs.replace(LLAMA, dropout=0.1)
        said = line("gqa", dropped, 2, verdict("gqa", dropped, target()))
        assert said.endswith("→ in training the compiler, without a kernel")

    def test_a_path_without_a_kernel_is_its_verdict(self) -> None:
        unknown = Path(verdict="unknown", words="public material does not say")
        assert line("rwkv", Features(), 3, unknown) == "3 × RWKV → unknown"


def _report(*rows: AttentionRow) -> Report:
    """A report of one model with these attentions."""
    made = Model(name="m:f", captured_by="export", fidelity=None, parameters=1, attention=rows)
    figures = Summary(
        difficulty=None,
        score=None,
        hours=None,
        by_impact={},
        by_subject={},
        by_context={},
        files=0,
        lines=0,
    )
    return Report(
        tool=Tool(name="portlint", version="0"),
        knowledge=Knowledge(sdk="2.33", checked=date(2026, 11, 26), digest=""),
        target=target(),
        summary=figures,
        findings=(),
        models=(made,),
    )


class TestReports:
    def test_a_row_has_all_features_and_reads_back(self) -> None:
        made = row("gqa", LLAMA, 32, ("model.py", 7), target())
        data = json.loads(msgspec.json.encode(made))
        named = "heads kv_heads head_dim causal window bias softcap sink dropout cross mask_source"
        assert {*named.split(), "softmax_dtype", "cache", "rope", "qk_norm"} <= set(
            data["features"]
        )
        assert (data["path"], data["line"], data["count"]) == ("model.py", 7, 32)
        assert msgspec.json.decode(msgspec.json.encode(made), type=type(made)) == made

    def test_the_terminal_shows_each_group_with_what_to_write(self) -> None:
        rows = (
            row("gqa", LLAMA, 32, ("model.py", 7), target()),
            row("softcap", GEMMA2, 2, None, target()),
        )
        model = Model(name="m:f", captured_by="export", fidelity=None, parameters=1, attention=rows)
        shown = click.unstyle("\n".join(models.lines(model, False, 100)))
        assert "  supported: 32 × GQA 32/8" in shown and "(model.py:7)" in shown
        assert "  compiler-path: 2 × softcap 50" in shown
        assert "instead: attention in plain arithmetic" in shown
        assert max(map(len, shown.splitlines())) <= 100

    def test_the_page_shows_each_group_and_where_it_comes_from(self) -> None:
        made = row("softcap", GEMMA2, 2, ("model.py", 7), target())
        page = render(_report(made), "html", Style(rules=shipped().rules))
        assert made.text in unescape(page) and "model.py:7" in page and made.verdict in page
        assert "Attention</h4>" in page
        assert all(source.url in page for source in made.evidence)
        assert "Attention</h4>" not in render(_report(), "html", Style(rules=shipped().rules))

    def test_a_report_with_it_fits_the_schema(self) -> None:
        made = _report(row("gqa", LLAMA, 32, ("model.py", 7), target()))
        jsonschema.validate(json.loads(msgspec.json.encode(made)), json.loads(schema.render()))

    def test_the_vocabulary_is_printed(self, tmp_path: pathlib.Path) -> None:
        text = portlint("rule", "--kinds", cwd=tmp_path)
        data = portlint("rule", "--kinds", "--format", "json", cwd=tmp_path).json
        assert text.code == 0 and [kind["name"] for kind in data] == list(kinds())
        assert all(kind["name"] in text.out for kind in data)
        assert portlint("rule", "--kinds", "--all", cwd=tmp_path).code == 2
        assert portlint("rule", "--kinds", "NEU801", cwd=tmp_path).code == 2


def test_a_question_about_a_kind_gets_the_same_answer() -> None:
    known = prepare(shipped())
    asked = [about for kind in kinds() if (about := subject(kind, known))]
    asked = [about for about in asked if about.kind == "attention" and not about.sightings]
    assert len(asked) > 35
    for where, about in itertools.product(
        (target(), target("trn3"), target("trn1"), target("trn2", "vllm")), asked
    ):
        here = answer(about, known, where, ()).here
        path = verdict(about.question.text, Features(), where)
        assert here and here.verdict == STATUS[path.verdict], (about.question.text, where)


def test_no_kind_has_a_row_of_its_own_in_another_table() -> None:
    with (rules_folder() / "tables" / "attention.csv").open(encoding="utf-8") as file:
        assert not {cells["name"] for cells in csv.DictReader(file)} & set(kinds())
