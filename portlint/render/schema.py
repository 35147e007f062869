"""The report's JSON schema, made from the values it is written from."""

import json

import msgspec

from portlint.report import Report


def render() -> str:
    """JSON schema (2020-12) of what `--format json` prints."""
    schema = {"$schema": "https://json-schema.org/draft/2020-12/schema", "title": "portlint report"}
    return json.dumps(schema | msgspec.json.schema(Report), indent=2) + "\n"
