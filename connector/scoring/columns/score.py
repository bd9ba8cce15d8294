"""From a crowd to verdicts: every model judges those it is meant for, and the best verdict of each contact stands."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date, datetime

import numpy as np
from numpy.typing import NDArray

from connector.rulebook.types import Rulebook
from connector.scoring.columns.choose import where
from connector.scoring.columns.crowd import Crowd
from connector.scoring.columns.knowledge import rounded
from connector.scoring.columns.model import ModelColumns, fields_of, judge_model
from connector.scoring.columns.verdicts import NO_SCORE, NOT_MEANT, Verdicts
from connector.scoring.rules import rule_list
from connector.scoring.verdict import Part

_PARTS: tuple[Part, ...] = ("fit", "phase", "engagement", "reaction", "profile")
_KNOWLEDGE = ("brand", "offer")


def judge_crowd(crowd: Crowd, rulebook: Rulebook, day: date, known_by: datetime | None = None) -> Verdicts:
    """Judge everybody as of the end of `day` in the team's zone, with the acts known at `known_by` (None: all).

    The same verdicts, line by line, as `scoring.score.judge` gives of each of these contacts. Nobody may have been on a
    track (see `Crowd`). Memory goes with the crowd; a million contacts are best judged in slices of some 100,000.
    """
    rules = rule_list(rulebook)
    subject = fields_of(crowd, rulebook, day)
    models = tuple(judge_model(crowd, subject, model, rulebook, rules, day, known_by) for model in rulebook.models)
    best, at = _best(models, len(crowd))
    enough = np.zeros(len(crowd), np.bool_)
    each = np.full((len(crowd), len(models)), NOT_MEANT, np.int16)
    for place, one in enumerate(models):
        enough[one.rows] |= one.evidence.enough
        each[one.rows, place] = where(one.evidence.enough, rounded(one.exact), NO_SCORE)

    def gathered(of_model: Sequence[NDArray[np.generic] | None], nothing: int) -> NDArray[np.int32]:
        """What the best model of each contact says; `nothing` of who has no score."""
        if _is_of_all(models, len(crowd)) and of_model[0] is not None:
            return where(enough, of_model[0].astype(np.int32), nothing)
        result = np.full(len(crowd), nothing, np.int32)
        for place, numbers in enumerate(of_model):
            if numbers is not None:
                rows = np.flatnonzero((best == place) & enough)
                result[rows] = numbers[at[rows]]
        return result

    def short(of_model: Sequence[NDArray[np.generic] | None], nothing: int = -1) -> NDArray[np.int16]:
        return gathered(of_model, nothing).astype(np.int16)

    exact = gathered([one.exact for one in models], 0)
    ranks = max(len(one.topics) for one in models)
    return Verdicts(
        crowd=crowd,
        rulebook=rulebook,
        rules=rules,
        day=day,
        known_by=known_by,
        models=models,
        model=best,
        at=at,
        enough=enough,
        score=where(enough, rounded(exact), NO_SCORE).astype(np.int16),
        exact=exact,
        parts={part: gathered([one.points[part] for one in models], 0) for part in _PARTS},
        persona=short([one.persona for one in models]),
        similarity=short([one.similarity for one in models], 0),
        phase=short([one.phase for one in models]),
        audience=gathered([one.audience for one in models], 0).astype(np.bool_),
        knowledge={name: short([one.knowledge.get(name) for one in models]) for name in _KNOWLEDGE},
        topics=np.array(
            [short([one.topics[rank] if rank < len(one.topics) else None for one in models]) for rank in range(ranks)],
            np.int16,
        ).reshape(ranks, len(crowd)),
        each=each,
    )


def _is_of_all(models: Sequence[ModelColumns], people: int) -> bool:
    """Tell whether there is one model, and it is meant for everybody."""
    return len(models) == 1 and len(models[0].rows) == people


def _best(models: Sequence[ModelColumns], people: int) -> tuple[NDArray[np.int16], NDArray[np.intp]]:
    """The model of the verdict that stands, and the row in its columns: a score before none, then the highest exact one,
    a tie goes to the first in order.
    """
    if _is_of_all(models, people):
        return np.zeros(people, np.int16), models[0].rows
    best = np.full(people, -1, np.int16)
    at = np.zeros(people, np.intp)
    most = np.full(people, -2, np.int32)
    for place, one in enumerate(models):
        reached = where(one.evidence.enough, one.exact, -1)
        better = np.flatnonzero(reached > most[one.rows])
        rows = one.rows[better]
        best[rows], at[rows], most[rows] = place, better, reached[better]
    return best, at
