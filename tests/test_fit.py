"""Whether a model fits: figures that are public and exact, laws, and a measurement."""

import json
import pathlib
import re
import shutil
from typing import Any

import msgspec
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from portlint.catalog import read_table, rules_folder
from portlint.errors import RuleError
from portlint.fit import fit
from portlint.fit.cache import Cache, Kept
from portlint.fit.facts import Facts
from portlint.fit.figures import figures
from portlint.fit.live import Peak, peak
from portlint.fit.machines import Chip, chips
from portlint.fit.needs import inference, training
from portlint.fit.place import core, degrees, place
from portlint.graph.attention import attentions
from portlint.graph.view import View
from portlint.model import Target
from portlint.record import Op, Tensor, Trace
from portlint.render.fits import lines
from portlint.report import Fit
from tests.graphs import op, tensor

TARGET = Target(chip="trn2", stack="native-eager", sdk="2.33", workload="both")
KIB, GIB = 2**10, 2**30
FIGURES = figures(rules_folder())


def known(
    parameters: int = 8_000_000_000,
    dtype: str = "bfloat16",
    batch: int = 1,
    tokens: int | None = 8192,
    heads: tuple[tuple[int, int], ...] = ((32, 8),),
    kept: tuple[Kept, ...] = (Kept(32, 8, 256, 2),),
    alive: int = GIB,
) -> Facts:
    return Facts(
        parameters=parameters,
        weights={dtype: parameters * (4 if dtype == "float32" else 2)},
        dtype=dtype,
        batch=batch,
        traced=tokens,
        tokens=tokens,
        heads=heads,
        unheaded=False,
        cache=Cache(kept, ()),
        forward=Peak(alive, 0),
        step=Peak(4 * alive, 0),
    )


MODELS = st.builds(
    known,
    parameters=st.integers(10**6, 2 * 10**11),
    dtype=st.sampled_from(["bfloat16", "float32"]),
    batch=st.integers(1, 64),
    tokens=st.integers(1, 200_000),
    heads=st.lists(
        st.sampled_from([(32, 8), (64, 8), (40, 10), (12, 12), (71, 1), (128, 128), (24, 3)]),
        max_size=2,
    ).map(tuple),
    kept=st.lists(
        st.builds(
            Kept,
            st.integers(1, 100),
            st.sampled_from([1, 3, 8, 10, 12, 128]),
            st.sampled_from([64, 128, 576]),
            st.sampled_from([1, 2, 4]),
            st.none() | st.integers(1, 10_000),
            st.none() | st.integers(1, 1500),
        ),
        max_size=3,
    ).map(tuple),
    alive=st.integers(0, 10**11),
)
CHIPS = st.sampled_from(chips())


class TestLaws:
    @given(MODELS, st.integers(1, 8), st.integers(0, 100_000))
    def test_a_larger_batch_or_more_tokens_never_need_less(
        self, model: Facts, times: int, more: int
    ) -> None:
        larger = model._replace(batch=model.batch * times, tokens=(model.tokens or 0) + more)
        assert inference(larger).total >= inference(model).total
        assert training(larger, FIGURES).total >= training(model, FIGURES).total

    @given(MODELS, CHIPS)
    def test_a_larger_degree_never_needs_more_on_a_core(self, model: Facts, chip: Chip) -> None:
        for need in (inference(model), training(model, FIGURES)):
            taken = [core(need, model, degree) for degree in degrees(model, chip)]
            assert taken == sorted(taken, reverse=True)

    @given(MODELS, CHIPS, st.booleans())
    @settings(max_examples=300)
    def test_the_degree_divides_the_heads_fits_and_is_the_smallest(
        self, model: Facts, chip: Chip, capped: bool
    ) -> None:
        need = inference(model)
        found = place(need, model, chip, capped, FIGURES)
        usable = int(chip.memory * FIGURES.usable.value)
        if found.degree is None:
            assert found.instances == ()
            assert not capped or found.words
            return
        assert all(own % found.degree == 0 for own, _ in model.heads)
        assert all(kv % found.degree == 0 or found.degree % kv == 0 for _, kv in model.heads)
        assert core(need, model, found.degree) <= usable
        smaller = [d for d in degrees(model, chip) if d < found.degree]
        assert capped or all(core(need, model, degree) > usable for degree in smaller)
        assert found.instances
        assert dict(chip.machines)[found.instances[0]] >= found.degree

    @given(MODELS, CHIPS)
    def test_what_vllm_holds_back_never_makes_a_degree_smaller(
        self, model: Facts, chip: Chip
    ) -> None:
        need = inference(model)
        free, held = (place(need, model, chip, capped, FIGURES) for capped in (False, True))
        assert held.degree is None or (free.degree is not None and free.degree <= held.degree)


