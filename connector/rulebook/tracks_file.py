"""tracks.yaml: nurturing paths, and how much of them, when, and to whom sales is told."""

from __future__ import annotations

import re
from collections.abc import Mapping
from datetime import date
from decimal import Decimal
from typing import Annotated, Literal

from pydantic import AfterValidator, Field, model_validator

from connector.rulebook.kinds import Days, Identifier, Share, Strict, TextTest, When


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
