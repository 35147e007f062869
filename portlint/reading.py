"""What one file gave, before any target is judged: sightings, exports, uses. Values only."""

from typing import Literal

import msgspec

from portlint.model import Evidence, Frozen, Layer, NotAnalysed, Related, Span
from portlint.notebook.places import Line
from portlint.once import Once


class Sighting(Frozen, frozen=True, kw_only=True):
    """A rule's match in a file, before any target is judged: picklable and target-free.

    `row` is the symbol of the table row that matched, `value` what the summary quotes, `guard` why
    the place may not run on Neuron, `dead` the family of stacks ("native", "xla") whose release of
    torch never comes there, `key` what makes two places one root cause, `where` the modules
    of a model it was seen in, `chips` the only chips it holds for (none named: all), `evidence`
    what stands instead of the evidence of the rule's verdict. `lines` is how many lines of code
    the thing has that it speaks of as a whole, `places` how many places change along with this one
    (None: as many as are `related`). `within` are the classes and the outermost function around it
    that may be used behind guards only (None: nobody looked).
    """

    rule: str
    span: Span
    layer: Layer
    snippet: str
    symbol: str | None = None
    row: str | None = None
    value: str = ""
    message: str | None = None
    guard: str | None = None
    dead: str = ""
    key: str | None = None
    where: str = ""
    chips: tuple[str, ...] = ()
    related: tuple[Related, ...] = ()
    evidence: tuple[Evidence, ...] = ()
    lines: int | None = None
    places: int | None = None
    within: tuple[str, ...] | None = None


class Export(Frozen, frozen=True, kw_only=True):
    """A module-level name other files may import: an outside API, a CUDA device, or a probe."""

    kind: Literal["symbol", "device", "flag"]
    line: int
    path: str = ""
    flag: str = ""
    holds: bool = True
    library: str = ""
    guarded: bool = False


class DeviceUse(Frozen, frozen=True, kw_only=True):
    """A place that uses a device which another audited file decides."""

    module: str
    name: str
    line: int


class Way(Frozen, frozen=True, kw_only=True):
    """An import of an audited module as one file has it, and the guard it stands behind."""

    source: str
    name: str
    kind: str = ""
    guard: str = ""


class FileResult(Frozen, frozen=True, kw_only=True):
    """Everything one file gave: sightings, what it exports and uses, or why it was not analysed.

    Of a notebook the lines are those of its code; `cells` says where in the file the ones stand
    that are spoken of, `unread` what of it was left out. `inner` are the imports of which every
    line is indented, each as often as it stands there, `ways` those of them that the walk came to,
    `named` strings that can name a module, `hosted` operators that C++ has for the host. `digest`
    is that of the bytes of a file with sightings.
    """

    path: str
    lines: int = 0
    sightings: tuple[Sighting, ...] = ()
    exports: dict[str, Export] = msgspec.field(default_factory=dict)
    uses: tuple[DeviceUse, ...] = ()
    imports: tuple[tuple[str, str], ...] = ()
    inner: tuple[tuple[str, str], ...] = ()
    named: tuple[str, ...] = ()
    ways: tuple[Way, ...] = ()
    hosted: tuple[str, ...] = ()
    not_analysed: str | None = None
    crashes: tuple[NotAnalysed, ...] = ()
    unread: tuple[NotAnalysed, ...] = ()
    digest: str = ""
    cells: dict[int, Line] = msgspec.field(default_factory=dict)


Pairs = tuple[tuple[str, str], ...]


WORDS = ("rule", "layer", "snippet", "symbol", "row", "value", "message", "guard", "dead", "key")
"""The texts of a sighting: each stands in many of them, and comes from every process anew."""


class Shared:
    """Much in little memory: what many files say is kept once, a name, a text or an export."""

    def __init__(self) -> None:
        self._pairs = Once[tuple[str, str]]()
        self._word = Once[str]()
        self._export = Once[Export]()

    def of(self, result: FileResult) -> FileResult:
        """An equal result, but for its imports."""
        if not (result.named or result.sightings or result.exports):
            return result
        return msgspec.structs.replace(
            result,
            named=tuple(map(self._word, result.named)),
            sightings=tuple(map(self._sighting, result.sightings)),
            exports={
                self._word(name): self._export(export) for name, export in result.exports.items()
            },
        )

    def _sighting(self, sighting: Sighting) -> Sighting:
        words: dict[str, str | None] = {name: getattr(sighting, name) for name in WORDS}
        related = tuple(
            Related(path=self._word(place.path), line=place.line, message=self._word(place.message))
            for place in sighting.related
        )
        found = {name: word and self._word(word) for name, word in words.items()}
        return msgspec.structs.replace(sighting, related=related, **found)

    def pairs(self, pairs: Pairs) -> Pairs:
        """Equal imports."""
        return tuple(map(self._pair, pairs))

    def _pair(self, pair: tuple[str, str]) -> tuple[str, str]:
        return self._pairs((self._word(pair[0]), self._word(pair[1])))
