"""A MODEL spec becomes a module and inputs, or one sentence that says what is missing."""

import json
import operator
import pathlib
from collections.abc import Callable
from typing import Any

import pytest

from tests.stub import write

torch = pytest.importorskip("torch")

from portlint.trace.hollow import on_the_cpu  # noqa: E402
from portlint.trace.load import Loaded, LoadError, load  # noqa: E402
from portlint.trace.protocol import Request  # noqa: E402

pytestmark = [pytest.mark.slow, pytest.mark.usefixtures("torch_here")]

NET = """\
import torch
from torch import nn


class Net(nn.Module):
    def __init__(self, width: int = 4) -> None:
        super().__init__()
        self.inner = nn.Linear(width, 2)

    def forward(self, x, mask=None):
        return self.inner(x)
"""
INPUTS = """

def example_inputs():
    return torch.ones(3, 4)
"""
LLAMA = {
    "architectures": ["LlamaForCausalLM"],
    "model_type": "llama",
    "vocab_size": 128,
    "hidden_size": 32,
    "intermediate_size": 64,
    "num_hidden_layers": 4,
    "num_attention_heads": 4,
    "num_key_value_heads": 2,
    "max_position_embeddings": 64,
}
Load = Callable[..., Loaded]


def part(found: Loaded, path: str) -> Any:
    """Something inside a module that was loaded."""
    return operator.attrgetter(path)(found.module)


@pytest.fixture
def loads(tmp_path: pathlib.Path) -> Load:
    """Load a spec in a folder with these files."""

    def loads(spec: str, files: dict[str, str] | None = None, **wishes: Any) -> Loaded:
        write(tmp_path, files or {})
        return load(Request(spec=spec, root=str(tmp_path), **wishes))

    return loads


@pytest.fixture
def refused(loads: Load) -> Callable[..., LoadError]:
    """Why a spec cannot be loaded."""

    def refused(spec: str, files: dict[str, str] | None = None, **wishes: Any) -> LoadError:
        with pytest.raises(LoadError) as caught:
            loads(spec, files, **wishes)
        return caught.value

    return refused


Refused = Callable[..., LoadError]


class TestSpecs:
    def test_a_factory_in_a_file(self, loads: Load, tmp_path: pathlib.Path) -> None:
        code = f"{NET}\n\ndef build():\n    return Net(4)\n{INPUTS}"
        found = loads("nets/first.py:build", {"nets/first.py": code})
        assert [tuple(t.shape) for t in found.module(*found.args)] == [(3, 2)]
        assert found.name == "build"
        assert found.defined is not None
        assert found.defined.path == str(tmp_path / "nets/first.py")
        assert (found.defined.line, found.defined.function) == (5, "Net")

    def test_a_factory_in_a_package(self, loads: Load) -> None:
        files = {
            "things/__init__.py": "",
            "things/net.py": NET,
            "things/make.py": f"import torch\nfrom .net import Net\n\nbuild = Net\n{INPUTS}",
        }
        assert loads("things.make:build", files).name == "build"
        assert loads("things/make.py:build").args[0].shape == (3, 4)

    def test_a_package_below_src(self, loads: Load) -> None:
        files = {"src/below/__init__.py": "", "src/below/net.py": NET + INPUTS}
        assert type(loads("below.net:Net", files).module).__name__ == "Net"

    def test_a_file_and_its_neighbours_share_one_module(self, loads: Load) -> None:
        neighbour = "def kind():\n    import sharing_a\n    return sharing_a.Net()\n"
        code = f"{NET}\nfrom sharing_b import kind\n{INPUTS}"
        found = loads("sharing_a.py:kind", {"sharing_a.py": code, "sharing_b.py": neighbour})
        assert type(found.module).__module__ == "sharing_a"

    def test_a_class_that_needs_nothing(self, loads: Load) -> None:
        assert type(loads("plain.py:Net", {"plain.py": NET + INPUTS}).module).__name__ == "Net"

    def test_a_module_that_is_there(self, loads: Load) -> None:
        found = loads("there.py:net", {"there.py": f"{NET}\n\nnet = Net()\n{INPUTS}"})
        assert type(found.module).__name__ == "Net"

    def test_a_method_of_a_class(self, loads: Load) -> None:
        code = f"{NET}\n    @classmethod\n    def small(cls):\n        return cls(4)\n{INPUTS}"
        found = loads("method.py:Net.small", {"method.py": code})
        assert part(found, "inner.in_features") == 4

    @pytest.mark.parametrize("name", ["types.py", "torch.py", "my-net.py", "3d.py"])
    def test_a_file_whose_name_cannot_be_imported(self, name: str, loads: Load) -> None:
        assert loads(f"{name}:Net", {name: NET + INPUTS}).args[0].shape == (3, 4)

    def test_a_compiled_module_is_what_it_was_before(self, loads: Load) -> None:
        code = f"{NET}\n\ndef model():\n    return nn.DataParallel(torch.compile(Net()))\n{INPUTS}"
        assert type(loads("wrapped.py:model", {"wrapped.py": code}).module).__name__ == "Net"

    def test_paths_are_seen_from_the_working_folder(
        self, loads: Load, tmp_path: pathlib.Path
    ) -> None:
        files = {"deep/in/net.py": NET + INPUTS}
        found = loads("net.py:Net", files, cwd=str(tmp_path / "deep" / "in"))
        assert found.args[0].shape == (3, 4)


