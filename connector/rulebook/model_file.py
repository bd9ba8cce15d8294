"""model*.yaml: from facts to a score."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date
from decimal import Decimal
from typing import Annotated, Any, Literal

from pydantic import Discriminator, Field, Tag, model_validator

from connector.rulebook.kinds import Days, Identifier, Points, Seconds, Strict, TextTest, Trusted, When
from connector.rulebook.units import POINT


class Rule(Strict):
    """What every rule carries: a stable id, the reason people read, who keeps it and until when it stands."""

    id: Identifier
    why: str | None = None
    owner: str | None = None
    review_by: date | None = None


class Trait(Rule):
    """A trait of a persona, or an adjustment of fit."""

    when: When
    points: Points


class Persona(Strict):
    label: str
    traits: tuple[Trait, ...] = Field(min_length=1)


class Fit(Strict):
    """Who she is: the best persona's points plus the adjustments, within 0 and max."""

    max: Points
    persona_minimum: Points = 0
    personas: Mapping[Identifier, Persona] = Field(default_factory=dict)
    adjust: tuple[Trait, ...] = ()


class Signal(Strict):
    """An act that speaks for a phase."""

    event: Identifier
    asset: TextTest | None = None


class PhaseRule(Strict):
    points: Points
    signals: tuple[Signal, ...] = Field(min_length=1)


class Phase(Strict):
    """How near she is to buying: points fade from the newest signal; the highest wins, a tie goes to the later phase."""

    max: Points
    half_life: Days
    phases: Mapping[Identifier, PhaseRule]


class Decay(Strict):
    """Exactly one of: halves every n days; falls in a line to nothing after n days; whole until day n, then nothing."""

    half_life: Days | None = None
    linear: Days | None = None
    cliff: Days | None = None

    @model_validator(mode="after")
    def _exactly_one(self) -> Decay:
        if sum(way is not None for way in (self.half_life, self.linear, self.cliff)) != 1:
            raise ValueError("give exactly one of half_life, linear, cliff")
        return self


class EngagementRule(Rule):
    event: Identifier
    asset: TextTest | None = None
    points: Points
    max_times: int | None = Field(None, ge=1, le=1000)
    within: Days | None = None


class Group(Strict):
    max: Points
    decay: Decay
    rules: tuple[EngagementRule, ...] = Field(min_length=1)


class Engagement(Strict):
    """What she did: points × trust × decay of the newest `max_times` acts, then the group's cap, then the factor's."""

    max: Points
    groups: Mapping[Identifier, Group] = Field(default_factory=dict)


Answer = Literal["clicked", "replied", "asked", "silent", "unsubscribed"]


class SilentAfter(Strict):
    mails: int = Field(3, ge=1)
    days: int = Field(14, ge=1)


class Silent(Strict):
    after: SilentAfter = SilentAfter()


class Reaction(Strict):
    """Her answer to the latest episode of a track."""

    max: Points
    take: Literal["best", "sum"] = "best"
    points: Mapping[Answer, Points] = Field(default_factory=dict)
    silent: Silent = Silent()
    lifts: Mapping[Answer, Identifier] = Field(default_factory=dict)
    bars: Mapping[Answer, Identifier] = Field(default_factory=dict)


class Freshness(Strict):
    half_life: Days


class Profile(Strict):
    """How complete, and how fresh, what we know of her is; weights are points."""

    max: Points
    completeness: Mapping[Identifier, Points] = Field(default_factory=dict)
    freshness: Freshness | None = None


class Factors(Strict):
    """The five factors; their maxima add up to 100."""

    fit: Fit
    phase: Phase
    engagement: Engagement
    reaction: Reaction
    profile: Profile

    @model_validator(mode="after")
    def _maxima_add_up(self) -> Factors:
        parts = (self.fit, self.phase, self.engagement, self.reaction, self.profile)
        total = sum(part.max for part in parts)
        if total != 100 * POINT:
            raise ValueError(f"the five maxima add up to {Decimal(total) / POINT:f}, not to 100: change one of them")
        return self


class Override(Rule):
    """In order, after the sum. Exactly one of: a floor (`at_least`), a ceiling (`at_most`), `set`, or `add`."""

    when: When
    at_least: Points | None = None
    at_most: Points | None = None
    set: Points | None = None
    add: Points | None = None

    @model_validator(mode="after")
    def _exactly_one(self) -> Override:
        if sum(way is not None for way in (self.at_least, self.at_most, self.set, self.add)) != 1:
            raise ValueError("give exactly one of at_least, at_most, set, add")
        return self


class KnownEvidence(Strict):
    """So many of these fields are known."""

    known: int = Field(ge=1)
    of: tuple[Identifier, ...] = Field(min_length=1)


class EventEvidence(Strict):
    """So many acts, not counting some kinds."""

    events: int = Field(ge=1)
    except_: tuple[Identifier, ...] = Field((), alias="except")


def _evidence_kind(raw: Any) -> str:
    return "events" if isinstance(raw, EventEvidence) or (isinstance(raw, Mapping) and "events" in raw) else "known"


Evidence = Annotated[
    Annotated[KnownEvidence, Tag("known")] | Annotated[EventEvidence, Tag("events")], Discriminator(_evidence_kind)
]


class MinimumEvidence(Strict):
    """Below it a contact is *not enough data*: never scored 0, never enrolled."""

    any: tuple[Evidence, ...] = Field(min_length=1)


Grade = Literal["unsure", "machine"]


class Prefetch(Strict):
    """An open so soon after a mail was sent over the same channel: no person is that quick."""

    within: Seconds
    grade: Grade = Field("machine", alias="is")


class Burst(Strict):
    """Clicks on so many different links over one channel within so short a time: something checks every link."""

    links: int = Field(ge=2, le=100)
    within: Seconds
    grade: Grade = Field("machine", alias="is")


class Gateways(Strict):
    """Domains of recipients behind a mail gateway that opens mails and follows links before people see them."""

    domains: tuple[str, ...] = Field(min_length=1)
    grade: Grade = Field("unsure", alias="is")


class Unsourced(Strict):
    """Acts of these kinds that name no asset: a counter that grew, and nobody knows by what."""

    events: tuple[Identifier, ...] = Field(min_length=1)
    grade: Grade = Field("unsure", alias="is")


class Doubts(Strict):
    """When an act is trusted less than its platform says. Asked anew with each judgement: a new line regrades the past."""

    prefetch: Prefetch | None = None
    bursts: tuple[Burst, ...] = ()
    gateways: Gateways | None = None
    unsourced: Unsourced | None = None


class TrustShares(Strict):
    """The share of its points that an act keeps, by who did it."""

    human: Trusted = POINT
    unsure: Trusted = POINT // 2
    machine: Trusted = 0
    doubts: Doubts = Doubts()


class AudienceRule(Rule):
    """Who reads everything and never buys: kept warm, and barred from every stage with a hand-over."""

    when: When


class Knowledge(Strict):
    """Does she know us, and what we offer? In percent of 100 points each; no part of the score, answers for sales."""

    brand: tuple[Trait, ...] = ()
    offer: tuple[Trait, ...] = ()


class Model(Strict):
    """model*.yaml: from facts to a score."""

    version: Literal[1]
    model: Identifier
    applies_to: When | None = None
    minimum_evidence: MinimumEvidence | None = None
    factors: Factors
    trust: TrustShares = TrustShares()
    overrides: tuple[Override, ...] = ()
    audience: AudienceRule | None = None
    knowledge: Knowledge = Knowledge()
    topics: Mapping[Identifier, TextTest] = Field(default_factory=dict)
