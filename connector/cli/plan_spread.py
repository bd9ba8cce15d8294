"""How scores and stages shift, drawn."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import accumulate
from typing import TYPE_CHECKING

from connector.cli.plan_bars import Pair, bars

if TYPE_CHECKING:
    from connector.change.plan.plan import Spread
    from connector.rulebook.types import Rulebook

#: Scores are drawn in tens; who has 100 stands with the nineties.
_TEN, _LAST = 10, 90


def spread_lines(before: Spread, after: Spread, rulebook: Rulebook, width: int) -> Iterator[str]:
    """The two spreads side by side, scores with mean and median; one line where nothing shifts."""
    if before == after:
        yield "Scores and stages are spread as before."
        return
    labels = [*(f"{low}–{low + _TEN - 1}" for low in range(0, _LAST, _TEN)), "90–100"]
    scores = [*map(Pair, labels, _tens(before), _tens(after)), Pair("none", before.unscored, after.unscored)]
    yield from bars("Scores", scores, width)
    means, medians = (f"{what(before)} → {what(after)}" for what in (_mean, _median))
    yield f"  mean {means}, median {medians}"
    yield ""
    yield from bars("Stages", list(_stages(before, after, rulebook)), width)


def _stages(before: Spread, after: Spread, rulebook: Rulebook) -> Iterator[Pair]:
    """In the order of the ladder; then what is none of its stages, by name."""
    ladder = [stage.id for stage in rulebook.stages.stages]
    for stage in (*ladder, *sorted({*before.stages, *after.stages} - {*ladder})):
        yield Pair(stage, before.stages.get(stage, 0), after.stages.get(stage, 0))


def _tens(spread: Spread) -> list[int]:
    return [*(sum(spread.scores[low : low + _TEN]) for low in range(0, _LAST, _TEN)), sum(spread.scores[_LAST:])]


def _mean(spread: Spread) -> str:
    count = sum(spread.scores)
    return f"{sum(score * times for score, times in enumerate(spread.scores)) / count:.1f}" if count else "–"


def _median(spread: Spread) -> str:
    """Of two in the middle the lower one: a score that somebody has."""
    half = sum(spread.scores) / 2
    return str(next(score for score, below in enumerate(accumulate(spread.scores)) if below >= half)) if half else "–"
