"""How scores and stages are spread over everybody, counted slice by slice."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence

import numpy as np
from numpy.typing import NDArray

from connector.change.plan.plan import SCORES, Spread
from connector.store.bulk.slice import NONE


class Spreading:
    """Counts people as they come; `spread` is of all so far."""

    def __init__(self) -> None:
        self._scores = np.zeros(SCORES, np.int64)
        self._unscored = 0
        self._stages: Counter[str] = Counter()

    def add(
        self, scores: NDArray[np.int16], stages: NDArray[np.integer], texts: Sequence[str] | Mapping[int, str]
    ) -> None:
        """Some people: the score of each (NONE for none) and her stage, a place in `texts` (NONE for none)."""
        scored = scores[scores != NONE]
        self._scores += np.bincount(scored, minlength=SCORES)
        self._unscored += len(scores) - len(scored)
        places, people = np.unique(stages[stages != NONE], return_counts=True)
        for place, count in zip(places.tolist(), people.tolist(), strict=True):
            self._stages[texts[place]] += count

    def add_one(self, score: int | None, stage: str) -> None:
        """One contact."""
        if score is None:
            self._unscored += 1
        else:
            self._scores[score] += 1
        self._stages[stage] += 1

    def spread(self) -> Spread:
        """What was counted, the stages by name."""
        return Spread(tuple(self._scores.tolist()), self._unscored, dict(sorted(self._stages.items())))
