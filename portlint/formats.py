"""The formats of a report, by the names that `--format` takes."""

FORMATS = (
    *("text", "concise", "json", "jsonl", "sarif", "github", "gitlab", "junit", "rdjson"),
    *("markdown", "html", "csv", "csv-files"),
)
WHOLE = frozenset({"json", "jsonl", "sarif", "csv", "csv-files"})
"""Formats that say of each finding whether it was there before; the others leave those out."""
