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
from connector.scoring.model import ModelJudge
from connector.scoring.outlook.fading import EngagementFade, Extent, Over, ProfileFade
from connector.scoring.outlook.leading import PhaseRace, Race, TopicRace
from connector.scoring.outlook.turning import Ask, Span, Stretch, settle, turns_by_itself
from connector.scoring.overrides import applied
from connector.scoring.verdict import Verdict

_MOST = 100 * POINT


class ProspectFinder:
    """One model of a rulebook, made ready once for many contacts."""

    def __init__(self, model: Model, rulebook: Rulebook) -> None:
        self.model = model
        self._fields = rulebook.fields
        self._zone = ZoneInfo(rulebook.fields.timezone)
        self._judge = ModelJudge(model, rulebook)
        self._engagement = EngagementFade(model.factors.engagement)
        self._profile = ProfileFade(model.factors.profile)
        self._phases = PhaseRace(model.factors.phase)
        self._topics = TopicRace(model)
        self._turning = tuple(one for one in _asked_of_facts(model) if turns_by_itself(one))

    def believed(self, contact: Contact, known: Sequence[Event]) -> tuple[Event, ...]:
        """The events that were `known`, oldest first, trusted as far as this model's doubts leave them."""
        return graded(known, self.model.trust.doubts, address_domain(contact.fields, self._fields))

    def verdict(self, contact: Contact, known: Sequence[Event], best: Verdict) -> Verdict | None:
        """What this model says of her, where `best` is the best of all models' verdicts; None: it is not meant for her."""
        if best.model == self.model.model:
            return best
        return self._judge.judge(contact, known, best.day) if self.model.model in best.each else None

    def of(self, contact: Contact, events: tuple[Event, ...], verdict: Verdict | None, day: date) -> Prospect:
        """The prospect of one contact: `events` as `believed`, `verdict` this model's."""
        model, zone, today = self.model, self._zone, day.toordinal()
        subject = subject_of(events, day, zone, contact.fields)
        turning = tuple(settle(condition, subject) for condition in self._turning)
        if verdict is None or verdict.score is None:
            return Prospect(model.model, today=today, turning=turning)
        evidence = gather(contact, events, zone=zone, trust=model.trust, subject=subject)
        computed = {name: value for name, value in as_values(verdict).items() if name not in ("model", "audience")}
        seeing = Subject(day, {**contact.fields, **computed}, subject.events, zone)
        return Prospect(
            model.model,
            today=today,
            turning=turning,
            weighed=Weighed(
                verdict=verdict,
                today=today,
                steady=verdict.parts["fit"] + verdict.parts["reaction"],
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

    def keeps_phase(self, stretch: Stretch) -> bool:
        """Tell whether surely her phase stays what it is today."""
        return self.phases.stays(self.verdict.phase, stretch.first - self.today, stretch.last - self.today)

    def keeps_topic(self, stretch: Stretch) -> bool:
        """Tell whether surely her first topic stays what it is today."""
        topic = next(iter(self.verdict.topics), None)
        return self.topics.stays(topic, stretch.first - self.today, stretch.last - self.today)

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
                reached = applied(rule, low), applied(rule, high)
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
        """Tell whether surely no trait and no `applies_to` turns, and her phase stays."""
        now = Stretch(self.today, self.today)
        unturned = all(ask(stretch) is ask(now) for ask in self.turning)
        return unturned and (self.weighed is None or self.weighed.keeps_phase(stretch))


def _asked_of_facts(model: Model) -> Sequence[Condition]:
    """What is asked before anything is computed: whom the model is for, and every trait."""
    traits = [trait for persona in model.factors.fit.personas.values() for trait in persona.traits]
    traits += [*model.factors.fit.adjust, *model.knowledge.brand, *model.knowledge.offer]
    return [*([] if model.applies_to is None else [model.applies_to]), *(trait.when for trait in traits)]


def _seen(stretch: Stretch, numbers: Mapping[str, Span], low: int, high: int) -> Stretch:
    return Stretch(stretch.first, stretch.last, {**numbers, "score": Span(rounded(low), rounded(high))})


def _in_points(extent: Extent) -> Span:
    return Span(in_points(extent.low), in_points(extent.high))
