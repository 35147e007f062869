"""Attention in source: expressions are followed as values, whatever they are called.

`instances(text)` gives the attentions of a source text.
"""

from portlint.source.attention.found import Instance
from portlint.source.attention.recognise import instances

__all__ = ["Instance", "instances"]
