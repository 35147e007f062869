"""Flags and [tool.portlint] -> one frozen Config."""

from portlint.config.read import read
from portlint.config.settings import CONFIDENCE_NAMES, FAIL_ON, NOT_LIVE, Config, Tracing
from portlint.config.source import Source, find
from portlint.config.table import Table

__all__ = [
    "CONFIDENCE_NAMES",
    "FAIL_ON",
    "NOT_LIVE",
    "Config",
    "Source",
    "Table",
    "Tracing",
    "find",
    "read",
]
