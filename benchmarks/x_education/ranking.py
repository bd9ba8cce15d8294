"""How well a score puts those who bought before those who did not."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from itertools import pairwise

#: (score, bought)
Scored = Sequence[tuple[int, bool]]


@dataclass(frozen=True, slots=True)
class Decile:
    """A tenth of the leads, best first: the scores it spans, how many leads, and the share of them that bought."""

    best: int
    worst: int
    leads: int
    rate: float


def auc(scored: Scored) -> float:
    """The chance that a buyer scores above a non-buyer; equal scores count half. 0.5 is a coin."""
    wins, others_below = 0.0, 0
    for _, (buyers, others) in sorted(_by_score(scored).items()):
        wins += buyers * (others_below + others / 2)
        others_below += others
    return wins / ((len(scored) - others_below) * others_below)


def deciles(scored: Scored) -> Sequence[Decile]:
    """Ten tenths. Where equal scores lie across a border, each lead counts with the share of its score that bought."""
    ordered = [
        (score, buyers / (buyers + others))
        for score, (buyers, others) in sorted(_by_score(scored).items(), reverse=True)
        for _ in range(buyers + others)
    ]
    borders = [tenth * len(ordered) // 10 for tenth in range(11)]
    return [
        Decile(
            ordered[begin][0],
            ordered[end - 1][0],
            end - begin,
            sum(rate for _, rate in ordered[begin:end]) / (end - begin),
        )
        for begin, end in pairwise(borders)
    ]


def _by_score(scored: Scored) -> Mapping[int, tuple[int, int]]:
    """Score → (buyers, others)."""
    counts: dict[int, list[int]] = defaultdict(lambda: [0, 0])
    for score, bought in scored:
        counts[score][not bought] += 1
    return {score: (buyers, others) for score, (buyers, others) in counts.items()}
