"""Why a model or its inputs could not be had."""

from __future__ import annotations

from portlint.record import Place


class LoadError(Exception):
    """The spec cannot become a model with inputs.

    `kind` is the failure's kind: "no-model", "missing-input", "bad-input", "missing-library",
    "model-error" or "memory". The text is one sentence for the user; `place` the line of theirs
    that raised, if one did.
    """

    def __init__(self, kind: str, words: str, place: Place | None = None) -> None:
        super().__init__(words)
        self.kind = kind
        self.place = place
