"""A group of attentions -> its row of the report."""

from __future__ import annotations

from portlint.attention.features import Features
from portlint.attention.line import line
from portlint.attention.path import verdict
from portlint.model import Target
from portlint.report import AttentionRow


def row(
    kind: str,
    features: Features,
    count: int,
    place: tuple[str, int] | None,
    target: Target,
) -> AttentionRow:
    """The row of `count` attentions of a kind with the same features, first seen at `place`.

    `place` is the path as the report shows it and the line.
    """
    path = verdict(kind, features, target)
    return AttentionRow(
        kind=kind,
        count=count,
        features=features,
        verdict=path.verdict,
        replacement=path.instead or None,
        path=place[0] if place else None,
        line=place[1] if place else None,
        text=line(kind, features, count, path),
        why=path.words,
        workload=path.workload,
        kernels=path.kernels,
        confidence=path.confidence,
        evidence=path.evidence,
        port=path.port or None,
    )
