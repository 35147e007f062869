"""Text generation on a GPU with quantised weights and a cache that grows."""

import os

import torch
from transformers import AutoModelForCausalLM, AutoTokenizer, BitsAndBytesConfig

MODEL = os.environ.get("MODEL", "/models/llama-3.1-8b")


def main() -> None:
    model = AutoModelForCausalLM.from_pretrained(
        MODEL,
        quantization_config=BitsAndBytesConfig(load_in_8bit=True),
        attn_implementation="flash_attention_2",
        device_map="cuda",
    )
    tokenizer = AutoTokenizer.from_pretrained(MODEL, padding_side="left")
    tokenizer.pad_token = tokenizer.eos_token
    batch = tokenizer(["I believe", "The capital"], padding=True, return_tensors="pt").to("cuda")
    with torch.cuda.stream(torch.cuda.Stream()):
        outputs = model.generate(**batch, max_length=2048)
    print(tokenizer.batch_decode(outputs, skip_special_tokens=True))


if __name__ == "__main__":
    main()