class TestInputs:
    @pytest.mark.parametrize(
        ("text", "args", "kwargs"),
        [
            ("torch.ones(3, 4)", 1, []),
            ("(torch.ones(3, 4),)", 1, []),
            ("(torch.ones(3, 4), torch.ones(3))", 2, []),
            ("{'x': torch.ones(3, 4), 'mask': None}", 0, ["x", "mask"]),
            ("((torch.ones(3, 4),), {'mask': None})", 1, ["mask"]),
            ("(torch.ones(3, 4), {'a': torch.ones(1)})", 2, []),
        ],
    )
    def test_a_form(self, text: str, args: int, kwargs: list[str], loads: Load) -> None:
        code = f"{NET}\n\ndef example_inputs():\n    return {text}\n"
        found = loads("form.py:Net", {"form.py": code})
        assert (len(found.args), list(found.kwargs)) == (args, kwargs)

    def test_a_value_instead_of_a_function(self, loads: Load) -> None:
        code = f"{NET}\n\nexample_inputs = torch.ones(3, 4)\n"
        assert len(loads("value.py:Net", {"value.py": code}).args) == 1

    def test_another_name_and_another_file(self, loads: Load) -> None:
        files = {
            "named.py": f"{NET}\n\ndef long():\n    return torch.ones(9, 4)\n",
            "others.py": "import torch\nshort = torch.ones(1, 4)\n",
        }
        assert loads("named.py:Net", files, inputs="long").args[0].shape == (9, 4)
        assert loads("named.py:Net", inputs="others.py:short").args[0].shape == (1, 4)

    def test_sizes_go_to_the_parameters_that_are_named_so(self, loads: Load) -> None:
        code = (
            f"{NET}\n\ndef example_inputs(batch=1, seq_len=8):\n"
            "    return torch.ones(batch, seq_len, 4)\n"
        )
        found = loads("sized.py:Net", {"sized.py": code}, batch=2, seq_len=5)
        assert found.args[0].shape == (2, 5, 4)
        assert found.remarks == ()

    def test_a_size_that_changes_nothing_is_said(self, loads: Load) -> None:
        found = loads("fixed.py:Net", {"fixed.py": NET + INPUTS}, batch=2)
        assert found.remarks == ("--batch changes nothing: example_inputs has no parameter batch",)

    def test_a_forward_without_parameters_needs_none(self, loads: Load) -> None:
        code = NET.replace("self, x, mask=None", "self").replace("inner(x)", "inner(torch.ones(4))")
        assert loads("none.py:Net", {"none.py": code}).args == ()

    def test_a_dtype_changes_floats_only(self, loads: Load) -> None:
        init = "        self.register_buffer('turn', torch.ones(2, dtype=torch.complex64))\n"
        code = NET.replace("        self.inner", f"{init}        self.inner")
        code += "\n\ndef example_inputs():\n    return torch.ones(3, 4), torch.ones(3).long()\n"
        found = loads("typed.py:Net", {"typed.py": code}, dtype="bf16")
        assert part(found, "inner.weight").dtype is torch.bfloat16
        assert part(found, "turn").dtype is torch.complex64
        assert [t.dtype for t in found.args] == [torch.bfloat16, torch.int64]

    def test_the_mode_is_that_of_the_workload(self, loads: Load) -> None:
        assert not loads("mode.py:Net", {"mode.py": NET + INPUTS}).module.training
        assert loads("mode.py:Net", training=True).module.training


