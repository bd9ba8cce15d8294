"""What comes after the sum, for everybody: overrides in the file's order, the bounds of a score, the audience rule."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from connector.rulebook.conditions import Condition, names
from connector.rulebook.types import POINT, AudienceRule, Override
from connector.scoring.columns.conditions import Numbers, Subject
from connector.scoring.columns.knowledge import rounded
from connector.scoring.columns.lines import Bools, ListedLines, RuleLines
from connector.scoring.rules import CEILING, FLOOR, RuleList

_MOST = 100 * POINT

Points = NDArray[np.int32]


@dataclass(frozen=True, slots=True)
class OverrideColumns:
    """The lines after the sum, the exact score (thousandths), and who is audience."""

    lines: ListedLines
    exact: Points
    audience: Bools


def override(
    overrides: Sequence[Override],
    audience: AudienceRule | None,
    points: Points,
    subject: Subject,
    rules: RuleList,
    model: str,
) -> OverrideColumns:
    """As `scoring.overrides`, for everybody. `points` is the sum of the five parts; `subject` knows all but the score."""
    lines = []
    points = points.copy()
    for rule in overrides:
        rows = np.flatnonzero(_holds(rule.when, points, subject))
        before = points[rows]
        points[rows] = _applied(rule, before)
        lines.append(_line(rules.numbers[model, "override", rule.id], rows, points[rows] - before))
    for bound, rows in ((CEILING, np.flatnonzero(points > _MOST)), (FLOOR, np.flatnonzero(points < 0))):
        lines.append(
            _line(rules.numbers[model, "override", bound], rows, np.clip(points[rows], 0, _MOST) - points[rows])
        )
    points = np.clip(points, 0, _MOST)
    readers = np.zeros(len(points), np.bool_) if audience is None else _holds(audience.when, points, subject)
    if audience is not None:
        lines.append(RuleLines(rules.numbers[model, "override", audience.id], np.flatnonzero(readers), 0, 0))
    return OverrideColumns(ListedLines(tuple(lines)), points, readers)


def _holds(when: Condition, points: Points, subject: Subject) -> Bools:
    if "score" in names(when):
        subject = subject.knowing({"score": Numbers(rounded(points) * POINT)})
    return subject.holds(when)


def _applied(rule: Override, points: Points) -> Points:
    if rule.set is not None:
        return np.full_like(points, rule.set)
    if rule.add is not None:
        return points + rule.add
    if rule.at_least is not None:
        return np.maximum(points, rule.at_least)
    return points if rule.at_most is None else np.minimum(points, rule.at_most)


def _line(rule: int, rows: NDArray[np.intp], points: Points) -> RuleLines:
    return RuleLines(rule, rows, points, points)
