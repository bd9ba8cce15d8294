"""What nurturing decides: intents to enroll, leave or hand over, and why somebody is not enrolled. Pure data."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date, datetime
from enum import StrEnum
from types import MappingProxyType


@dataclass(frozen=True, slots=True)
class Way:
    """One way into a track as the rulebook names it. `source` is ``hubspot`` or ``mailchimp:<audience>``;
    `key` is the channel's key (see adapters/ports.py EnrollmentChannel).
    """

    source: str
    key: str
    segment: bool = False  # no listener: no episode, no dose, no reaction
    entry_only: bool = False  # leaving ends no mail


@dataclass(frozen=True, slots=True)
class Enter:
    """Enroll one contact in one track, once, for one episode, by the first of `ways` that is possible for her."""

    contact: int
    track: str
    episode: int
    ways: tuple[Way, ...]
    subscription: str | None  # HubSpot subscription type the track's mail belongs to
    not_before: datetime
    why: str


@dataclass(frozen=True, slots=True)
class Leave:
    """Take one contact out of a track she is on."""

    contact: int
    track: str
    episode: int
    key: str
    why: str


@dataclass(frozen=True, slots=True)
class HandOver:
    """Give one contact to sales: an owner (kept if a person set one), a task and, by choice, a note."""

    contact: int
    stage: str
    owners: tuple[str, ...]  # e-mails in turn: the first who works in the portal gets her
    task: str | None  # title, already filled in
    due: datetime | None
    note: bool = False


@dataclass(frozen=True, slots=True)
class NotEnrolled:
    """Why a contact who matches a track is not enrolled, and when it may be asked again."""

    contact: int
    track: str
    reason: str
    again: date | None = None


@dataclass(frozen=True, slots=True)
class TrackState:
    """What the store remembers per contact and track between judgements.

    `matched` since `matched_since`; `at_baseline`: she matched already when the baseline was taken and has not left
    since, so she may not enter by matching (promise 6).
    """

    track: str
    matched: bool
    matched_since: date
    at_baseline: bool


@dataclass(frozen=True, slots=True)
class Hearing:
    """What the portal's workflows were last seen to do about ways, each a (track, key); empty where nobody looked.

    `deaf`: `listener: verified`, and no switched-on workflow listens. `runs_on`: `exit: verified`, and leaving was seen to
    end no mail.
    """

    deaf: frozenset[tuple[str, str]] = frozenset()
    runs_on: frozenset[tuple[str, str]] = frozenset()


class Tended(StrEnum):
    """Where she stands in nurturing; what people read is in the language files."""

    GATE = "gate"  # not scored, too little evidence, a verdict of an earlier day, or consent unread: nothing begins
    OUT = "out"  # she may not be mailed, or stands where no track is for her
    FREE = "free"  # nothing is under way, and nothing keeps a track from beginning
    ENTERS = "enters"  # a track is to begin: consent, the guard and the hour are asked before it does
    ON_TRACK = "on_track"
    CLOSING = "closing"  # on a track with `role: closing`
    HOLD = "hold"  # after a rise: only reminders, until a day or a signal
    RECTIFY = "rectify"  # she changes over, or rests because she has had enough
    DOSED = "dosed"  # she has had enough touches for now, or the mails of a track that she left may run on


@dataclass(frozen=True, slots=True)
class Standing:
    """How she is tended now: on which track, until which day that holds at the longest, and the reason code behind it
    (a `Held`, a `Left` or a facts.Refusal).
    """

    state: Tended
    track: str | None = None
    until: date | None = None
    cause: str = ""


@dataclass(frozen=True, slots=True)
class Memory:
    """Everything about one contact's past that nurturing needs, besides facts.Contact."""

    tracks: Mapping[str, TrackState] = field(default_factory=lambda: MappingProxyType({}))
    stage_rose: date | None = None
    touches: tuple[datetime, ...] = ()  # enrollments and mails we know of, any channel
    handed_over: bool = False  # within the present standing in a handover stage
    markers: Mapping[str, int] = field(default_factory=lambda: MappingProxyType({}))  # highest episode seen per track
    hearing: Hearing = Hearing()
    rolled_back: bool = False  # nobody has judged her yet since a release was rolled back


@dataclass(frozen=True, slots=True)
class Plan:
    """All that nurturing wants for one contact after one judgement, and how she stands once it is done."""

    enter: tuple[Enter, ...] = ()
    leave: tuple[Leave, ...] = ()
    handover: HandOver | None = None
    refused: tuple[NotEnrolled, ...] = ()
    tracks: Mapping[str, TrackState] = field(default_factory=lambda: MappingProxyType({}))
    standing: Standing = Standing(Tended.GATE)
    segments: frozenset[str] = frozenset()  # those that she belongs to now
    paused: bool = (
        False  # no workflow should mail her now (`dosing.paused_list`): she may not be mailed, or is left in peace
    )
    quiet_until: date | None = None  # the day on which time alone may end that she is left in peace