class TestOutputs:
    def test_every_tensor_is_kept(self, loads: Load) -> None:
        code = NET.replace(
            "return self.inner(x)",
            "return {'a': [x, (x + 1, None)], 'b': Out(self.inner(x)), 'c': 'text'}",
        )
        code += "\n\nclass Out:\n    def __init__(self, y):\n        self.me, self.y = self, y\n"
        found = loads("outputs.py:Net", {"outputs.py": code + INPUTS})
        assert [tuple(t.shape) for t in found.module(*found.args)] == [(3, 4), (3, 4), (3, 2)]


class TestLarge:
    CODE = NET.replace("width: int = 4", "width: int = 8192").replace(
        "nn.Linear(width, 2)", "nn.ModuleList(nn.Linear(width, width) for _ in range(3))"
    ).replace(
        "return self.inner(x)", "return self.inner[0](x + torch.arange(8192))"
    ) + INPUTS.replace("3, 4", "3, 8192")

    def test_a_model_too_large_is_built_without_data(self, loads: Load) -> None:
        found = loads("large.py:Net", {"large.py": self.CODE})
        assert {p.device.type for p in found.module.parameters()} == {"meta"}
        assert found.args[0].device.type == "meta"
        assert found.remarks == ("built on the meta device, without data",)

    def test_it_is_exported_as_if_it_were_on_the_cpu(self, loads: Load) -> None:
        found = loads("large.py:Net", {"large.py": self.CODE})
        with on_the_cpu(found) as held:
            program = torch.export.export(held.module, held.args, held.kwargs, strict=False)
        values = [n.meta["val"] for n in program.graph.nodes if n.op == "placeholder"]
        assert {value.device.type for value in values} == {"cpu"}
        assert {p.device.type for p in found.module.parameters()} == {"meta"}

    def test_one_that_cannot_be_built_on_meta_has_data(self, loads: Load) -> None:
        code = self.CODE.replace("range(3))", "range(3))\n        torch.ones(1).item()")
        found = loads("data.py:Net", {"data.py": code})
        assert {p.device.type for p in found.module.parameters()} == {"cpu"}


