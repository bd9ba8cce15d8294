"""fields.yaml: what we call it ← where it lives."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from decimal import Decimal
from functools import cached_property
from typing import Annotated, Any, Literal
from zoneinfo import ZoneInfo, available_timezones

from pydantic import AfterValidator, Field, model_validator

from connector.rulebook.conditions import ASSET, COMPUTED
from connector.rulebook.folding import fold
from connector.rulebook.kinds import Days, Identifier, Share, Strict
from connector.rulebook.parse import JOINING
from connector.rulebook.spelling import did_you_mean


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
    """An act that HubSpot tells as a counter with the date and name of the last one, as joining named lists, as a property
    that `changed` to another value, or as `deals` of hers that were won or lost.
    """

    count: str | None = None
    last: str | None = None
    asset: str | None = None
    lists: tuple[str, ...] = ()
    changed: str | None = None
    deals: Literal["won", "lost"] | None = None

    @model_validator(mode="after")
    def _tells_something(self) -> HubSpotEvents:
        if not (self.lists or self.changed or self.deals or (self.count and self.last)):
            raise ValueError("give `count:` and `last:` (property names), `lists:`, `changed:` or `deals:`")
        return self


class EventMapping(Strict):
    """Where acts of one kind come from. `mailchimp` is ``activity.open|click|bounce|sent|unsub``, ``orders`` of connected
    stores, or ``events`` (custom ones, read with her own activity). With `submissions` the forms' own submissions are the
    acts, and HubSpot's counter is the bell that makes us read them.
    """

    hubspot: HubSpotEvents | None = None
    mailchimp: (
        Literal[
            "activity.open",
            "activity.click",
            "activity.bounce",
            "activity.sent",
            "activity.unsub",
            "orders",
            "events",
        ]
        | None
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
    """`lifecyclestage`, in the portal's own order. With `when: both` a fall is written as well, in two steps.

    `owner: platform`: what a person or HubSpot set higher stays. `owner: trellis`: only while it holds what we wrote last
    may a fall be written; what somebody else set since stays all the same.
    """

    hubspot: str = "lifecyclestage"
    when: Literal["forward", "both"] = "forward"
    owner: Literal["platform", "trellis"] = "platform"

    @model_validator(mode="after")
    def _one_owner(self) -> LifecycleWrite:
        if (self.when == "both") != (self.owner == "trellis"):
            raise ValueError("`when: both` goes with `owner: trellis`, `when: forward` with `owner: platform`")
        return self


Factor = Literal["fit", "phase", "engagement", "reaction", "profile"]


class Writes(Strict):
    """What is written back, and where. The core of design §4.4 is always written; names can be mapped.

    A key without `hubspot:` keeps its default there, so that who has Mailchimp alone need not name a property.
    """

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
    similarity: PropertyWrite | None = None
    phase: PropertyWrite | None = None
    segment: PropertyWrite | None = None
    model: PropertyWrite | None = None
    scored_at: PropertyWrite | None = None
    brief: PropertyWrite | None = None
    parts: Mapping[Factor, PropertyWrite] = Field(default_factory=dict)
    scores: Mapping[Identifier, PropertyWrite] = Field(default_factory=dict)
    lifecycle: LifecycleWrite | None = None

    @property
    def targets(self) -> Mapping[str, ScoreWrite | PropertyWrite | LifecycleWrite]:
        """Everything that is written or read back, by its key; `parts.fit` and `scores.acquisition` for those inside."""
        single = {
            name: target for name, target in self if isinstance(target, (ScoreWrite, PropertyWrite, LifecycleWrite))
        }
        parts = {f"parts.{name}": target for name, target in self.parts.items()}
        return {**single, **parts, **{f"scores.{name}": target for name, target in self.scores.items()}}

    @model_validator(mode="before")
    @classmethod
    def _default_properties(cls, data: Any) -> Any:
        if not isinstance(data, Mapping):
            return data
        return {
            key: {"hubspot": f"trellis_{key}", **value}
            if isinstance(value, Mapping) and key in cls.model_fields and key not in ("lifecycle", "parts", "scores")
            else value
            for key, value in data.items()
        }


class Quota(Strict):
    """Of HubSpot's calls a day, the `share` that bulk work may use up; the rest is left to other apps and to webhooks."""

    share: Share = Decimal("0.8")


@dataclass(frozen=True, slots=True)
class Counter:
    """HubSpot's properties that tell of acts of one kind: how many, when and of what the last one was."""

    kind: str
    count: str
    last: str | None
    asset: str | None


class FieldsFile(Strict):
    """fields.yaml: what we call it ← where it lives."""

    version: Literal[1]
    language: Literal["en", "es", "ca"] = "en"
    timezone: TimeZone = "UTC"
    marketing_contacts: bool = False
    quota: Quota = Quota()
    audiences: Mapping[Identifier, Audience] = Field(default_factory=dict)
    fields: Mapping[FieldName, FieldMapping]
    events: Mapping[Identifier, EventMapping] = Field(default_factory=dict)
    write: Writes = Writes()

    @cached_property
    def counters(self) -> tuple[Counter, ...]:
        """Every kind of act that a counter of HubSpot tells of."""
        told = ((kind, one.hubspot) for kind, one in self.events.items() if one.hubspot)
        return tuple(Counter(kind, one.count, one.last, one.asset) for kind, one in told if one.count)

    @cached_property
    def turns(self) -> tuple[tuple[str, str], ...]:
        """Every kind of act that is another value of a HubSpot property, with the property's name.

        What sales makes of a lead is one in any case: `sales_verdict`, unless `events` calls it otherwise.
        """
        told = ((kind, one.hubspot) for kind, one in self.events.items() if one.hubspot)
        named = tuple((kind, one.changed) for kind, one in told if one.changed)
        verdict = self.write.sales_verdict.hubspot
        said = "sales_verdict" in self.events or any(name == verdict for _, name in named)
        return named if said else (*named, ("sales_verdict", verdict))

    @cached_property
    def verdicts(self) -> frozenset[str]:
        """The kinds of act by which sales says what it makes of a lead."""
        return frozenset(kind for kind, name in self.turns if name == self.write.sales_verdict.hubspot)
