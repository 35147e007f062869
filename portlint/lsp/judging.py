"""A text and where it stands -> what portlint says of it, within its repository's configuration."""

from __future__ import annotations

import ast
import os
import pathlib
import re
import tokenize
import warnings
from collections.abc import Sequence
from io import BytesIO
from typing import Any

import msgspec

from portlint import catalog, config, engine, targets
from portlint.config import Config
from portlint.discover import kind_of
from portlint.emitted import END_OF_SUPPORT
from portlint.errors import UsageError
from portlint.lsp.configurations import Configurations
from portlint.lsp.excerpt import excerpt
from portlint.lsp.memory import Memory, Setting
from portlint.lsp.pages import written
from portlint.lsp.wire import Analyse, Analysed, Choose, Chosen, Place, Rule
from portlint.model import Finding
from portlint.onefile import left_out, packages_beside

LINE = re.compile(r"\bline (\d+)")


class Judging:
    """What is remembered between texts: configurations, answers, what a walk would leave out."""

    def __init__(self) -> None:
        self.configs = Configurations()
        self.left_out: dict[Place, str | None] = {}
        self.memory = Memory()

    def forget(self) -> None:
        """Read configurations and ignore files again."""
        self.configs.forget()
        self.left_out.clear()
        self.memory.forget()

    def analyse(self, order: Analyse) -> Analysed:
        """The answer to an order; what is wrong with the configuration is part of it."""
        try:
            chosen, remark, _ = self.configs.of(order.place, order.settings, order.target)
        except UsageError as error:
            return Analysed(id=order.id, wrong=str(error))
        answer = Analysed(id=order.id, target=chosen.target, config=chosen.file, remark=remark)
        reason = self._left_out(order.place, chosen)
        if reason is not None:
            return msgspec.structs.replace(answer, left_out=reason)
        beside = packages_beside(pathlib.Path(order.place.root), order.place.name)
        setting = Setting(chosen, tuple(beside))
        known = self.memory.known(order.place, order.text, setting)
        if known is not None:
            return msgspec.structs.replace(known, id=order.id, remark=remark)
        return self._read(order, setting, answer)

    def _read(self, order: Analyse, setting: Setting, answer: Analysed) -> Analysed:
        """The answer with what is found: in the whole text, or first in what a change concerns."""
        if order.typing and kind_of(order.place.name) == "python":
            tree, broken = _python(order.text)
            if tree is None:
                return msgspec.structs.replace(answer, fault=broken[1], line=broken[0])
            first = self._first(order, setting, answer, tree) if order.quick else None
            if first is not None:
                return first
        found = _found(answer, order.place, order.text, setting.chosen)
        if not found.fault and not found.crashes:
            self.memory.keep(order.place, order.text, setting, found)
        return found

    def _first(
        self, order: Analyse, setting: Setting, answer: Analysed, tree: ast.Module
    ) -> Analysed | None:
        """A first answer, if the whole file was read before and the change concerns little."""
        latest = self.memory.latest(order.place, setting)
        part = excerpt(latest.text, order.text, tree) if latest is not None else None
        if latest is None or part is None:
            return None
        found = _found(answer, order.place, part.text, setting.chosen)
        if found.fault or found.crashes:
            return None
        merged = part.merged(latest.answer.findings, found.findings)
        first = _with(found, merged, setting.chosen, first=True)
        self.memory.draft(order.place, order.text, first)
        return first

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

    def _left_out(self, place: Place, chosen: Config) -> str | None:
        if place.path is None or not place.folder:
            return None
        if place not in self.left_out:
            path, root = pathlib.Path(place.path), pathlib.Path(place.root)
            self.left_out[place] = left_out(path, root, chosen.extend_exclude, chosen.base)
        return self.left_out[place]


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


def _found(answer: Analysed, place: Place, text: str, chosen: Config) -> Analysed:
    """The answer with what a run over the text says."""
    report = engine.run_bytes(_bytes(text), place.name, chosen, pathlib.Path(place.root)).report
    found = [finding for finding in report.findings if not _everywhere(finding)]
    reasons = [item.reason for item in report.not_analysed if not item.internal]
    unread = reasons and (not report.summary.lines or not found) and not _partly(place)
    fault = reasons[0] if unread else None
    return _with(
        answer,
        found,
        chosen,
        fault=fault,
        line=_line(fault or ""),
        unread=() if fault else tuple(reasons),
        crashes=tuple(item.reason for item in report.not_analysed if item.internal),
    )


def _with(answer: Analysed, found: Sequence[Finding], chosen: Config, **more: Any) -> Analysed:
    """The answer with these findings, and what is told of their rules."""
    return msgspec.structs.replace(
        answer,
        findings=tuple(found),
        dimmed=tuple(n for n, f in enumerate(found) if not f.counts(chosen.counted)),
        rules={f.rule: _rule(f.rule) for f in found},
        **more,
    )


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
