"""The rulebook: every key of `mappings/*.yaml`, as types. What loads here is complete, normalized and cannot change.

Points are integers in thousandths (`0.2` → 200); durations are whole days (`3w` → 21); both as promise 4 asks.
Validation that needs one file only happens here; `read.py` checks what needs several, and gives file, line and key.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from datetime import date
from decimal import Decimal
from typing import Annotated, Any, Literal
from zoneinfo import ZoneInfo, available_timezones

from pydantic import (
    AfterValidator,
    BaseModel,
    BeforeValidator,
    ConfigDict,
    Discriminator,
    Field,
    PlainSerializer,
    PlainValidator,
    Tag,
    model_validator,
)

from connector.rulebook.conditions import ASSET, COMPUTED, Condition
from connector.rulebook.folding import fold
from connector.rulebook.parse import (
    JOINING,
    parse_condition,
    parse_text_test,
    write_condition,
    write_text_test,
)
from connector.rulebook.spelling import did_you_mean
from connector.rulebook.units import POINT as POINT  # noqa: PLC0414  re-exported: it is the unit of every Points
from connector.rulebook.units import parse_days, parse_points, parse_share, write_days, write_points, write_share

Points = Annotated[int, BeforeValidator(parse_points), PlainSerializer(write_points)]
Days = Annotated[int, BeforeValidator(parse_days), PlainSerializer(write_days)]
Share = Annotated[Decimal, BeforeValidator(parse_share), PlainSerializer(write_share)]
When = Annotated[Condition, PlainValidator(parse_condition), PlainSerializer(write_condition)]
TextTest = Annotated[Condition, PlainValidator(parse_text_test), PlainSerializer(write_text_test)]
Identifier = Annotated[str, Field(pattern=r"^[a-z][a-z0-9_-]{0,62}$")]


def _not_reserved(name: str) -> str:
    if name in COMPUTED or name in JOINING or name == ASSET:
        raise ValueError(f'"{name}" means something else in conditions; choose another name, such as {name}_field')
    return name


def _time_zone(name: str) -> str:
    try:
        ZoneInfo(name)
    except (KeyError, ValueError, OSError):
        cure = did_you_mean(name, available_timezones()) or "write one like Europe/Madrid"
        raise ValueError(f'there is no time zone "{name}"; {cure}') from None
    return name


def _folded(values: Mapping[str, str]) -> dict[str, str]:
    """Keys as they are compared. Two that differ only by case or accents must mean the same."""
    folded: dict[str, str] = {}
    for key, value in values.items():
        if folded.setdefault(fold(key), value) != value:
            raise ValueError(f'"{key}" is there twice (case and accents do not count) with two meanings; keep one')
    return folded


FieldName = Annotated[Identifier, AfterValidator(_not_reserved)]
TimeZone = Annotated[str, AfterValidator(_time_zone)]
Values = Annotated[Mapping[str, str], AfterValidator(_folded)]


class Strict(BaseModel):
    """The base of every type here: unknown keys are refused, nothing changes after loading."""

    model_config = ConfigDict(extra="forbid", frozen=True, populate_by_name=True, allow_inf_nan=False)


# ---------------------------------------------------------------- fields.yaml


class Audience(Strict):
    """A Mailchimp audience: its list id, and the HubSpot subscription type that stands for the same mail."""

    list: str
    subscription: int | None = None


class FieldMapping(Strict):
    """Where one field lives. `or` is a second HubSpot property, read where the first is empty; `from: email` gives the
    address's domain. `values` translates what the platform says; its keys are kept as they are compared (folded).
    """

    hubspot: str | None = None
    mailchimp: str | None = None
    or_: str | None = Field(None, alias="or")
    from_: Literal["email"] | None = Field(None, alias="from")
    type: Literal["text", "number", "bool", "date", "datetime", "range", "stage"] | None = None
    values: Values = Field(default_factory=dict)

    @model_validator(mode="after")
    def _lives_somewhere(self) -> FieldMapping:
        if not (self.hubspot or self.mailchimp or self.from_):
            raise ValueError("a field needs `hubspot:`, `mailchimp:` or `from:`")
        return self


class HubSpotEvents(Strict):
    """An act that HubSpot tells as a counter with the date and name of the last one, or as joining named lists."""

    count: str | None = None
    last: str | None = None
    asset: str | None = None
    lists: tuple[str, ...] = ()

    @model_validator(mode="after")
    def _tells_something(self) -> HubSpotEvents:
        if not (self.lists or (self.count and self.last)):
            raise ValueError("give `count:` and `last:` (property names), or `lists:`")
        return self


class EventMapping(Strict):
    """Where acts of one kind come from. `mailchimp` is ``activity.open|click|bounce|sent|unsub``."""

    hubspot: HubSpotEvents | None = None
    mailchimp: (
        Literal["activity.open", "activity.click", "activity.bounce", "activity.sent", "activity.unsub"] | None
    ) = None
    submissions: bool = False


class ScoreWrite(Strict):
    """Where the score goes, and when a change is worth a write (promise 5)."""

    hubspot: str = "trellis_score"
    mailchimp: str | None = None
    min_change: int = Field(3, ge=1, le=100)
    at_least: Days = 7


class PropertyWrite(Strict):
    """A HubSpot property and, by choice, a merge field."""

    hubspot: str
    mailchimp: str | None = None


class LifecycleWrite(Strict):
    """`lifecyclestage`: forward only in the portal's own order; a person's or HubSpot's higher stage wins."""

    hubspot: str = "lifecyclestage"
    when: Literal["forward"] = "forward"
    owner: Literal["platform"] = "platform"


