"""Profile of everybody: how complete, and how fresh, what we know of them is."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date

import numpy as np
from numpy.typing import NDArray

from connector.rulebook.types import Profile
from connector.scoring.columns import caps
from connector.scoring.columns.crowd import Crowd
from connector.scoring.columns.lines import Bools, Cut, Number, RuleLines
from connector.scoring.decay import WHOLE, half_life_curve, kept
from connector.scoring.rules import RuleList


@dataclass(frozen=True, slots=True)
class _FieldLine:
    """The line of one field: its weight, who has a value, what is left of the weight, and the day of the last change."""

    rule: int
    weight: int
    known: Bools
    left: Number
    changed: Number | None


@dataclass(frozen=True, slots=True)
class ProfileColumns:
    """The lines of profile, and what they add up to (thousandths)."""

    fields: tuple[_FieldLine, ...]
    cut: Cut
    points: Number

    def of(self, people: Bools) -> Iterator[RuleLines]:
        """See `lines.Part`."""
        for line, one in enumerate(self.fields):
            rows = np.flatnonzero(one.known & people)
            capped = self.cut.of(line, rows)
            left = one.left.take(rows)
            day = 0 if one.changed is None else one.changed.take(rows)
            faded = np.abs(one.weight - left)
            points = left - capped if one.weight >= 0 else left + capped
            yield RuleLines(one.rule, rows, points, one.weight, faded=faded, capped=capped, day=day)


def profile(crowd: Crowd, day: date, profile: Profile, rules: RuleList, model: str) -> ProfileColumns:
    """As `scoring.profile.ProfileFactor`, for everybody."""
    curve = None if profile.freshness is None else half_life_curve(profile.freshness.half_life)
    lines = []
    total = np.zeros(len(crowd), np.int32)
    for name, weight in profile.completeness.items():
        column, changed = crowd.fields.get(name), crowd.changed.get(name)
        known = np.zeros(len(crowd), np.bool_) if column is None else column.codes >= 0
        if curve is None or changed is None:
            left = known * np.int32(weight)
        else:
            left = _faded(weight, curve, day.toordinal() - changed, fresh=changed == 0) * known
        total += left
        lines.append(_FieldLine(rules.numbers[model, "profile", name], weight, known, left, changed))
    rows = np.flatnonzero((total < 0) | (total > profile.max))
    gross = np.stack([one.left[rows] for one in lines]) if lines else np.zeros((0, len(rows)), np.int32)
    left, capped = caps.within(gross, 0, profile.max)
    total[rows] = left.sum(axis=0)
    return ProfileColumns(tuple(lines), Cut(rows, capped), total)


def _faded(weight: int, curve: tuple[int, ...], ages: NDArray[np.int32], fresh: Bools) -> Number:
    """What is left of a weight at each age, by a table; future changes, and `fresh` ones, are of today."""
    table = np.array([kept(weight, share, WHOLE) for share in (*curve, 0)], np.int32)
    ages = np.clip(ages, 0, len(curve))
    ages[fresh] = 0
    return np.take(table, ages)
