"""Stages as steps: where a contact stands next, given where she stood and what the verdict says.

States beside the ladder come first: *suppressed* (a refusal that holds everywhere), then the states of stages.yaml in
their order, then *not_enough_data*. On the ladder she rises at once to the highest stage whose `enter` holds. She falls
only once her score is below `leave_below` of the stage she stands on (where it has one) and `minimum_stay` days have
passed, and then to the highest stage whose `enter` holds. A decisive answer to nurturing lifts to a stage, or bars
one and those above, at once; who is mere audience, or was rejected by sales, is barred from the first stage with a
hand-over. Who is barred stands on the highest stage below whose `enter` holds. Coming from a state, or for the first
time, she is placed afresh.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date, datetime
from zoneinfo import ZoneInfo

from connector.facts import Contact, Refusal
from connector.rulebook.conditions import Subject, holds
from connector.rulebook.types import POINT, Rulebook, Stage
from connector.scoring.causes import BY_CONSENT, BY_EVIDENCE, BY_SCORE, cause_of_fall, cause_of_rise
from connector.scoring.computed import WIN, as_values
from connector.scoring.evidence import believed_events, subject_of
from connector.scoring.verdict import NOT_ENOUGH_DATA, SUPPRESSED, Line, Place, Step, Verdict

#: Refusals after which nobody is mailed, scored for a list, or handed over: she is in the state *suppressed*.
SUPPRESSING = frozenset(
    {Refusal.ARCHIVED, Refusal.OPTED_OUT, Refusal.BOUNCED, Refusal.COMPLAINED, Refusal.FORGOTTEN, Refusal.EXCLUDED}
)


def step(
    before: Place | None,
    verdict: Verdict,
    contact: Contact,
    rulebook: Rulebook,
    day: date,
    known_by: datetime | None = None,
    earlier: Sequence[Line] = (),
    rejected: str = "",
) -> Step:
    """The step from `before` on `day`, with what was known at `known_by` (None: all).

    `earlier` are the lines of the verdict that put her at `before`; what changed since then is the cause. `rejected` is what
    sales said, where that bars her from the stages with a hand-over.

    Without a move `after` is `before` and the cause is empty. `rise` is true when she climbed from a lower stage; who is
    placed afresh did not rise, wherever she is placed.
    """
    events = believed_events(contact, rulebook, verdict.model, day, known_by)
    zone = ZoneInfo(rulebook.fields.timezone)
    subject = subject_of(events, day, zone, {**contact.fields, **as_values(verdict)})
    state = _state(verdict, contact, rulebook, subject)
    if state is None:
        return _step_on_ladder(before, verdict, rulebook, subject, earlier, rejected)
    name, cause = state
    if before is not None and before.stage == name:
        return Step(before, before, "")
    return Step(before, Place(name, day), cause)


@dataclass(frozen=True, slots=True)
class _Bar:
    """The lowest stage that she may not stand on, as a place on the ladder, and what bars her from it."""

    place: int
    cause: str | None = None


def _step_on_ladder(
    before: Place | None, verdict: Verdict, rulebook: Rulebook, subject: Subject, earlier: Sequence[Line], rejected: str
) -> Step:
    ladder = rulebook.stages.stages
    places = {stage.id: place for place, stage in enumerate(ladder)}
    bar = _bar(verdict, rulebook, places, rejected)
    fitting = _highest(ladder[: bar.place], subject)
    lift = places.get(verdict.lifts or "", 0)
    target = max(0, min(max(fitting, lift), bar.place - 1))
    there = Place(ladder[target].id, subject.day)
    current = None if before is None else places.get(before.stage)
    lifted = lift > fitting
    if before is None or current is None:
        cause = cause_of_rise(verdict, lifted=lifted, earlier=earlier) if target else BY_SCORE
        return Step(before, there, cause)
    if target > current:
        return Step(before, there, cause_of_rise(verdict, lifted=lifted, earlier=earlier), rise=True)
    barred = current >= bar.place
    if target < current and (barred or _may_fall(ladder[current], before, verdict)):
        barred_by = bar.cause if barred else None
        return Step(before, there, cause_of_fall(verdict, barred_by=barred_by, earlier=earlier))
    return Step(before, before, "")


def _bar(verdict: Verdict, rulebook: Rulebook, places: Mapping[str, int], rejected: str) -> _Bar:
    """The lower of two bars: that of the decisive answer, and the first hand-over for whom sales rejected or who is mere
    audience. On a tie the word of sales comes first, then the answer.
    """
    bar = _Bar(places.get(verdict.bars or "", len(places)), verdict.answer)
    handover = next((place for place, stage in enumerate(rulebook.stages.stages) if stage.handover), len(places))
    if rejected and handover < len(places) and handover <= bar.place:
        return _Bar(handover, rejected)
    if not verdict.audience or handover >= bar.place:
        return bar
    rule = next(model.audience for model in rulebook.models if model.model == verdict.model)
    return _Bar(handover, rule.id if rule else None)


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
