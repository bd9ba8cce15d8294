"""Where everybody stands next: a step for each contact, as `scoring.stages.step` gives it."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date

import numpy as np
from numpy.typing import NDArray

from connector.rulebook.types import POINT, Stage
from connector.scoring.causes import BY_SCORE
from connector.scoring.columns.causes import RuleCauses
from connector.scoring.columns.crowd import UNKNOWN
from connector.scoring.columns.lines import Bools
from connector.scoring.columns.standing import standing
from connector.scoring.columns.verdicts import Verdicts
from connector.scoring.verdict import Place, Step

Number = NDArray[np.int32]


@dataclass(frozen=True, slots=True)
class Steps:
    """One step for each contact: where she stood and since when (an ordinal; UNKNOWN and 0: nowhere), and stands now.

    `before`, `after` and `cause` are places in `texts`; the cause is the empty text where nobody moved.
    """

    texts: tuple[str, ...]
    before: Number
    before_since: Number
    after: Number
    since: Number
    moved: Bools
    rise: Bools
    cause: Number

    def step(self, row: int) -> Step:
        """The step of one contact."""
        before = None
        if self.before[row] != UNKNOWN:
            before = Place(self.texts[self.before[row]], date.fromordinal(int(self.before_since[row])))
        after = Place(self.texts[self.after[row]], date.fromordinal(int(self.since[row])))
        return Step(before, after, self.texts[self.cause[row]], rise=bool(self.rise[row]))


def step_crowd(verdicts: Verdicts) -> Steps:
    """The step of everybody from where the crowd says that they stood, on the day of the verdicts.

    Causes are those of a single step that knows no `earlier` lines.
    """
    crowd, ladder = verdicts.crowd, verdicts.rulebook.stages.stages
    fits = standing(verdicts)
    by_rule = RuleCauses(verdicts)
    audiences = tuple(model.audience.id if model.audience else "" for model in verdicts.rulebook.models)
    texts = dict.fromkeys(("", *crowd.stages, *fits.texts, *by_rule.texts, *(stage.id for stage in ladder), *audiences))
    code = {text: place for place, text in enumerate(texts)}

    def codes(some: tuple[str, ...]) -> Number:
        return np.array([*(code[text] for text in some), UNKNOWN], np.int32)

    before = codes(crowd.stages)[crowd.stage]
    state = codes(fits.texts)[fits.state]
    on_ladder = state == UNKNOWN
    places = {stage.id: place for place, stage in enumerate(ladder)}
    current = np.array([*(places.get(name, UNKNOWN) for name in crowd.stages), UNKNOWN], np.int32)[crowd.stage]
    target = np.maximum(0, np.minimum(fits.fitting, fits.bar - 1))
    fresh = on_ladder & (current == UNKNOWN)
    rise = on_ladder & ~fresh & (target > current)
    barred = current >= fits.bar
    fall = on_ladder & ~fresh & (target < current) & (barred | _may_fall(verdicts, ladder, current))
    beside = ~on_ladder & (state != before)
    moved = fresh | rise | fall | beside

    cause = np.full(len(crowd), code[""], np.int32)
    cause[beside] = codes(fits.texts)[fits.cause[beside]]
    cause[fresh] = code[BY_SCORE]
    rises, falls = rise | (fresh & (target > 0)), fall & ~barred
    cause[rises] = codes(by_rule.texts)[by_rule.of_rises(rises)[rises]]
    cause[falls] = codes(by_rule.texts)[by_rule.of_falls(falls)[falls]]
    cause[fall & barred] = codes(audiences)[verdicts.model[fall & barred]]
    there = np.where(on_ladder, codes(tuple(places))[target], state)
    return Steps(
        texts=tuple(texts),
        before=before,
        before_since=crowd.since,
        after=np.where(moved, there, before).astype(np.int32),
        since=np.where(moved, verdicts.day.toordinal(), crowd.since).astype(np.int32),
        moved=moved,
        rise=rise,
        cause=cause,
    )


def _may_fall(verdicts: Verdicts, ladder: tuple[Stage, ...], current: Number) -> Bools:
    """Whose score is low enough to leave her stage, and who has stood there long enough."""
    below = np.array([2**31 - 1 if one.leave_below is None else one.leave_below for one in ladder], np.int64)
    stay = np.array([stage.minimum_stay for stage in ladder], np.int32)
    low_enough = verdicts.score.astype(np.int64) * POINT < below[current]
    return low_enough & (verdicts.day.toordinal() - verdicts.crowd.since >= stay[current])
