"""Classification on a GPU: one graph, replayed."""

import torch
from transformers import AutoModelForSequenceClassification, AutoTokenizer

NAME = "bert-base-uncased"


class Classifier:
    def __init__(self) -> None:
        self.tokenizer = AutoTokenizer.from_pretrained(NAME)
        model = AutoModelForSequenceClassification.from_pretrained(
            NAME, dtype=torch.float16, attn_implementation="flash_attention_2"
        )
        self.model = torch.compile(model.cuda().eval(), mode="max-autotune")

    @torch.inference_mode()
    def __call__(self, texts: list[str]) -> list[int]:
        batch = self.tokenizer(texts, padding=True, truncation=True, return_tensors="pt")
        logits = self.model(**batch.to("cuda")).logits
        return logits.float().cpu().argmax(-1).tolist()


if __name__ == "__main__":
    print(Classifier()(["good", "bad"]))
