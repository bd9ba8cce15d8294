"""What one model will say of a contact over days to come, if nothing new is told of her."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from zoneinfo import ZoneInfo

from connector.facts import Contact, Event
from connector.rulebook.conditions import Condition, Subject
from connector.rulebook.types import POINT, Model, Override, Rulebook
from connector.scoring.computed import as_values, in_points, rounded
from connector.scoring.doubts import address_domain, graded
from connector.scoring.evidence import gather, subject_of
from connector.scoring.fading import EngagementFade, Extent, Over, ProfileFade
from connector.scoring.leading import PhaseRace, Race, TopicRace
from connector.scoring.model import ModelJudge
from connector.scoring.turning import Ask, Span, Stretch, settle, turns_by_itself
from connector.scoring.verdict import Verdict

_MOST = 100 * POINT


class ProspectFinder:
    """One model of a rulebook, made ready once for many contacts."""

    def __init__(self, model: Model, rulebook: Rulebook) -> None:
        self._model = model
        self._fields = rulebook.fields
        self._zone = ZoneInfo(rulebook.fields.timezone)
        self._judge = ModelJudge(model, rulebook)
        self._engagement = EngagementFade(model.factors.engagement)
        self._profile = ProfileFade(model.factors.profile)
        self._phases = PhaseRace(model.factors.phase)
        self._topics = TopicRace(model)
        self._turning = tuple(one for one in _asked_of_facts(model) if turns_by_itself(one))

    def of(self, contact: Contact, known: Sequence[Event], day: date, verdict: Verdict) -> Prospect:
        """The prospect of one contact. `known` are her events, oldest first; `verdict` is the best of all models'."""
        model, zone = self._model, self._zone
        own = verdict if verdict.model == model.model else None
        if own is None and model.model in verdict.each:
            own = self._judge.judge(contact, known, day)
        if own is None and not self._turning:
            return Prospect(model.model, today=day.toordinal())
        events = graded(known, model.trust.doubts, address_domain(contact.fields, self._fields))
        subject = subject_of(events, day, zone, contact.fields)
        turning = tuple(settle(condition, subject) for condition in self._turning)
        if own is None or own.score is None:
            return Prospect(model.model, today=day.toordinal(), turning=turning)
        evidence = gather(contact, events, zone=zone, trust=model.trust, subject=subject)
        computed = {name: value for name, value in as_values(own).items() if name not in ("model", "audience")}
        seeing = Subject(day, {**contact.fields, **computed}, subject.events, zone)
        return Prospect(
            model.model,
            today=day.toordinal(),
            turning=turning,
            weighed=Weighed(
                verdict=own,
                today=day.toordinal(),
                steady=own.parts["fit"] + own.parts["reaction"],
                engagement=self._engagement.of(evidence),
                profile=self._profile.of(evidence),
                phases=self._phases.of(evidence),
                topics=self._topics.of(evidence),
                overrides=tuple((rule, settle(rule.when, seeing)) for rule in model.overrides),
                audience=None if model.audience is None else settle(model.audience.when, seeing),
            ),
        )


@dataclass(frozen=True, slots=True)
class Weighed:
    """The prospect of a score. `steady` are the points that only a new fact can change."""

    verdict: Verdict
    today: int
    steady: int
    engagement: Over
    profile: Over
    phases: Race
    topics: Race
    overrides: tuple[tuple[Override, Ask], ...]
    audience: Ask | None

    def leads(self, stretch: Stretch) -> bool:
        """Tell whether surely phase and first topic stay what they are today."""
        first, last = stretch.first - self.today, stretch.last - self.today
        topic = next(iter(self.verdict.topics), None)
        return self.phases.stays(self.verdict.phase, first, last) and self.topics.stays(topic, first, last)

    def score(self, stretch: Stretch) -> Outcome:
        """What the score comes to while phase and facts stay what they are."""
        first, last = stretch.first - self.today, stretch.last - self.today
        engagement, profile = self.engagement(first, last), self.profile(first, last)
        phase = self.phases.worth(self.verdict.phase, first, last)
        low = self.steady + phase.low + engagement.low + profile.low
        high = self.steady + phase.high + engagement.high + profile.high
        numbers = {"engagement": _in_points(engagement), "profile": _in_points(profile)}
        for rule, ask in self.overrides:
            answer = ask(_seen(stretch, numbers, low, high))
            if answer is not False:
                reached = _apply(rule, low), _apply(rule, high)
                low, high = reached if answer else (min(low, reached[0]), max(high, reached[1]))
        low, high = max(0, min(low, _MOST)), max(0, min(high, _MOST))
        return Outcome(low, high, _seen(stretch, numbers, low, high))

    def stays_audience(self, seen: Stretch) -> bool:
        """Tell whether surely the audience rule says on every day what it says today."""
        return self.audience is None or self.audience(seen) is self.verdict.audience


@dataclass(frozen=True, slots=True)
class Outcome:
    """Exact thousandths, at the least and at the most, and the stretch with the numbers that conditions see on it."""

    low: int
    high: int
    seen: Stretch


@dataclass(frozen=True, slots=True)
class Prospect:
    """One model: its conditions that a day can turn, and its score, if it is meant for her and there is enough."""

    model: str
    today: int
    turning: tuple[Ask, ...] = ()
    weighed: Weighed | None = None

    def stays(self, stretch: Stretch) -> bool:
        """Tell whether surely no trait and no `applies_to` turns, and phase and first topic stay."""
        now = Stretch(self.today, self.today)
        unturned = all(ask(stretch) is ask(now) for ask in self.turning)
        return unturned and (self.weighed is None or self.weighed.leads(stretch))


def _asked_of_facts(model: Model) -> Sequence[Condition]:
    """What is asked before anything is computed: whom the model is for, and every trait."""
    traits = [trait for persona in model.factors.fit.personas.values() for trait in persona.traits]
    traits += [*model.factors.fit.adjust, *model.knowledge.brand, *model.knowledge.offer]
    return [*([] if model.applies_to is None else [model.applies_to]), *(trait.when for trait in traits)]


def _seen(stretch: Stretch, numbers: Mapping[str, Span], low: int, high: int) -> Stretch:
    return Stretch(stretch.first, stretch.last, {**numbers, "score": Span(rounded(low), rounded(high))})


def _in_points(extent: Extent) -> Span:
    return Span(in_points(extent.low), in_points(extent.high))


def _apply(rule: Override, points: int) -> int:
    if rule.set is not None:
        return rule.set
    if rule.add is not None:
        return points + rule.add
    if rule.at_least is not None:
        return max(points, rule.at_least)
    return points if rule.at_most is None else min(points, rule.at_most)