class TestFolders:
    def config(self, **changes: Any) -> dict[str, str]:
        kept = {key: value for key, value in (LLAMA | changes).items() if value is not None}
        return {"llama/config.json": json.dumps(kept)}

    @pytest.fixture(autouse=True)
    def _transformers(self) -> None:
        pytest.importorskip("transformers")

    @pytest.mark.parametrize("spec", ["llama", "llama/", "llama/config.json"])
    def test_a_folder(self, spec: str, loads: Load) -> None:
        found = loads(spec, self.config())
        assert found.name == "LlamaForCausalLM"
        assert {name: tuple(value.shape) for name, value in found.kwargs.items()} == {
            "input_ids": (1, 64),
            "attention_mask": (1, 64),
        }
        assert found.remarks == (
            "inputs were made up from the config: input_ids [1, 64], attention_mask [1, 64]",
        )
        assert part(found, "config.use_cache") is False

    def test_sizes_and_labels(self, loads: Load) -> None:
        found = loads("llama", self.config(), batch=3, seq_len=7, training=True)
        assert {name: tuple(value.shape) for name, value in found.kwargs.items()} == {
            "input_ids": (3, 7),
            "attention_mask": (3, 7),
            "labels": (3, 7),
        }

    def test_the_dtype_is_the_configs_unless_asked_for(self, loads: Load) -> None:
        files = self.config(dtype="bfloat16")
        assert part(loads("llama", files), "dtype") is torch.bfloat16
        assert part(loads("llama", files, dtype="float16"), "dtype") is torch.float16

    def test_without_architectures_it_is_the_base_model(self, loads: Load) -> None:
        assert loads("llama", self.config(architectures=None)).name == "LlamaModel"

    def test_a_large_one_has_its_full_depth_on_meta(self, loads: Load) -> None:
        wide = {"hidden_size": 4096, "intermediate_size": 14336, "num_hidden_layers": 32}
        found = loads("llama", self.config(**wide))
        assert len(part(found, "model.layers")) == 32
        assert {p.device.type for p in found.module.parameters()} == {"meta"}
        assert found.remarks[0] == "built on the meta device, without data"

    def test_a_tiny_one_has_two_layers(self, loads: Load) -> None:
        found = loads("llama", self.config(), size="tiny")
        assert len(part(found, "model.layers")) == 2
        assert found.remarks[0] == "built with two layers (size tiny)"

    def test_quantisation_is_left_out_and_that_is_said(self, loads: Load) -> None:
        found = loads("llama", self.config(quantization_config={"quant_method": "fp8"}))
        assert found.remarks[0].startswith("the config's quantisation is left out")

    def test_a_class_of_transformers_by_name(self, loads: Load) -> None:
        found = loads("transformers:BertModel")
        assert found.name == "BertModel"
        assert found.kwargs["input_ids"].shape == (1, 128)

    def test_a_factory_that_gives_one_needs_no_inputs(self, loads: Load) -> None:
        code = (
            "from transformers import ViTConfig, ViTModel\n\n\ndef model():\n    return ViTModel("
            "ViTConfig(hidden_size=32, num_hidden_layers=1, num_attention_heads=4,"
            " intermediate_size=64, image_size=32, patch_size=8))\n"
        )
        assert loads("vit.py:model", {"vit.py": code}).kwargs["pixel_values"].shape == (
            1,
            3,
            32,
            32,
        )

    def test_no_code_of_the_folder_runs(self, refused: Refused) -> None:
        files = self.config(
            architectures=["OwnModel"],
            model_type="own",
            auto_map={"AutoConfig": "own.OwnConfig", "AutoModel": "own.OwnModel"},
        )
        error = refused("llama", files | {"llama/own.py": "raise SystemExit('ran')"})
        assert (error.kind, str(error)) == (
            "no-model",
            "OwnModel is defined by code beside its config.json (auto_map), which is not run; "
            "name its class as path/to/modeling_file.py:factory instead",
        )

    def test_an_unknown_architecture(self, refused: Refused) -> None:
        error = refused("llama", self.config(architectures=["FutureForCausalLM"]))
        assert error.kind == "no-model"
        assert str(error).startswith("config.json names FutureForCausalLM, which transformers 5")

    @pytest.mark.parametrize("text", ["{", "[]", '{"architectures": 3}', "\udcff"])
    def test_a_config_that_is_none(self, text: str, refused: Refused, tmp_path: Any) -> None:
        (tmp_path / "llama").mkdir()
        (tmp_path / "llama" / "config.json").write_bytes(text.encode("utf-8", "surrogateescape"))
        error = refused("llama")
        assert error.kind == "no-model"
        assert str(error).startswith("llama/config.json is no configuration of a model: ")

    def test_inputs_that_the_config_does_not_determine(self, refused: Refused) -> None:
        small = {"d_latents": 32, "num_latents": 8, "d_model": 32, "num_self_attends_per_block": 1}
        config = {"architectures": ["PerceiverModel"], "model_type": "perceiver", **small}
        error = refused("seen", {"seen/config.json": json.dumps(config)})
        assert (error.kind, str(error)) == (
            "missing-input",
            "forward of PerceiverModel needs inputs, which its config does not determine; "
            "write a factory with example_inputs() beside it",
        )


