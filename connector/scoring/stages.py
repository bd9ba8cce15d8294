"""Stages as steps: where a contact stands next, given where she stood and what the verdict says.

States beside the ladder come first: *suppressed* (a refusal that holds everywhere), then the states of stages.yaml in
their order, then *not_enough_data*. On the ladder she rises at once to the highest stage whose `enter` holds. She falls
only once her score is below `leave_below` of the stage she stands on (where it has one) and `minimum_stay` days have
passed, and then to the highest stage whose `enter` holds. A decisive answer to nurturing lifts to a stage, or bars
one, at once. Coming from a state, or for the first time, she is placed afresh.
"""

from __future__ import annotations

from dataclasses import replace
from datetime import date, datetime
from zoneinfo import ZoneInfo

from connector.facts import Contact, Refusal
from connector.rulebook.conditions import Subject, holds
from connector.rulebook.types import POINT, Rulebook, Stage
from connector.scoring.computed import WIN, as_values
from connector.scoring.evidence import believed_events, subject_of
from connector.scoring.verdict import NOT_ENOUGH_DATA, SUPPRESSED, Line, Place, Step, Verdict

#: Refusals after which nobody is mailed, scored for a list, or handed over: she is in the state *suppressed*.
SUPPRESSING = frozenset({Refusal.OPTED_OUT, Refusal.BOUNCED, Refusal.COMPLAINED, Refusal.FORGOTTEN, Refusal.EXCLUDED})

#: Causes that are no rule's id.
BY_CONSENT = "consent"
BY_EVIDENCE = "evidence"
BY_FADING = "faded"
BY_SCORE = "score"


def step(
    before: Place | None,
    verdict: Verdict,
    contact: Contact,
    rulebook: Rulebook,
    day: date,
    known_by: datetime | None = None,
) -> Step:
    """The step from `before` on `day`, with what was known at `known_by` (None: all).

    Without a move `after` is `before` and the cause is empty. `rise` is true when she climbed from a lower stage; who is
    placed afresh did not rise, wherever she is placed.
    """
    events = believed_events(contact, rulebook, verdict.model, day, known_by)
    zone = ZoneInfo(rulebook.fields.timezone)
    subject = subject_of(events, day, zone, {**contact.fields, **as_values(verdict)})
    state = _state(verdict, contact, rulebook, subject)
    if state is None:
        return _step_on_ladder(before, verdict, rulebook.stages.stages, subject)
    name, cause = state
    if before is not None and before.stage == name:
        return Step(before, before, "")
    return Step(before, Place(name, day), cause)


def _step_on_ladder(before: Place | None, verdict: Verdict, ladder: tuple[Stage, ...], subject: Subject) -> Step:
    places = {stage.id: place for place, stage in enumerate(ladder)}
    fitting = _highest(ladder, subject)
    lift = places.get(verdict.lifts or "", 0)
    bar = places.get(verdict.bars or "", len(ladder))
    target = max(0, min(max(fitting, lift), bar - 1))
    there = Place(ladder[target].id, subject.day)
    current = None if before is None else places.get(before.stage)
    if before is None or current is None:
        cause = _cause_of_rise(verdict, lifted=lift > fitting) if target else BY_SCORE
        return Step(before, there, cause)
    if target > current:
        return Step(before, there, _cause_of_rise(verdict, lifted=lift > fitting), rise=True)
    barred = current >= bar
    if target < current and (barred or _may_fall(ladder[current], before, verdict)):
        return Step(before, there, _cause_of_fall(verdict, barred=barred))
    return Step(before, before, "")


def _state(verdict: Verdict, contact: Contact, rulebook: Rulebook, subject: Subject) -> tuple[str, str] | None:
    """The state beside the ladder that she is in, and its cause; None: she stands on the ladder."""
    if SUPPRESSING & contact.consent.general:
        return SUPPRESSED, BY_CONSENT
    for name, state in rulebook.stages.states.items():
        if holds(state.when, subject):
            return name, name
    return None if verdict.score is not None else (NOT_ENOUGH_DATA, BY_EVIDENCE)


def _highest(ladder: tuple[Stage, ...], subject: Subject) -> int:
    """The highest stage whose `enter` holds. Whoever is on the ladder is still to be won."""
    subject = replace(subject, values={**subject.values, "aim": WIN})
    for place in range(len(ladder) - 1, 0, -1):
        enter = ladder[place].enter
        if enter is None or holds(enter, subject):
            return place
    return 0


def _may_fall(stage: Stage, before: Place, verdict: Verdict) -> bool:
    score = (verdict.score or 0) * POINT
    low_enough = stage.leave_below is None or score < stage.leave_below
    return low_enough and (verdict.day - before.since).days >= stage.minimum_stay


def _cause_of_rise(verdict: Verdict, *, lifted: bool) -> str:
    """The decisive answer; else the override that gives most; else the rule of the newest acts that gives most."""
    if lifted and verdict.answer is not None:
        return verdict.answer
    raised = [line for line in verdict.lines if line.part == "override" and line.points > 0]
    newest = max((line.day for line in verdict.lines if line.day and line.points > 0), default=None)
    acts = [line for line in verdict.lines if line.day == newest and newest and line.points > 0]
    return _biggest(raised or acts)


def _cause_of_fall(verdict: Verdict, *, barred: bool) -> str:
    """The decisive answer; else the override or negative line that takes most; else fading, if anything has faded."""
    if barred and verdict.answer is not None:
        return verdict.answer
    lowered = [line for line in verdict.lines if line.points < 0]
    overrides = [line for line in lowered if line.part == "override"]
    if lowered:
        return _biggest(overrides or lowered)
    return BY_FADING if any(line.faded for line in verdict.lines) else BY_SCORE


def _biggest(lines: list[Line]) -> str:
    return max(lines, key=lambda line: (abs(line.points), line.rule)).rule if lines else BY_SCORE
