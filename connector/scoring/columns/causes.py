"""Causes of everybody's steps: the one rule that moved each, as `scoring.causes` names it without earlier lines."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from connector.scoring.causes import BY_FADING, BY_SCORE
from connector.scoring.columns.crowd import UNKNOWN
from connector.scoring.columns.lines import Bools
from connector.scoring.columns.verdicts import Verdicts

Number = NDArray[np.int32]


class RuleCauses:
    """Causes as places in `texts`: the ids of all rules in the order of their text, and the plain words."""

    def __init__(self, verdicts: Verdicts) -> None:
        ids = sorted({ref.rule for ref in verdicts.rules.refs})
        self.texts = (*ids, BY_FADING, BY_SCORE)
        self._verdicts = verdicts
        self._place = np.array([ids.index(ref.rule) for ref in verdicts.rules.refs], np.int32)
        self._after_the_sum = np.array([ref.part == "override" for ref in verdicts.rules.refs], np.bool_)

    def of_rises(self, people: Bools) -> Number:
        """For each of `people`: the override that gives most, else the rule of the newest acts that does."""
        lines, owner = self._verdicts.lines, self._verdicts.lines.owners
        gives = people[owner] & (lines.points > 0)
        newest = np.zeros(len(people), np.int32)
        dated = np.flatnonzero(gives & (lines.day > 0))
        np.maximum.at(newest, owner[dated], lines.day[dated])
        by_acts = self._biggest(gives & (lines.day > 0) & (lines.day == newest[owner]))
        by_override = self._biggest(gives & self._after_the_sum[lines.rule])
        return self._first(by_override, by_acts, self.texts.index(BY_SCORE))

    def of_falls(self, people: Bools) -> Number:
        """For each of `people`: the override, else the line, that takes most; else fading, if anything has faded."""
        lines, owner = self._verdicts.lines, self._verdicts.lines.owners
        takes = people[owner] & (lines.points < 0)
        by_override = self._biggest(takes & self._after_the_sum[lines.rule])
        faded = np.zeros(len(people), np.bool_)
        faded[owner[lines.faded > 0]] = True
        plain = np.where(faded, self.texts.index(BY_FADING), self.texts.index(BY_SCORE))
        return self._first(by_override, self._biggest(takes), plain)

    def _biggest(self, chosen: Bools) -> Number:
        """Of the chosen lines of each contact the rule of the biggest, of equals the last by text; UNKNOWN without any."""
        lines = self._verdicts.lines
        at = np.flatnonzero(chosen)
        rules = len(self.texts)
        sizes = np.abs(lines.points[at]).astype(np.int64) * rules + self._place[lines.rule[at]]
        biggest = np.full(len(self._verdicts), UNKNOWN, np.int64)
        np.maximum.at(biggest, lines.owners[at], sizes)
        return np.where(biggest == UNKNOWN, UNKNOWN, biggest % rules).astype(np.int32)

    def _first(self, first: Number, second: Number, plain: Number | int) -> Number:
        return np.where(first != UNKNOWN, first, np.where(second != UNKNOWN, second, plain)).astype(np.int32)
