"""Causes of steps: the one rule, answer or plain word that moved somebody from stage to stage."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from connector.scoring.rules import CEILING, FLOOR
from connector.scoring.verdict import Line, Part, Verdict

#: Causes that are no rule's id.
BY_CONSENT = "consent"
BY_EVIDENCE = "evidence"
BY_FADING = "faded"
BY_SCORE = "score"

_Key = tuple[Part, str]


@dataclass(frozen=True, slots=True)
class Change:
    """One line of two receipts. A side without that line counts as nothing."""

    before: Line
    after: Line

    @property
    def points(self) -> int:
        return self.after.points - self.before.points

    @property
    def by_time(self) -> bool:
        """True when a loss has no other reason than days that went by: the acts are as far off as they are old."""
        trusted_less = self.after.withheld > self.before.withheld
        if self.before.part == "profile":
            return self.after.gross == self.before.gross
        return self.before.part in ("phase", "engagement") and not trusted_less


def cause_of_rise(verdict: Verdict, *, lifted: bool, earlier: Sequence[Line]) -> str:
    """Why she rose: the decisive answer, where that lifted her; else the line that grew most since the `earlier` lines.

    Where these are not known, or none grew: the override that gives most, else the rule of the newest acts that does.
    """
    if lifted and verdict.answer is not None:
        return verdict.answer
    grown = [change for change in changes(verdict.lines, earlier) if change.points > 0]
    if grown:
        return max(grown, key=lambda change: (change.points, change.after.rule)).after.rule
    raised = [line for line in verdict.lines if line.part == "override" and line.points > 0]
    newest = max((line.day for line in verdict.lines if line.day and line.points > 0), default=None)
    acts = [line for line in verdict.lines if line.day == newest and newest and line.points > 0]
    return _biggest(raised or acts)


def cause_of_fall(verdict: Verdict, *, barred_by: str | None, earlier: Sequence[Line]) -> str:
    """Why she fell: what bars her from her stage; else the line that lost most since the `earlier` lines, or fading,
    if only time took it.

    Where these are not known, or none lost: the override or negative line that takes most, else fading, if anything has
    faded.
    """
    if barred_by is not None:
        return barred_by
    lost = [change for change in changes(verdict.lines, earlier) if change.points < 0]
    if lost:
        most = min(lost, key=lambda change: (change.points, change.after.rule))
        return BY_FADING if most.by_time else most.after.rule
    lowered = [line for line in verdict.lines if line.points < 0]
    overrides = [line for line in lowered if line.part == "override"]
    if lowered:
        return _biggest(overrides or lowered)
    return BY_FADING if any(line.faded for line in verdict.lines) else BY_SCORE


def changes(lines: Sequence[Line], earlier: Sequence[Line]) -> list[Change]:
    """What each rule gives now and gave before, but for the bounds; nothing, where there is nothing to compare with."""
    if not earlier:
        return []
    before, after = _by_rule(earlier), _by_rule(lines)
    return [
        Change(before.get(key, Line(*key, 0)), after.get(key, Line(*key, 0)))
        for key in dict.fromkeys([*before, *after])
    ]


def _by_rule(lines: Sequence[Line]) -> Mapping[_Key, Line]:
    return {(line.part, line.rule): line for line in lines if line.rule not in (FLOOR, CEILING)}


def _biggest(lines: list[Line]) -> str:
    return max(lines, key=lambda line: (abs(line.points), line.rule)).rule if lines else BY_SCORE
