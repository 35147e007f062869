"""The attentions of a traced model: by operator, by structure around a softmax, by recurrence."""

from portlint.graph.attention.find import Group, attentions, instances

__all__ = ["Group", "attentions", "instances"]