class Writes(Strict):
    """What is written back, and where. The core of design §4.4 is always written; names can be mapped."""

    score: ScoreWrite = ScoreWrite()
    stage: PropertyWrite = PropertyWrite(hubspot="trellis_stage")
    stage_since: PropertyWrite = PropertyWrite(hubspot="trellis_stage_since")
    why: PropertyWrite = PropertyWrite(hubspot="trellis_why")
    next: PropertyWrite = PropertyWrite(hubspot="trellis_next")
    track: PropertyWrite = PropertyWrite(hubspot="trellis_track")
    enrolled: PropertyWrite = PropertyWrite(hubspot="trellis_enrolled", mailchimp="TRACKMARK")
    exclude: PropertyWrite = PropertyWrite(hubspot="trellis_exclude")
    sales_verdict: PropertyWrite = PropertyWrite(hubspot="trellis_sales_verdict")
    persona: PropertyWrite | None = None
    phase: PropertyWrite | None = None
    lifecycle: LifecycleWrite | None = None


class FieldsFile(Strict):
    """fields.yaml: what we call it ← where it lives."""

    version: Literal[1]
    language: Literal["en", "es", "ca"] = "en"
    timezone: TimeZone = "UTC"
    marketing_contacts: bool = False
    audiences: Mapping[Identifier, Audience] = Field(default_factory=dict)
    fields: Mapping[FieldName, FieldMapping]
    events: Mapping[Identifier, EventMapping] = Field(default_factory=dict)
    write: Writes = Writes()


# ---------------------------------------------------------------- model.yaml


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


class TrustShares(Strict):
    human: Points = POINT
    unsure: Points = POINT // 2
    machine: Points = 0


class Model(Strict):
    """model*.yaml: from facts to a score."""

    version: Literal[1]
    model: Identifier
    applies_to: When | None = None
    minimum_evidence: MinimumEvidence | None = None
    factors: Factors
    trust: TrustShares = TrustShares()
    overrides: tuple[Override, ...] = ()


# ---------------------------------------------------------------- stages.yaml


class State(Strict):
    """A state beside the ladder (customer, suppressed, or one of your own): who is in it has no stage of the ladder."""

    when: When


class Stage(Strict):
    """A step of the ladder, lowest first. The first has no `enter`: everybody scored stands at least there."""

    id: Identifier
    label: str | None = None
    enter: When | None = None
    leave_below: Points | None = None
    minimum_stay: Days = 0
    lifecycle: str | None = None
    handover: bool = False


class StagesFile(Strict):
    version: Literal[1]
    states: Mapping[Identifier, State] = Field(default_factory=dict)
    stages: tuple[Stage, ...] = Field(min_length=1)


