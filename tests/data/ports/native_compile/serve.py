"""Classification on Trainium2: one compiled graph for each bucket of lengths."""

import torch
from transformers import AutoModelForSequenceClassification, AutoTokenizer

NAME = "bert-base-uncased"
BUCKETS = (128, 256, 512)
BATCH = 8


class Classifier:
    def __init__(self) -> None:
        self.device = torch.accelerator.current_accelerator()
        self.tokenizer = AutoTokenizer.from_pretrained(NAME)
        model = AutoModelForSequenceClassification.from_pretrained(NAME, dtype=torch.bfloat16)
        model = model.to(self.device).eval()
        self.model = torch.compile(model, backend="neuron", fullgraph=True, dynamic=False)

    @torch.inference_mode()
    def __call__(self, texts: list[str]) -> list[int]:
        longest = max(len(self.tokenizer(text)["input_ids"]) for text in texts)
        length = next(size for size in BUCKETS if size >= longest)
        texts = texts + [""] * (BATCH - len(texts))
        batch = self.tokenizer(
            texts, padding="max_length", truncation=True, max_length=length, return_tensors="pt"
        )
        logits = self.model(**batch.to(self.device)).logits
        return logits.float().cpu().argmax(-1).tolist()


def warm_up(classifier: Classifier) -> None:
    for length in BUCKETS:
        classifier(["word " * (length - 10)] * BATCH)


if __name__ == "__main__":
    classifier = Classifier()
    warm_up(classifier)
    print(classifier(["good", "bad"]))
