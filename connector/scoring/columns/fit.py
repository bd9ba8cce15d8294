"""Fit of everybody: the best persona of each, how like it she is, and the lines."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from connector.rulebook.types import Fit
from connector.scoring.columns import caps
from connector.scoring.columns.conditions import Subject
from connector.scoring.columns.hits import Hits
from connector.scoring.columns.lines import Cut, HitLines
from connector.scoring.rules import RuleList


@dataclass(frozen=True, slots=True)
class FitColumns:
    """The lines of fit, what they add up to (thousandths), the place of the persona (-1: none), similarity in percent."""

    lines: HitLines
    points: NDArray[np.int32]
    persona: NDArray[np.int16]
    similarity: NDArray[np.int16]


def fit(subject: Subject, fit: Fit, rules: RuleList, model: str) -> FitColumns:
    """As `scoring.fit.FitFactor`, for everybody."""
    personas = [persona.traits for persona in fit.personas.values()]
    traits = [trait for one in (*personas, fit.adjust) for trait in one]
    owners = np.repeat(np.arange(len(personas) + 1), [len(one) for one in (*personas, fit.adjust)])
    points = tuple(trait.points for trait in traits)
    hits = subject.hits([trait.when for trait in traits])

    best = np.zeros(subject.people, np.int32)
    persona = np.full(subject.people, -1, np.int16)
    similarity = np.zeros(subject.people, np.int16)
    for place, own in enumerate(personas):
        reached = hits.total([one if owner == place else 0 for one, owner in zip(points, owners, strict=True)])
        better = np.flatnonzero((reached > best) & (reached >= fit.persona_minimum))
        best[better] = reached[better]
        persona[better] = place
        most = sum(trait.points for trait in own if trait.points > 0)
        similarity[better] = (200 * reached[better].astype(np.int64) + most) // (2 * most or 1)
    hits = _only(hits, owners, persona, len(personas))

    total = best + hits.total([one if owner == len(personas) else 0 for one, owner in zip(points, owners, strict=True)])
    cut = _cut(hits, points, total, fit.max)
    numbers = tuple(rules.numbers[model, "fit", trait.id] for trait in traits)
    return FitColumns(HitLines(numbers, points, hits, cut), total, persona, similarity)


def _only(hits: Hits, owners: NDArray[np.intp], persona: NDArray[np.int16], adjust: int) -> Hits:
    """Without the traits of any persona but the own."""
    counts = (owners[:, None] == np.arange(adjust + 1)) | (owners[:, None] == adjust)
    kept = np.zeros((len(hits.bits) * 8, adjust + 1), np.bool_)
    kept[: len(owners)] = counts
    masks = np.packbits(kept.reshape(len(hits.bits), 8, adjust + 1), axis=1, bitorder="little")[:, 0]
    for row, mask in enumerate(masks):
        hits.bits[row] &= mask[persona]  # no persona: the last, which keeps the adjustments alone
    return hits


def _cut(hits: Hits, points: tuple[int, ...], total: NDArray[np.int32], most: int) -> Cut:
    """Keep everybody's fit between 0 and `most`; `total` follows, in place."""
    rows = np.flatnonzero((total < 0) | (total > most))
    total[rows], capped = caps.of_hits(hits.matrix(rows), points, 0, most)
    return Cut(rows, capped)