class TestPlaces:
    def test_eight_billion_parameters_fit_one_core_of_trn2_and_two_of_inf2(self) -> None:
        need = inference(known())
        found = {c.name: place(need, known(), c, False, FIGURES).degree for c in chips()}
        assert found == {"inf2": 2, "trn1": 2, "trn2": 1, "trn3": 1}

    def test_training_takes_sixteen_bytes_a_parameter_and_activations(self) -> None:
        for dtype in ("bfloat16", "float32"):
            need = training(known(dtype=dtype), FIGURES)
            assert need.total - need.parts["activations"] == 16 * 8_000_000_000

    def test_key_value_heads_are_replicated_where_there_are_fewer_than_cores(self) -> None:
        kept = Kept(1, 2, 100, 2)
        assert [kept.total(1, 10, degree) for degree in (1, 2, 8)] == [4000, 2000, 2000]
        model = known(parameters=60_000_000_000, heads=((64, 2),), kept=(kept,))
        found = place(inference(model), model, chips()[2], False, FIGURES)
        assert found.degree == 8
        assert any("replicated" in words and "here" in words for words in found.words)

    def test_heads_that_nothing_divides_leave_one_core(self) -> None:
        model = known(parameters=40_000_000_000, heads=((71, 1),))
        found = place(inference(model), model, chips()[2], False, FIGURES)
        assert (found.degree, found.cores, found.instances) == (None, 1, ())
        assert found.share > 1
        assert any("does not fit at degree 1" in words for words in found.words)

    def test_what_no_degree_fits_may_be_sharded(self) -> None:
        need = training(known(heads=((8, 8),)), FIGURES)
        found = place(need, known(heads=((8, 8),)), chips()[0], False, FIGURES)
        assert found.degree is None
        assert any("16 data-parallel cores" in words for words in found.words)


class TestTables:
    def test_machines_are_those_of_the_table_of_instances(self) -> None:
        told = {row["name"]: row["restriction"] for row in read_table("instances")}
        for chip in chips():
            for name, cores in chip.machines:
                seen = re.search(r"(\d+) as a program sees|(\d+) physical cores;", told[name])
                assert seen
                assert cores == int(seen[1] or seen[2])
                gib = re.search(r"(\d+) GiB HBM", told[name])
                assert gib
                assert cores * chip.memory == int(gib[1]) * GIB
        known_ = {name for chip in chips() for name, _ in chip.machines}
        assert {name for name in told if "." in name or "UltraServer" in name} == known_

    def test_a_figure_without_a_source_is_refused(self, tmp_path: pathlib.Path) -> None:
        shutil.copy(rules_folder() / "fit.toml", tmp_path)
        file = tmp_path / "fit.toml"
        text = file.read_text(encoding="utf-8")
        file.write_text(re.sub(r'evidence = "https[^"]+', 'evidence = "', text, count=1))
        with pytest.raises(RuleError, match=r"fit\.toml: evidence"):
            figures(tmp_path)


class TestLive:
    """Each value has 128 bytes."""

    def test_a_chain_holds_two_results_at_a_time(self) -> None:
        ops, last = [], tensor(origin="input")
        for number in range(5):
            last = tensor(source=number)
            given_ = tensor(source=number - 1) if number else tensor(origin="input")
            ops.append(op("aten.relu.default", given_, gives=last, id=number))
        assert peak(ops) == Peak(128 + 2 * 128, 0)

    def test_a_view_is_no_memory_and_keeps_what_it_shows(self) -> None:
        weight = tensor(origin="parameter")
        ops = [
            op("aten.relu.default", weight, gives=tensor(source=0), id=0),
            op("aten.view.default", tensor(source=0), gives=tensor(source=1), id=1),
            op("aten.permute.default", weight, gives=tensor(source=2), id=2),
            op("aten.exp.default", tensor(source=2), gives=tensor(source=3), id=3),
            op("aten.neg.default", tensor(source=3), gives=tensor(source=4), id=4),
            op("aten.add.Tensor", tensor(source=1), tensor(source=4), id=5),
        ]
        assert peak(ops).bytes == 3 * 128

    def test_gradients_of_weights_are_no_activations(self) -> None:
        found = op("aten.mm.default", tensor(origin="parameter"), backward=True, id=0)
        assert peak([found]).bytes == 128
        assert peak([_returned(found)]).bytes == 0

    def test_a_size_that_depends_on_data_is_counted_as_unknown(self) -> None:
        assert peak([op("aten.nonzero.default", gives=tensor(shape=("u0", 2)))]) == Peak(0, 1)


def _returned(one: Op) -> Op:
    return msgspec.structs.replace(one, returned=True)


