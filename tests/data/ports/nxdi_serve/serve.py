"""Text generation with NxD Inference, tensor parallel over the cores of one instance."""

import os

import torch
from neuronx_distributed_inference.models.config import NeuronConfig, OnDeviceSamplingConfig
from neuronx_distributed_inference.models.llama.modeling_llama import (
    LlamaInferenceConfig,
    NeuronLlamaForCausalLM,
)
from neuronx_distributed_inference.utils.hf_adapter import (
    HuggingFaceGenerationAdapter,
    load_pretrained_config,
)
from transformers import AutoTokenizer, GenerationConfig

MODEL = os.environ.get("MODEL", "/models/llama-3.1-8b")
COMPILED = "/models/llama-3.1-8b-trn1"


def build() -> None:
    neuron = NeuronConfig(
        tp_degree=32,
        batch_size=2,
        max_context_length=1024,
        seq_len=2048,
        torch_dtype=torch.bfloat16,
        on_device_sampling_config=OnDeviceSamplingConfig(top_k=1),
        enable_bucketing=True,
    )
    config = LlamaInferenceConfig(neuron, load_config=load_pretrained_config(MODEL))
    NeuronLlamaForCausalLM(MODEL, config).compile(COMPILED)


def main() -> None:
    build()
    model = NeuronLlamaForCausalLM(COMPILED)
    model.load(COMPILED)
    tokenizer = AutoTokenizer.from_pretrained(MODEL, padding_side="right")
    tokenizer.pad_token = tokenizer.eos_token
    batch = tokenizer(["I believe", "The capital"], padding=True, return_tensors="pt")
    outputs = HuggingFaceGenerationAdapter(model).generate(
        batch.input_ids,
        generation_config=GenerationConfig.from_pretrained(MODEL),
        attention_mask=batch.attention_mask,
        max_length=model.config.neuron_config.max_length,
    )
    print(tokenizer.batch_decode(outputs, skip_special_tokens=True))


if __name__ == "__main__":
    main()