class TestRefusals:
    @pytest.mark.parametrize(
        ("spec", "code", "kind", "words"),
        [
            ("r.py:Net", NET, "missing-input", "r.py has no example_inputs(), and forward(x) needs "
             "inputs: the first layer, inner, takes floats of shape [..., 4]"),
            ("r.py:net", NET, "no-model", "r.py has no net, where NAME may be Net"),
            ("r.py", NET, "no-model",
             "r.py names no model; write r.py:NAME, where NAME may be Net"),
            ("q.py:Net", NET, "no-model", "there is no file q.py"),
            ("meta-llama/Llama-3.1-8B", NET, "no-model", "meta-llama/Llama-3.1-8B is no file, "
             "folder or module; a model is path/to/file.py:factory, package.module:factory or a "
             "folder with a config.json (nothing is ever downloaded)"),
            ("r.py:torch.pi", NET, "no-model",
             "r.py:torch.pi is a value of type float, no module, class or function that gives one"),
            ("r.py:model", "def model():\n    pass\n", "no-model",
             "r.py:model gives nothing, no nn.Module"),
            ("r.py:model", "def model():\n    return 1, 2\n", "no-model",
             "r.py:model gives a value of type tuple, no nn.Module"),
            ("r.py:Net", NET.replace(" = 4", ""), "no-model", "r.py:Net needs width; write a "
             "function without arguments that returns the model, and name that"),
            ("r.py:Net", f"{NET}\n\ndef example_inputs():\n    return [torch.ones(4)]\n",
             "bad-input", "example_inputs() gives list; it may be a tensor, a tuple of arguments, "
             "a dict of keyword arguments, or (arguments, keywords)"),
        ],
    )  # fmt: skip
    def test_a_sentence(
        self, spec: str, code: str, kind: str, words: str, refused: Refused
    ) -> None:
        error = refused(spec, {"r.py": code})
        assert (error.kind, str(error)) == (kind, words)

    def test_a_folder_without_config(self, refused: Refused) -> None:
        error = refused("empty", {"empty/readme.md": ""})
        assert error.kind == "no-model"
        assert str(error).startswith("the folder empty has no config.json; ")

    def test_a_module_that_is_not_there(self, refused: Refused, tmp_path: pathlib.Path) -> None:
        error = refused("nowhere.to.be:found")
        assert (
            str(error)
            == f"there is no module nowhere.to.be: neither below {tmp_path} nor installed"
        )

    def test_inputs_that_are_not_there(self, refused: Refused) -> None:
        error = refused("n.py:Net", {"n.py": NET + INPUTS}, inputs="other")
        assert (error.kind, str(error)) == ("missing-input", "n.py has no other")

    def test_a_dtype_that_is_none(self, refused: Refused) -> None:
        for dtype in ("int8", "bfloat", "nn"):
            error = refused("d.py:Net", {"d.py": NET + INPUTS}, dtype=dtype)
            assert str(error) == f"{dtype} is no floating-point dtype of torch"

    def test_what_the_users_code_raises_is_left_as_it_is(self, loads: Load) -> None:
        with pytest.raises(ZeroDivisionError):
            loads("zero.py:model", {"zero.py": "def model():\n    return 1 / 0\n"})
        with pytest.raises(ModuleNotFoundError):
            loads("library.py:model", {"library.py": "import no_such_library\n"})
