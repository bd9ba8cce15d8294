"""Engagement: what she did, how often, how long ago."""

from __future__ import annotations

from dataclasses import dataclass

from connector.rulebook.types import POINT, Engagement, EngagementRule
from connector.scoring import lines as receipt_lines
from connector.scoring.decay import WHOLE, curve_of, factor, kept
from connector.scoring.evidence import Act, Evidence, asset_test
from connector.scoring.verdict import Line


class EngagementFactor:
    """Points × trust × decay of each act, then the group's cap, then the factor's.

    Of more than `max_times` acts those that give most count, which are the newest where all are trusted alike; so a
    doubtful new act never pushes out a certain old one, and doing more never lowers the score. `within` counts acts of
    up to so many days ago. Negative rules take away, but never below 0 for the whole factor.
    """

    def __init__(self, engagement: Engagement) -> None:
        self._max = engagement.max
        self._groups = tuple(
            (group.max, tuple(_Counter(rule, curve_of(group.decay)) for rule in group.rules))
            for group in engagement.groups.values()
        )

    def judge(self, evidence: Evidence) -> tuple[Line, ...]:
        """The lines of engagement: one per rule that something counts for, or would count if it were trusted."""
        lines: list[Line] = []
        for most, counters in self._groups:
            found = [line for counter in counters if (line := counter.line(evidence)) is not None]
            lines += receipt_lines.at_most(found, most)
        return tuple(receipt_lines.at_most(receipt_lines.at_least(lines, 0), self._max))


@dataclass(frozen=True, slots=True)
class _Counted:
    """What one act gives to one rule: after trust, and after fading."""

    act: Act
    trusted: int
    left: int


class _Counter:
    """One rule of a group."""

    def __init__(self, rule: EngagementRule, curve: tuple[int, ...]) -> None:
        self._rule = rule
        self._curve = curve
        self._passes = asset_test(rule.asset)
        self._oldest = len(curve) - 1 if rule.within is None else min(rule.within, len(curve) - 1)

    def line(self, evidence: Evidence) -> Line | None:
        acts = evidence.acts.get(self._rule.event)
        counted = [self._count(act) for act in acts or () if act.age <= self._oldest and self._passes(act.event.asset)]
        if not counted:
            return None
        if self._rule.max_times is not None and len(counted) > self._rule.max_times:
            counted.sort(key=lambda one: -abs(one.left))  # stable: the newest first among equals
            counted = counted[: self._rule.max_times]
        newest = max(counted, key=lambda one: (one.act.event.happened_at, one.act.event.key)).act
        gross = self._rule.points * len(counted)
        trusted = sum(one.trusted for one in counted)
        points = sum(one.left for one in counted)
        return Line(
            part="engagement",
            rule=self._rule.id,
            points=points,
            why=self._rule.why or "",
            gross=gross,
            withheld=abs(gross - trusted),
            faded=abs(trusted - points),
            day=newest.day,
            times=len(counted),
            asset=newest.event.asset,
            late=newest.late,
        )

    def _count(self, act: Act) -> _Counted:
        trusted = kept(self._rule.points, act.trust, POINT)
        return _Counted(act, trusted, kept(trusted, factor(self._curve, act.age), WHOLE))
