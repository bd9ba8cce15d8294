"""What comes after the sum: overrides in the file's order, the bounds of a score, and the audience rule."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace

from connector.facts import Value
from connector.rulebook.conditions import Subject, holds
from connector.rulebook.types import POINT, AudienceRule, Override
from connector.scoring.computed import rounded
from connector.scoring.rules import CEILING, FLOOR
from connector.scoring.verdict import Line

_MOST = 100 * POINT


def override(rules: Sequence[Override], points: int, subject: Subject, known: Mapping[str, Value]) -> list[Line]:
    """The lines of the overrides that hold, each seeing the score so far beside what is `known`; then the bounds.

    An override that holds but changes nothing still has its line, of 0 points: it is a reason too.
    """
    lines = []
    for rule in rules:
        if not _holds(rule, points, subject, known):
            continue
        reached = applied(rule, points)
        lines.append(Line("override", rule.id, reached - points, rule.why or "", gross=reached - points))
        points = reached
    if points > _MOST:
        lines.append(Line("override", CEILING, _MOST - points, gross=_MOST - points))
    elif points < 0:
        lines.append(Line("override", FLOOR, -points, gross=-points))
    return lines


def audience(rule: AudienceRule | None, points: int, subject: Subject, known: Mapping[str, Value]) -> list[Line]:
    """The line, of 0 points, of who reads everything and never buys; none for anybody else."""
    if rule is None or not _holds(rule, points, subject, known):
        return []
    return [Line("override", rule.id, 0, rule.why or "")]


def _holds(rule: Override | AudienceRule, points: int, subject: Subject, known: Mapping[str, Value]) -> bool:
    return holds(rule.when, replace(subject, values={**known, "score": rounded(points)}))


def applied(rule: Override, points: int) -> int:
    """The score, in thousandths, that an override which holds makes of `points`."""
    if rule.set is not None:
        return rule.set
    if rule.add is not None:
        return points + rule.add
    if rule.at_least is not None:
        return max(points, rule.at_least)
    return points if rule.at_most is None else min(points, rule.at_most)
