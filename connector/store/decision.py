"""What one judgement of one contact came to, as the store is told of it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date, datetime
from typing import Any

from connector.store.membership import Belonging
from connector.store.people import TrackMemory


@dataclass(frozen=True, slots=True)
class Entering:
    """Enroll in a track, for one episode, by the first of `ways` that is possible: mappings of source, key, segment.

    Where not all may enter at once, those with the highest `priority` go first, then those with the highest score.
    """

    track: str
    episode: int
    ways: tuple[Mapping[str, Any], ...]
    subscription: str | None
    not_before: datetime
    why: str
    priority: int = 0


@dataclass(frozen=True, slots=True)
class Leaving:
    """Take out of a track, by the channel that she entered by."""

    track: str
    episode: int
    key: str
    why: str


@dataclass(frozen=True, slots=True)
class HandingOver:
    """Give to sales: owners by e-mail, in turn, a task with its text and due time, and the text as a note; each may be absent."""

    owners: tuple[str, ...] = ()
    task: str | None = None
    brief: str = ""
    due: datetime | None = None
    note: bool = False


@dataclass(frozen=True, slots=True)
class Move:
    """A step to another stage; `before` None is the first placement. `cause` is a rule's id or a plain word."""

    before: str | None
    after: str
    cause: str
    rise: bool


@dataclass(frozen=True, slots=True)
class Judgement:
    """All that one judgement of one contact came to. `position` and `revision` are those of the `Person` judged.

    `writes` are values by source; `enters` is the whole present wish: an open enrollment that is not repeated in it is
    over; `belongs` are the lists and tags on which she should stand. `due` is the first day on which time alone may
    change the verdict (None: never), `digest` a number that differs where what the verdict says does; `receipt` is the
    caller's own packing. With `hold` (a reason) the intents wait for a person. At the baseline nobody enters, leaves or
    is handed over. Of the tracks in `undecided` nobody can say now whether she may enter: what a person approved waits.
    `refusal` is what speaks against any mail to her, if something does: enrollments that are over say so.
    """

    contact: int
    position: int
    revision: int
    day: date
    rulebook: str
    model: str
    score: int | None
    exact: int
    stage: str
    since: date
    persona: str | None
    phase: str | None
    due: date | None
    receipt: bytes = field(repr=False)
    digest: int = 0
    move: Move | None = None
    tracks: Mapping[str, TrackMemory] = field(default_factory=dict)
    belongs: tuple[Belonging, ...] = ()
    writes: Mapping[str, Mapping[str, str]] = field(default_factory=dict)
    enters: tuple[Entering, ...] = ()
    leaves: tuple[Leaving, ...] = ()
    handover: HandingOver | None = None
    handed_over: bool = False
    baseline: bool = False
    hold: str = ""
    undecided: frozenset[str] = frozenset()
    refusal: str = ""

    def __post_init__(self) -> None:
        if self.baseline and (self.enters or self.leaves or self.handover):
            raise ValueError("at the baseline nobody is enrolled, taken out or handed over (promise 6)")