def test_a_model_that_was_not_captured_has_no_fit() -> None:
    assert fit(View(Trace(model="a.py:model")), [], TARGET) is None


def test_a_part_that_is_not_known_makes_the_total_a_least(tmp_path: pathlib.Path) -> None:
    graph = op("aten.relu.default", tensor(origin="input"), gives=Tensor(shape=(4,), dtype="int8"))
    trace = Trace(model="m", captured_by="export", ops=(graph,))
    found = fit(View(trace), [], TARGET)
    assert found is not None
    assert [need.least for need in found.needs] == [False, True]
    assert (found.batch, found.tokens, found.cache_per_token) == (4, None, 0)
    assert "needs at least" in "\n".join(lines(found))


BASE = {"vocab_size": 512, "num_hidden_layers": 2, "dtype": "bfloat16"}
LLAMA = {
    "architectures": ["LlamaForCausalLM"],
    "model_type": "llama",
    "hidden_size": 4096,
    "intermediate_size": 14336,
    "num_hidden_layers": 32,
    "num_attention_heads": 32,
    "num_key_value_heads": 8,
    "vocab_size": 128256,
    "max_position_embeddings": 8192,
    "dtype": "bfloat16",
    "tie_word_embeddings": False,
}
DEEPSEEK = {
    "architectures": ["DeepseekV3ForCausalLM"],
    "model_type": "deepseek_v3",
    **BASE,
    "hidden_size": 1024,
    "intermediate_size": 256,
    "moe_intermediate_size": 64,
    "num_attention_heads": 16,
    "num_key_value_heads": 16,
    "n_routed_experts": 4,
    "num_experts_per_tok": 2,
    "first_k_dense_replace": 2,
    "kv_lora_rank": 512,
    "qk_rope_head_dim": 64,
    "qk_nope_head_dim": 128,
    "v_head_dim": 128,
    "q_lora_rank": 192,
    "n_group": 1,
    "topk_group": 1,
    "max_position_embeddings": 4096,
}
MISTRAL = {
    "architectures": ["MistralForCausalLM"],
    "model_type": "mistral",
    **BASE,
    "hidden_size": 256,
    "intermediate_size": 256,
    "num_attention_heads": 8,
    "num_key_value_heads": 2,
    "head_dim": 32,
    "sliding_window": 1024,
    "max_position_embeddings": 32768,
}
WHISPER = {
    "architectures": ["WhisperForConditionalGeneration"],
    "model_type": "whisper",
    "d_model": 48,
    "encoder_layers": 2,
    "decoder_layers": 2,
    "encoder_attention_heads": 6,
    "decoder_attention_heads": 6,
    "encoder_ffn_dim": 64,
    "decoder_ffn_dim": 64,
    "vocab_size": 512,
    "max_source_positions": 100,
    "max_target_positions": 64,
    "num_mel_bins": 8,
    "pad_token_id": 0,
    "bos_token_id": 1,
    "eos_token_id": 2,
    "decoder_start_token_id": 3,
    "is_encoder_decoder": True,
    "begin_suppress_tokens": None,
}
GPT2 = {
    "architectures": ["GPT2LMHeadModel"],
    "model_type": "gpt2",
    "n_embd": 256,
    "n_layer": 6,
    "n_head": 4,
    "n_positions": 128,
    "vocab_size": 5000,
    "dtype": "float32",
}
TINY = {**GPT2, "n_embd": 64, "n_layer": 2, "vocab_size": 256}
SMALL = {
    **LLAMA,
    "num_hidden_layers": 4,
    "hidden_size": 256,
    "intermediate_size": 896,
    "vocab_size": 2048,
    "num_attention_heads": 8,
    "num_key_value_heads": 2,
}


def traced(config: dict[str, Any], folder: pathlib.Path, **asked: Any) -> Trace:
    """The trace of a config in this process: another one costs seconds."""
    from portlint.trace.protocol import Request
    from portlint.trace.run import run

    folder = folder / config["model_type"]
    folder.mkdir(exist_ok=True)
    (folder / "config.json").write_text(json.dumps(config), encoding="utf-8")
    sent: list[Trace] = []
    run(Request(spec=folder.name, root=str(folder.parent), **asked), sent.append)
    return sent[-1]


def fitted(trace: Trace, workload: str = "inference") -> Fit:
    view = View(trace)
    target = msgspec.structs.replace(TARGET, workload=workload)
    found = fit(view, attentions(view), target)
    assert found is not None
    return found