# ---------------------------------------------------------------- tracks.yaml


class HubSpotTarget(Strict):
    """A property that a workflow listens to, or a static list."""

    property: str | None = None
    list: str | None = None

    @model_validator(mode="after")
    def _exactly_one(self) -> HubSpotTarget:
        if (self.property is None) == (self.list is None):
            raise ValueError("give exactly one of property, list")
        return self


class MailchimpTarget(Strict):
    audience: Identifier
    tag: str = Field(max_length=100)


Assurance = Literal["verified", "confirmed", "none"]


class Enroll(Strict):
    """One way into a track; the first possible one is taken."""

    hubspot: HubSpotTarget | None = None
    mailchimp: MailchimpTarget | None = None
    listener: Assurance = "none"
    exit: Assurance = "none"

    @model_validator(mode="after")
    def _exactly_one(self) -> Enroll:
        if (self.hubspot is None) == (self.mailchimp is None):
            raise ValueError("give exactly one of hubspot, mailchimp")
        return self


class Mails(Strict):
    count: int = Field(ge=0)
    name: TextTest | None = None


class Asks(Strict):
    event: Identifier
    asset: TextTest | None = None


class Track(Strict):
    """One nurturing path."""

    aim: Literal["win", "retain", "recover", "reactivate"]
    label: str | None = None
    when: When
    enroll: tuple[Enroll, ...] = Field(min_length=1)
    subscription: int | None = None
    mails: Mails | None = None
    asks: Asks | None = None
    lasts: Days
    exit_when: When | None = None
    reenter_after: Days | None = None
    priority: int = 0


class Touches(Strict):
    max: int = Field(ge=0)
    per: Days


class Dosing(Strict):
    touches: Touches | None = None
    hold_after_rise: Days = 0
    one_track: bool = True


def _hours(text: str) -> str:
    match = re.fullmatch(r"([01]\d|2[0-4]):([0-5]\d)-([01]\d|2[0-4]):([0-5]\d)", text.strip(), re.ASCII)
    if match is None or not match[1] + match[2] < match[3] + match[4] <= "2400":
        raise ValueError('write opening and closing like "09:00-18:00", within "00:00-24:00"')
    return text


def _weekdays(text: str) -> str:
    day = "(mon|tue|wed|thu|fri|sat|sun)"
    if not re.fullmatch(rf"{day}(-{day})?(,{day}(-{day})?)*", text.lower().replace(" ", "")):
        raise ValueError("write days like mon-fri or mon,wed,fri")
    return text


Hours = Annotated[str, AfterValidator(_hours)]
Weekdays = Annotated[str, AfterValidator(_weekdays)]


class Calendar(Strict):
    """When an enrollment may be made, in the team's time zone."""

    days: Weekdays = "mon-sun"
    hours: Hours = "00:00-24:00"
    holidays: tuple[date, ...] = ()


class OwnerRule(Strict):
    round_robin: tuple[str, ...] = Field(min_length=1)


class TaskRule(Strict):
    title: str
    due: Days = 1


class Handover(Strict):
    owner: OwnerRule | None = None
    task: TaskRule | None = None
    sla: Days | None = None


class StageMoves(Strict):
    share: Share = Decimal("0.10")
    count: int = Field(500, ge=0)


class Guard(Strict):
    """Beyond these in a sliding 24 h, the rest is held for a person (promise 6)."""

    stage_moves: StageMoves = StageMoves()
    enrollments: int = Field(500, ge=0)


class Holdout(Strict):
    share: Share = Decimal(0)


class TracksFile(Strict):
    version: Literal[1]
    tracks: Mapping[Identifier, Track] = Field(default_factory=dict)
    dosing: Dosing = Dosing()
    calendar: Calendar = Calendar()
    handover: Handover | None = None
    guard: Guard = Guard()
    holdout: Holdout = Holdout()


class Rulebook(Strict):
    """Everything that decides. `hash` names its normalized content: same hash, same decisions."""

    fields: FieldsFile
    models: tuple[Model, ...] = Field(min_length=1)
    stages: StagesFile
    tracks: TracksFile
    hash: str
    source: Mapping[str, Any] = Field(default_factory=dict, repr=False)
