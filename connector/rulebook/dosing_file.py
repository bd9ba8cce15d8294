"""tracks.yaml: how much, when, and how much at once."""

from __future__ import annotations

import re
from collections.abc import Mapping
from datetime import date
from decimal import Decimal
from typing import Annotated

from pydantic import AfterValidator, Field, model_validator

from connector.rulebook.kinds import Address, Days, Identifier, Name, Share, Strict
from connector.rulebook.model_file import Answer


class Touches(Strict):
    """At most so many in so many days, over all channels: enrollments, and the mails and calls that platforms tell of."""

    max: int = Field(ge=0)
    per: Days


class Dosing(Strict):
    """Not the same amount for all, and not all at once.

    `by_stage` are budgets of stages in place of `touches`. `hold_until` are kinds of acts that end the wait after a rise
    before its days are over. `per_hour` and `per_day` bound the enrollments of everybody together. `paused_list` names the
    static list of those whom no workflow should mail now; the admin adds it to workflows as a suppression list.
    """

    touches: Touches | None = None
    by_stage: Mapping[Identifier, Touches] = Field(default_factory=dict)
    hold_after_rise: Days = 0
    hold_until: tuple[Identifier, ...] = ()
    one_track: bool = True
    per_hour: int | None = Field(None, ge=1)
    per_day: int | None = Field(None, ge=1)
    paused_list: Name | None = None

    @model_validator(mode="after")
    def _an_hour_is_less_than_a_day(self) -> Dosing:
        if self.per_hour is not None and self.per_day is not None and self.per_hour > self.per_day:
            raise ValueError(
                "per_hour lies above per_day, so it would never hold anybody back: lower it, or leave it out"
            )
        return self


class Annoyed(Strict):
    """Less for those who show that they have had enough.

    By one of these kinds of acts, or by one of these answers to her latest track: she leaves the track she is on, enters
    none for `rest`, and is then asked by another channel first, if `other_channel`.
    """

    events: tuple[Identifier, ...] = ()
    answers: tuple[Answer, ...] = ()
    rest: Days
    other_channel: bool = False


class Pleased(Strict):
    """More for those who answer: after one of these kinds of acts a wait is over, and the budget grows by `more`."""

    events: tuple[Identifier, ...] = Field(min_length=1)
    more: int = Field(0, ge=0)
    within: Days = 14


class Rectify(Strict):
    """What is mended on the way, each with its cause.

    `interest`: she is on a track that is not for her any more, and another one of the same aim is: she changes over,
    where leaving ends the mails of the old one.
    """

    interest: bool = False
    annoyed: Annoyed | None = None
    pleased: Pleased | None = None


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


class StageMoves(Strict):
    share: Share = Decimal("0.10")
    count: int = Field(500, ge=0)


class Guard(Strict):
    """Beyond these in a sliding 24 h, the rest is held for a person (promise 6).

    `tell` is the e-mail address of a HubSpot user who gets a task when something is held.
    """

    stage_moves: StageMoves = StageMoves()
    enrollments: int = Field(500, ge=0)
    tell: Address | None = None


class Holdout(Strict):
    share: Share = Decimal(0)
