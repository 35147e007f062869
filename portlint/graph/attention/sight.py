"""What the masks of one attention hide, and where they come from."""

from __future__ import annotations

import dataclasses

from portlint.attention.features import Bias, Source
from portlint.record import Visible

ORDER: tuple[Source, ...] = ("data", "input", "padding", "buffer", "computed", "is_causal")
"""Of several parts of a mask the one that says most about what has to be known at run time."""


@dataclasses.dataclass
class Seen:
    """Who sees whom: `forms` of every mask that hides something, `sources` of all.

    `packed` says that the caller tells where sequences begin and end.
    """

    forms: list[Visible] = dataclasses.field(default_factory=list)
    sources: set[Source] = dataclasses.field(default_factory=set)
    packed: bool = False
    bias: Bias | None = None
    chosen: str = ""
    length: int | str | None = None

    @property
    def causal(self) -> bool:
        """Whether no query sees what comes after it."""
        return any(form.causal for form in self.forms)

    @property
    def chunk(self) -> int | None:
        """The length of pieces that see only themselves, where the model cuts them."""
        form = self.form("chunk")
        return form.size if form and not self.packed else None

    @property
    def source(self) -> Source | None:
        """Where the mask comes from."""
        return next((name for name in ORDER if name in self.sources), None)

    def form(self, name: str) -> Visible | None:
        """The mask of a form, the narrowest one."""
        found = [form for form in self.forms if form.form == name]
        return min(found, key=lambda form: form.size or 0) if found else None
