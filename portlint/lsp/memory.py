"""A text that was read before -> its answer, while what it depends on is as it was."""

from __future__ import annotations

from typing import NamedTuple

from portlint.config import Config
from portlint.lsp.wire import Analysed, Place

FILES = 16
"""Files of which answers are kept."""
TEXTS = 8
"""Texts of one file that are kept: what a user goes back to and forth between."""


class Setting(NamedTuple):
    """What an answer depends on but the text: the configuration, and the packages beside."""

    chosen: Config
    beside: tuple[str, ...]


class Latest(NamedTuple):
    """The text of a place that was read last, and its answer."""

    text: str
    answer: Analysed


class Memory:
    """The last answers to whole texts, by place and text; `drafts` are first answers since then."""

    def __init__(self) -> None:
        self.files: dict[Place, dict[str, Analysed]] = {}
        self.settings: dict[Place, Setting] = {}
        self.drafts: dict[Place, Latest] = {}

    def forget(self) -> None:
        """Nothing is known any more."""
        self.files.clear()
        self.settings.clear()
        self.drafts.clear()

    def known(self, place: Place, text: str, setting: Setting) -> Analysed | None:
        """The answer to this very text, which is the latest from now on."""
        if not self._holds(place, setting):
            return None
        answer = self.files[place].get(text)
        if answer is not None:
            self.keep(place, text, setting, answer)
        return answer

    def latest(self, place: Place, setting: Setting) -> Latest | None:
        """What was read last of a place."""
        if not self._holds(place, setting):
            return None
        return self.drafts.get(place) or Latest(*next(reversed(self.files[place].items())))

    def draft(self, place: Place, text: str, answer: Analysed) -> None:
        """Remember a first answer, for the next one to begin with."""
        self.drafts[place] = Latest(text, answer)

    def keep(self, place: Place, text: str, setting: Setting, answer: Analysed) -> None:
        """Remember an answer; the oldest ones are forgotten for it."""
        texts = self.files[place] if self._holds(place, setting) else {}
        self._drop(place)
        texts.pop(text, None)
        texts[text] = answer
        if len(texts) > TEXTS:
            del texts[next(iter(texts))]
        self.files[place] = texts
        self.settings[place] = setting
        if len(self.files) > FILES:
            self._drop(next(iter(self.files)))

    def _drop(self, place: Place) -> None:
        self.files.pop(place, None)
        self.settings.pop(place, None)
        self.drafts.pop(place, None)

    def _holds(self, place: Place, setting: Setting) -> bool:
        """Whether what is known of a place was found with this setting."""
        old = self.settings.get(place)
        return old is not None and old.chosen is setting.chosen and old.beside == setting.beside