@pytest.mark.slow
@pytest.mark.xdist_group("transformers")
@pytest.mark.usefixtures("torch_here")
class TestModels:
    @pytest.fixture(autouse=True)
    def _library(self) -> None:
        pytest.importorskip("torch")
        pytest.importorskip("transformers")

    def test_llama_3_8b_is_as_published(self, tmp_path: pathlib.Path) -> None:
        trace = traced(LLAMA, tmp_path)
        found = fitted(trace)
        assert trace.parameters == 8_030_261_248
        assert found.cache_per_token == 128 * KIB
        assert (found.batch, found.tokens, found.heads, found.kv_heads) == (1, 8192, 32, 8)
        (need,) = found.needs
        assert need.parts["weights"] == 2 * 8_030_261_248 + 512
        assert need.parts["cache"] == GIB
        degrees_ = {p.chip: p.degree for p in found.placements}
        assert degrees_ == {"trn2": 1, "inf2": 2, "trn1": 2, "trn3": 1}

    def test_the_length_the_user_asked_for_wins(self, tmp_path: pathlib.Path) -> None:
        found = fitted(traced(MISTRAL, tmp_path, seq_len=48, batch=3))
        assert (found.batch, found.tokens) == (3, 48)

    def test_a_mask_too_large_to_be_measured_is_taken_for_a_causal_one(
        self, tmp_path: pathlib.Path
    ) -> None:
        found = fitted(traced(MISTRAL | {"sliding_window": None}, tmp_path, seq_len=4096))
        assert found.needs[0].parts["cache"] == 4096 * (found.cache_per_token or 0) > 0
        assert any("as if its mask" in words for words in found.needs[0].words)

    def test_a_window_bounds_the_cache(self, tmp_path: pathlib.Path) -> None:
        found = fitted(traced(MISTRAL, tmp_path))
        per_token = 2 * 2 * 2 * 32 * 2
        assert found.tokens == 32768
        assert found.cache_per_token == per_token
        assert found.needs[0].parts["cache"] == 1024 * per_token

    def test_a_latent_is_kept_instead_of_keys_and_values(self, tmp_path: pathlib.Path) -> None:
        found = fitted(traced(DEEPSEEK, tmp_path))
        assert found.cache_per_token == 2 * 576 * 2
        assert any("latent" in words for words in found.needs[0].words)

    def test_a_decoder_keeps_its_encoder_too(self, tmp_path: pathlib.Path) -> None:
        found = fitted(traced(WHISPER, tmp_path))
        per_token = 2 * 2 * 48 * 4
        assert (found.tokens, found.cache_per_token) == (64, per_token)
        assert found.needs[0].parts["cache"] == (64 + 100) * per_token

    @pytest.mark.parametrize(("config", "error"), [(SMALL, 0.06), (GPT2, 0.06), (TINY, 0.21)])
    def test_activations_are_near_what_is_measured(
        self, config: dict[str, Any], error: float, tmp_path: pathlib.Path
    ) -> None:
        """Python keeps results alive in its frames that no operator reads any more."""
        trace = traced(config, tmp_path, training=True, batch=2, seq_len=64)
        found = {need.workload: need.parts["activations"] for need in fitted(trace, "both").needs}
        forward, step = measured(config, 2, 64)
        assert found["inference"] == pytest.approx(forward, rel=error)
        assert found["training"] == pytest.approx(step, rel=error)


def measured(config: dict[str, Any], batch: int, tokens: int) -> tuple[int, int]:
    """The most bytes of a forward and of a step that torch's own tracker sees, as they run."""
    import torch
    import transformers
    from torch.distributed._tools.mem_tracker import MemTracker, _MemRefType

    class Most(MemTracker):  # type: ignore[no-untyped-call]
        most = 0

        def __torch_dispatch__(
            self, func: Any, types: Any, args: Any = (), kwargs: Any = None
        ) -> Any:
            out = super().__torch_dispatch__(  # type: ignore[no-untyped-call]
                func, types, args, kwargs
            )
            wanted = (_MemRefType.ACT, _MemRefType.TEMP)
            for seen in self.get_tracker_snapshot("current").values():
                self.most = max(self.most, sum(seen.get(kind, 0) for kind in wanted))
            return out

    settings_ = transformers.AutoConfig.for_model(**{"use_cache": False, **config})
    dtype = getattr(torch, config.get("dtype", "float32"))
    model = getattr(transformers, config["architectures"][0])._from_config(settings_, dtype=dtype)
    ids = torch.randint(0, 256, (batch, tokens))
    found = []
    for train in (False, True):
        model.train(train)
        tracker = Most()
        tracker.track_external(model)
        with tracker, torch.set_grad_enabled(train):
            given_ = model(input_ids=ids, labels=ids, attention_mask=torch.ones_like(ids))
            if train:
                given_.loss.backward()
        del given_
        found.append(tracker.most + 3 * ids.nbytes)
    return found[0], found[1]
