"""When each of a crowd must be looked at again, as `scoring.outlook.due.due`, for everybody at once and a little more coarsely.

Everybody is judged on a few days to come. What fades only falls, and a test of a day or of a fading number turns once; so
where two of these days show the same signs (signs.py), the days between them do. Of whom that cannot be said (careful.py)
only days that were judged are passed over.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from datetime import date, timedelta
from itertools import pairwise
from types import MappingProxyType

import numpy as np
from numpy.typing import NDArray

from connector.scoring.columns.careful import careful
from connector.scoring.columns.crowd import Crowd
from connector.scoring.columns.lines import Bools, Rows
from connector.scoring.columns.score import judge_crowd
from connector.scoring.columns.signs import signs
from connector.scoring.columns.stages import Steps
from connector.scoring.columns.verdicts import Verdicts
from connector.scoring.decay import OLDEST

#: The days ahead on which people are judged, for as long as they show nothing. At last nothing is left that could fade.
_AHEAD = (0, 1, 2, 3, 4, 6, 8, 11, 15, 20, 27, 40, 60, 90, 135, 200, 300, OLDEST)

#: What `ToldCrowd` has of who is not on a platform at all.
NOT_THERE = -2

#: What `due_crowd` says of who is never due by herself.
NEVER = 0

_Scores = NDArray[np.int16]


@dataclass(frozen=True, slots=True)
class ToldCrowd:
    """As `outlook.Told`, for everybody: scores by platform and contact (NO_SCORE: none yet, or NOT_THERE), the ordinal of
    the day of the oldest of these writes (0: never), and the same scores of single models, where they are written.
    """

    scores: _Scores
    since: NDArray[np.int32]
    each: Mapping[str, _Scores] = field(default_factory=lambda: MappingProxyType({}))


def due_crowd(verdicts: Verdicts, steps: Steps, told: ToldCrowd, asked: Bools | None = None) -> NDArray[np.int32]:
    """The ordinal of the day on which each contact is due, or NEVER; sooner than need be now and then, later never.

    It is looked for of those who are `asked` for (None: of everybody); for all others stands NEVER.
    `steps` are those that the `verdicts` led to, from everything known by then; `told` is as of after the writes of that
    day. As always in a crowd nobody may have been on a track. Of topics only the first is looked at, on the days judged,
    unless a condition asks for it.
    """
    crowd = replace(verdicts.crowd, stages=steps.texts, stage=steps.after.astype(np.int16), since=steps.since)
    search = _Search(replace(verdicts, crowd=crowd), told)
    rows = np.arange(len(crowd)) if asked is None else np.flatnonzero(asked)
    shown = search.shown(rows, 0)
    calm, _ = search.passes(rows, shown, 0, OLDEST)
    stepping = search.careful[rows]
    jumping = ~calm & ~stepping
    search.halve(rows[jumping], shown.of(jumping), 0, len(_AHEAD) - 1)
    search.step(rows[stepping], shown.of(stepping))
    return search.found


@dataclass(frozen=True, slots=True)
class _Shown:
    """What some people show on one day: signs and scores by row, contacts by column."""

    signs: NDArray[np.int32]
    score: _Scores
    each: _Scores

    def of(self, people: Bools | Rows) -> _Shown:
        return _Shown(self.signs[:, people], self.score[people], self.each[people])


def _shown(verdicts: Verdicts) -> _Shown:
    return _Shown(signs(verdicts), verdicts.score, verdicts.each)


class _Search:
    """The days to come of one crowd: `found` are the days on which they are due, as far as they were looked for."""

    def __init__(self, verdicts: Verdicts, told: ToldCrowd) -> None:
        self.found = np.full(len(verdicts), NEVER, np.int32)
        self.careful = careful(verdicts)
        self._today = verdicts.day.toordinal()
        self._verdicts = verdicts
        self._told = told
        self._arrival = _arrivals(verdicts.crowd, verdicts.day)

    def shown(self, rows: Rows, ahead: int) -> _Shown:
        """What these people show so many days ahead."""
        today = self._verdicts
        if not ahead:
            return _shown(today).of(rows)
        return _shown(judge_crowd(today.crowd.take(rows), today.rulebook, today.day + timedelta(days=ahead)))

    def halve(self, rows: Rows, shown: _Shown, first: int, last: int) -> None:
        """Find the day of people who are calm up to one of the days of _AHEAD (its place; `shown` is what they show then), and
        no longer on a later one.
        """
        if last == first + 1:
            self.found[rows] = self._today + _AHEAD[first] + 1
        elif len(rows):
            middle = (first + last) // 2
            calm, then = self.passes(rows, shown, _AHEAD[first], _AHEAD[middle])
            self.halve(rows[~calm], shown.of(~calm), first, middle)
            self.halve(rows[calm], then.of(calm), middle, last)

    def step(self, rows: Rows, shown: _Shown) -> None:
        """Find the day of people of whom days between two days that are alike may differ."""
        for before, ahead in pairwise(_AHEAD):
            self.found[rows] = self._today + before + 1
            if ahead > before + 1 or not len(rows):
                return
            calm, then = self.passes(rows, shown, before, ahead)
            rows, shown = rows[calm], then.of(calm)

    def passes(self, rows: Rows, shown: _Shown, before: int, ahead: int) -> tuple[Bools, _Shown]:
        """Who surely shows nothing after the day `before`, on which they are `shown`, up to the day `ahead`, and what all of
        them show then.
        """
        then = self.shown(rows, ahead)
        calm = (shown.signs == then.signs).all(axis=0) & ~self._is_written(rows, then, ahead)
        if ahead > before + 1:
            calm &= ~self.careful[rows] & (self._arrival[rows] > self._today + ahead)
            calm &= ~self._is_written(rows, shown, ahead)
        return calm, then

    def _is_written(self, rows: Rows, shown: _Shown, ahead: int) -> Bools:
        """Whose score would be worth a write by that day (promise 5)."""
        rule = self._verdicts.rulebook.fields.write.score
        since = self._told.since[rows]
        old = (since == 0) | (self._today + ahead - since >= rule.at_least)
        least = np.where(old, 1, rule.min_change)
        written = _differs(shown.score, self._told.scores[:, rows], least)
        for place, model in enumerate(self._verdicts.rulebook.models):
            if model.model in self._told.each:
                written |= _differs(shown.each[:, place], self._told.each[model.model][:, rows], least)
        return written


def _differs(ours: _Scores, theirs: _Scores, least: NDArray[np.int64]) -> Bools:
    """Of whom a score differs by so much from what any platform shows; having none is another thing than any score."""
    none = np.minimum(ours, 0) < 0
    apart = np.where(none | (theirs < 0), none != (theirs < 0), np.abs(theirs - ours) >= least)
    return np.asarray((apart & (theirs != NOT_THERE)).any(axis=0), np.bool_)


def _arrivals(crowd: Crowd, day: date) -> NDArray[np.int64]:
    """The ordinal of the first day on which an act of each contact lies ahead; far beyond all days for none."""
    arrival = np.full(len(crowd), np.iinfo(np.int64).max, np.int64)
    ahead = np.flatnonzero(crowd.acts.day > day.toordinal())
    np.minimum.at(arrival, crowd.acts.row[ahead], crowd.acts.day[ahead])
    return arrival
