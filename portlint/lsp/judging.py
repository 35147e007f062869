"""A text and where it stands -> what portlint says of it, within its repository's configuration."""

from __future__ import annotations

import ast
import os
import pathlib
import re
import time
import tokenize
import warnings
from io import BytesIO
from typing import NamedTuple

import msgspec

from portlint import catalog, config, engine, targets
from portlint.config import Config
from portlint.discover import kind_of
from portlint.emitted import END_OF_SUPPORT
from portlint.errors import UsageError
from portlint.lsp.excerpt import Excerpt, excerpt
from portlint.lsp.pages import written
from portlint.lsp.settings import Settings
from portlint.lsp.wire import Analyse, Analysed, Choose, Chosen, Place, Rule
from portlint.model import Finding, Target
from portlint.onefile import left_out

LINE = re.compile(r"\bline (\d+)")
CONFIGURATIONS = ("portlint.toml", "pyproject.toml")
KEPT = 16
"""Files of which the last whole answer is kept."""


class Whole(NamedTuple):
    """What was found in the whole of a text, with a configuration."""

    text: str
    chosen: Config
    findings: list[Finding]


class Judging:
    """What is remembered between texts: configurations and what a walk would leave out."""

    def __init__(self) -> None:
        self.configs: dict[object, tuple[Config, str | None]] = {}
        self.left_out: dict[Place, str | None] = {}
        self.whole: dict[Place, Whole] = {}

    def forget(self) -> None:
        """Read configurations and ignore files again."""
        self.configs.clear()
        self.left_out.clear()
        self.whole.clear()

    def analyse(self, order: Analyse) -> Analysed:
        """The answer to an order; what is wrong with the configuration is part of it."""
        begun = time.monotonic()
        settings = order.settings
        try:
            chosen, remark = self._config(order.place, settings, order.target)
        except UsageError as error:
            return Analysed(id=order.id, wrong=str(error))
        answer = Analysed(id=order.id, target=chosen.target, config=chosen.file, remark=remark)
        reason = self._left_out(order.place, chosen)
        if reason is not None:
            return msgspec.structs.replace(answer, left_out=reason)
        part = None
        if order.typing and kind_of(order.place.name) == "python":
            tree, broken = _python(order.text)
            if tree is None:
                return msgspec.structs.replace(answer, fault=broken[1], line=broken[0])
            part = self._excerpt(order, chosen, tree) if order.quick else None
        root = pathlib.Path(order.place.root)
        text = order.text if part is None else part.text
        done = engine.run_bytes(_bytes(text), order.place.name, chosen, root)
        found = [f for f in done.report.findings if not _everywhere(f)]
        if part is not None:
            found = part.merged(self.whole[order.place].findings, found)
        else:
            self._keep(order, chosen, found)
        crashes = [item.reason for item in done.report.not_analysed if item.internal]
        reasons = [item.reason for item in done.report.not_analysed if not item.internal]
        whole = not done.report.summary.lines or not found
        fault = reasons[0] if reasons and whole and not _partly(order.place) else None
        return msgspec.structs.replace(
            answer,
            findings=tuple(found),
            dimmed=tuple(n for n, f in enumerate(found) if not f.counts(chosen.counted)),
            rules={f.rule: _rule(f.rule) for f in found},
            fault=fault,
            line=_line(fault or ""),
            unread=() if fault else tuple(reasons),
            crashes=tuple(crashes),
            first=part is not None,
            seconds=time.monotonic() - begun,
        )

    def choose(self, order: Choose) -> Chosen:
        """The complete target for what was named of it."""
        pairs = tuple(dict.fromkeys((row.chip, row.stack) for row in targets.supported()))
        wanted = {key: order.wanted.get(key) for key in ("chip", "stack", "sdk", "workload")}
        try:
            if unknown := set(order.wanted) - set(wanted):
                raise UsageError(f"{min(unknown)!r} is no part of a target: {', '.join(wanted)}")
            settings, _ = config.read((pathlib.Path("/"),), wanted, pathlib.Path(os.devnull), {})
        except UsageError as error:
            return Chosen(id=order.id, wrong=str(error).replace("--", ""), pairs=pairs)
        return Chosen(id=order.id, target=settings.target, pairs=pairs)

    def _config(
        self, place: Place, settings: Settings, target: Target | None
    ) -> tuple[Config, str | None]:
        """The configuration that holds for a place: searched upward from it, as files change."""
        start = pathlib.Path(place.path) if place.path else pathlib.Path(place.root)
        own = pathlib.Path(place.root, settings.config) if settings.config else None
        above = start.parent if place.path else start
        key = (above, place.root, settings, target, _stamps(start), own and _stamp(own))
        if key not in self.configs:
            flags = settings.flags
            if target is not None:
                flags |= msgspec.structs.asdict(target)
            if settings.knowledge:
                flags["knowledge"] = str(pathlib.Path(place.root, settings.knowledge))
            rules = catalog.shipped().rules
            self.configs[key] = config.read((start,), flags, own, rules)
        return self.configs[key]

    def _excerpt(self, order: Analyse, chosen: Config, tree: ast.Module) -> Excerpt | None:
        """What to read for a first answer, if the whole file was read before."""
        before = self.whole.get(order.place)
        if before is None or before.chosen is not chosen:
            return None
        return excerpt(before.text, order.text, tree)

    def _keep(self, order: Analyse, chosen: Config, found: list[Finding]) -> None:
        self.whole.pop(order.place, None)
        self.whole[order.place] = Whole(order.text, chosen, found)
        if len(self.whole) > KEPT:
            del self.whole[next(iter(self.whole))]

    def _left_out(self, place: Place, chosen: Config) -> str | None:
        if place.path is None or not place.folder:
            return None
        if place not in self.left_out:
            path, root = pathlib.Path(place.path), pathlib.Path(place.root)
            self.left_out[place] = left_out(path, root, chosen.extend_exclude, chosen.base)
        return self.left_out[place]


