"""tracks.yaml: nurturing paths, and how much of them, when, and to whom sales is told."""

from __future__ import annotations

from collections.abc import Mapping
from functools import cached_property
from typing import Literal

from pydantic import Field, model_validator

from connector.rulebook.conditions import Condition, Every, Not
from connector.rulebook.dosing_file import Calendar, Dosing, Guard, Holdout, Rectify, Touches
from connector.rulebook.kinds import Address, Days, Identifier, Strict, TextTest, When
from connector.rulebook.ways_file import Enroll, SegmentTag, SegmentTarget


class Mails(Strict):
    count: int = Field(ge=0)
    name: TextTest | None = None


class Asks(Strict):
    event: Identifier
    asset: TextTest | None = None


Aim = Literal["win", "retain", "recover", "reactivate"]


class Track(Strict):
    """One nurturing path.

    `role`: a *reminder* is a light touch that may be given while one waits after a rise; *closing* is the short path of
    those whom sales has, which needs a `cap`. `cap` is a budget of touches in place of the general one. `stops_on` are
    kinds of acts that end it when they happen on it, besides those that end every track.
    """

    aim: Aim
    label: str | None = None
    role: Literal["nurture", "reminder", "closing"] = "nurture"
    when: When
    enroll: tuple[Enroll, ...] = Field(min_length=1)
    subscription: int | None = None
    mails: Mails | None = None
    asks: Asks | None = None
    lasts: Days
    exit_when: When | None = None
    stops_on: tuple[Identifier, ...] = ()
    reenter_after: Days | None = None
    cap: Touches | None = None
    priority: int = 0

    @model_validator(mode="after")
    def _closing_is_capped(self) -> Track:
        if self.role == "closing" and self.cap is None:
            raise ValueError("role: closing needs a hard cap, such as cap: {max: 2, per: 14d}")
        return self


class Goal(Strict):
    """Whom an aim is for."""

    when: When


class Segment(Strict):
    """A list or tag that is kept in line with who stands where, for smart content and calls to action. Enrolls nobody."""

    when: When
    hubspot: SegmentTarget | None = None
    mailchimp: SegmentTag | None = None

    @model_validator(mode="after")
    def _somewhere(self) -> Segment:
        if self.hubspot is None and self.mailchimp is None:
            raise ValueError("say where it is kept: hubspot: {list: …}, mailchimp: {audience: …, tag: …}, or both")
        return self


class Territory(Strict):
    """Those who are handed over to these owners by turns, by place, product or whatever else `when` asks."""

    when: When
    round_robin: tuple[Address, ...] = Field(min_length=1)


class OwnerRule(Strict):
    """Who gets a hand-over: the first of `territories` that holds, else everybody by turns. E-mail addresses of users."""

    territories: tuple[Territory, ...] = ()
    round_robin: tuple[Address, ...] = Field(min_length=1)


class TaskRule(Strict):
    title: str
    due: Days = 1


class Handover(Strict):
    """What happens when a stage with `handover: true` is entered.

    `sla`: within so many working days somebody must have touched her (a verdict, the task done, contacted since). Else
    `overdue` says what happens besides being listed and told by an alert: with `reroute`, the next in turn gets her, if
    the owner is still the one that Trellis set. `note`: the brief as a note, too; notes count as activity in HubSpot.
    `verdict_lasts`: for so long a verdict of sales stands. Whom they accepted is not handed over again, whom they rejected
    does not come up to such a stage, but by what she does anew.
    """

    owner: OwnerRule | None = None
    task: TaskRule | None = None
    note: bool = False
    sla: Days | None = Field(None, ge=1)
    overdue: Literal["alert", "reroute"] = "alert"
    verdict_lasts: Days = Field(90, ge=1)

    @model_validator(mode="after")
    def _somebody_is_late(self) -> Handover:
        if self.sla is not None and self.owner is None and self.task is None:
            raise ValueError("sla needs somebody who can be late: add owner, task, or both")
        if self.overdue == "reroute" and (self.sla is None or self.owner is None):
            raise ValueError("overdue: reroute needs sla, and owner, who is next in turn")
        return self


class TracksFile(Strict):
    """tracks.yaml.

    `aims` say whom an aim is for, the first that holds; tracks of an aim that stands there are for nobody else. An aim
    that does not stand there asks for nothing but its tracks' own `when`.
    """

    version: Literal[1]
    aims: Mapping[Aim, Goal] = Field(default_factory=dict)
    tracks: Mapping[Identifier, Track] = Field(default_factory=dict)
    segments: Mapping[Identifier, Segment] = Field(default_factory=dict)
    dosing: Dosing = Dosing()
    rectify: Rectify = Rectify()
    calendar: Calendar = Calendar()
    handover: Handover | None = None
    guard: Guard = Guard()
    holdout: Holdout = Holdout()

    @cached_property
    def whom(self) -> Mapping[str, Condition]:
        """For whom each track is: its `when`, and, where its aim stands in `aims`, that no aim before it holds, and it does."""
        return {name: self._whom(track) for name, track in self.tracks.items()}

    @cached_property
    def asked(self) -> tuple[Condition, ...]:
        """Every condition on which it hangs who may be on which track, by which way, and in which segment."""
        tracks = tuple(self.tracks.values())
        whom = (*(aim.when for aim in self.aims.values()), *(segment.when for segment in self.segments.values()))
        ways = (way.when for track in tracks for way in track.enroll)
        found = (*whom, *(track.when for track in tracks), *(track.exit_when for track in tracks), *ways)
        return tuple(one for one in found if one is not None)

    def _whom(self, track: Track) -> Condition:
        if track.aim not in self.aims:
            return track.when
        order = list(self.aims)
        before = (Not(self.aims[aim].when) for aim in order[: order.index(track.aim)])
        return Every((track.when, self.aims[track.aim].when, *before))
