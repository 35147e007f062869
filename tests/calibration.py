"""Measured ports -> the tables of docs/effort.md; as a program it writes them in."""

import importlib.util
import pathlib
import re
import statistics
import tempfile
from collections.abc import Mapping, Sequence
from importlib.metadata import version
from typing import NamedTuple

from portlint import config, engine
from portlint.catalog import shipped
from portlint.effort.causes import causes
from portlint.effort.ports import Port, Range, hours, ports, predicted, rate
from portlint.effort.weights import weights
from portlint.model import Finding

DOC = pathlib.Path(__file__).parent.parent / "docs" / "effort.md"
BLOCK = re.compile(r"(<!-- ports -->\n).*?(<!-- end of ports -->)", re.DOTALL)
ORIGINALS = re.compile(r"(<!-- originals -->\n).*?(<!-- end of originals -->)", re.DOTALL)
COLUMNS = (
    *("class", "ports", "lines", "share of the original", "hours"),
    *("inside, left out", "off by a factor of"),
)


class Miss(NamedTuple):
    """A port that was left out and predicted from the others of its class."""

    port: Port
    range: Range

    @property
    def inside(self) -> bool:
        """Whether the port has as many lines as was predicted."""
        return self.range.low <= self.port.lines <= self.range.high

    @property
    def factor(self) -> float:
        """By what the middle of the prediction is too high or too low."""
        return max(self.port.lines / self.range.middle, self.range.middle / self.port.lines)


def left_out(known: Sequence[Port]) -> list[Miss]:
    """Every port predicted from all others, where they say something of it."""
    found = []
    for at, port in enumerate(known):
        range_ = predicted(port.kind, port.original, [*known[:at], *known[at + 1 :]])
        if range_ is not None:
            found.append(Miss(port, range_))
    return found


def kinds(known: Sequence[Port]) -> list[str]:
    """The classes, those with most ports first."""
    names = list(dict.fromkeys(port.kind for port in known))
    return sorted(names, key=lambda name: -sum(port.kind == name for port in known))


def table() -> str:
    """What docs/effort.md says of the ports."""
    known = ports(shipped())
    rows = [COLUMNS, ("---",) * len(COLUMNS), *(_row(kind, known) for kind in kinds(known))]
    missed = left_out(known)
    both = [miss for miss in missed if miss.port.original]
    text = "\n".join(f"| {' | '.join(row)} |" for row in rows)
    return f"{text}\n\n{_words(missed)} {_words(both, 'Of those with an original')}\n"


def _row(kind: str, known: Sequence[Port]) -> tuple[str, ...]:
    like = [port for port in known if port.kind == kind]
    lines = predicted(kind, None, known)
    assert lines is not None
    shares = [port.lines / port.original for port in like if port.original]
    missed = [miss for miss in left_out(known) if miss.port.kind == kind]
    return (
        kind,
        str(len(like)),
        f"{lines.low:.0f} to {lines.high:.0f}, middle {lines.middle:.0f}",
        f"{min(shares):.2f} to {max(shares):.2f} ({len(shares)})" if shares else "not known",
        "{:.0f} to {:.0f}".format(*hours(lines, rate(shipped()))),
        f"{sum(miss.inside for miss in missed)} of {len(missed)}",
        f"{statistics.median(miss.factor for miss in missed):.1f}",
    )


def _words(missed: Sequence[Miss], who: str = "Over all classes") -> str:
    inside = sum(miss.inside for miss in missed)
    factors = [miss.factor for miss in missed]
    return (
        f"{who}, {inside} of {len(missed)} ports ({inside / len(missed):.0%}) lie "
        f"inside the range that the others predict, and the middle is off by a factor of "
        f"{statistics.median(factors):.1f} in the median ({max(factors):.0f} at worst)."
    )


def originals() -> str:
    """What docs/effort.md says of the source check on the originals of the ports."""
    known = [port for port in ports(shipped()) if port.original]
    found = _checked(sorted({port.file for port in known}))
    work = {file: _work(group) for file, group in found.items()}
    both = [port for port in known if port.file in found]
    lines = [float(port.lines) for port in both]
    figures = {
        "its hours": _agreement([work[port.file] for port in both], lines),
        "the number of its findings": _agreement([len(found[p.file]) for p in both], lines),
        "the number of those on attention": _agreement(
            [sum(f.rule.startswith("NEU4") for f in found[p.file]) for p in both], lines
        ),
        "the length of the original": _agreement([p.original or 0 for p in both], lines),
    }
    some = sum(work[port.file] > 0 for port in both)
    listed = ", ".join(f"{value:.2f} for {name}" for name, value in figures.items())
    return (
        f"transformers {version('transformers')}, Trn1, XLA, inference: the source check was run "
        f"on the originals of {len(both)} ports. It finds work in {some} of them. Rank correlation "
        f"(Spearman) with the lines of the port: {listed}.\n"
    )


def _checked(files: Sequence[str]) -> Mapping[str, list[Finding]]:
    """The live findings in these files of the transformers that is installed."""
    spec = importlib.util.find_spec("transformers")
    assert spec is not None and spec.origin is not None
    models = pathlib.Path(spec.origin).parent / "models"
    there = [file for file in files if (models / file).exists()]
    with tempfile.TemporaryDirectory() as folder:
        empty = pathlib.Path(folder, "empty.toml")
        empty.touch()
        flags = {"jobs": 1, "chip": "trn1", "stack": "xla", "workload": "inference"}
        paths = tuple(models / file for file in there)
        settings, _ = config.read(paths, flags, empty, shipped().rules)
    report = engine.run(settings).report
    live = [f for f in report.findings if f.context == "live"]
    return {file: [f for f in live if f.path.endswith(file)] for file in there}


def _work(group: Sequence[Finding]) -> float:
    """The middle of the hours of some findings."""
    found = causes(group, shipped().rules, weights(shipped()))
    return sum(sum(cause.hours) / 2 for cause in found)


def _agreement(one: Sequence[float], other: Sequence[float]) -> float:
    return statistics.correlation(_ranks(one), _ranks(other))


def _ranks(values: Sequence[float]) -> list[float]:
    """Places in order of size; equal values share the middle of theirs."""
    ordered = sorted(values)
    return [ordered.index(v) + (ordered.count(v) - 1) / 2 for v in values]


def main() -> None:
    """Write the tables into docs/effort.md."""
    text = DOC.read_text(encoding="utf-8")
    text = BLOCK.sub(lambda m: f"{m[1]}{table()}{m[2]}", text)
    text = ORIGINALS.sub(lambda m: f"{m[1]}{originals()}{m[2]}", text)
    DOC.write_text(text, encoding="utf-8")


if __name__ == "__main__":
    main()