def _stamps(start: pathlib.Path) -> tuple[tuple[str, int, int], ...]:
    """The configuration files above a place, as they are now."""
    folders = (start, *start.parents)
    stamps = (_stamp(folder / name) for folder in folders for name in CONFIGURATIONS)
    return tuple(stamp for stamp in stamps if stamp[1])


def _stamp(file: pathlib.Path) -> tuple[str, int, int]:
    """What changes when a file does; zeros where it is not there."""
    try:
        stat = file.stat()
    except OSError:
        return str(file), 0, 0
    return str(file), stat.st_mtime_ns, stat.st_size


def _bytes(text: str) -> bytes:
    """The text in the encoding that it declares, as it stands in the file."""
    data = text.encode("utf-8", "replace")
    try:
        encoding, _ = tokenize.detect_encoding(BytesIO(data).readline)
        return text.encode(encoding)
    except (SyntaxError, LookupError, UnicodeError):
        return data


def _python(text: str) -> tuple[ast.Module | None, tuple[int, str]]:
    """The tree of a Python file, or line and reason where it does not parse.

    The engine would ask a second parser, in a process of its own, which is too much amid a word.
    """
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            return ast.parse(text.removeprefix("\ufeff")), (0, "")
    except SyntaxError as error:
        line = error.lineno or 1
        return None, (line, f"is not valid Python at line {line}: {error.msg}")
    except (ValueError, RecursionError, MemoryError) as error:
        return None, (1, f"is not Python source: {error}")


def _everywhere(finding: Finding) -> bool:
    """Whether it is about all of the repository and stands here for want of another file."""
    return finding.rule == END_OF_SUPPORT and not finding.snippet


def _partly(place: Place) -> bool:
    """Whether a reason may speak of a part of the file, so that the rest was read: a notebook."""
    return place.name.endswith(".ipynb")


def _line(reason: str) -> int:
    match = LINE.search(reason)
    return int(match[1]) if match else 1


def _rule(code: str) -> Rule:
    rule = catalog.shipped().rules[code]
    why, fix = (" ".join(text.split()) for text in (rule.why, rule.fix))
    return Rule(name=rule.name, why=why, fix=fix, page=written(code) or "")
