"""What counts on one day: a contact's acts that had happened, and were known, by then.

The order in which events arrived leaves no trace here: acts are sorted by when they happened and by their key.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from functools import lru_cache
from zoneinfo import ZoneInfo

from connector.facts import Contact, Event, Trust, Value
from connector.rulebook.conditions import Condition, Subject, asset_holds
from connector.rulebook.types import Rulebook, TrustShares
from connector.scoring.decay import age, day_of
from connector.scoring.doubts import address_domain, graded

#: An act that we learn of later than this after it happened was told late.
_LATE = timedelta(days=1)


@dataclass(frozen=True, slots=True)
class Act:
    """One event, with its day and age in the team's time zone and the share of trust it has (thousandths)."""

    event: Event
    day: date
    age: int
    trust: int

    @property
    def late(self) -> bool:
        """True when we could know of it only more than a day after it happened."""
        return self.event.known_at - self.event.happened_at > _LATE


@dataclass(frozen=True, slots=True)
class Evidence:
    """A contact on a day: her acts by kind, newest first, and the subject that conditions are asked of."""

    contact: Contact
    day: date
    zone: ZoneInfo
    acts: Mapping[str, tuple[Act, ...]]
    subject: Subject


def known_events(contact: Contact, zone: ZoneInfo, day: date, known_by: datetime | None) -> tuple[Event, ...]:
    """The events that had happened by the end of `day` and were known at `known_by` (None: all), oldest first."""
    midnight = datetime.combine(day + timedelta(days=1), time(), tzinfo=zone).astimezone(UTC)
    events = [
        event
        for event in contact.events
        if event.happened_at < midnight and (known_by is None or event.known_at <= known_by)
    ]
    events.sort(key=lambda event: (event.happened_at, event.key))
    return tuple(events)


def believed_events(
    contact: Contact, rulebook: Rulebook, model: str, day: date, known_by: datetime | None
) -> tuple[Event, ...]:
    """The events known by then, trusted as far as the doubts of that model leave them (no such model: as told)."""
    events = known_events(contact, ZoneInfo(rulebook.fields.timezone), day, known_by)
    doubts = next((one.trust.doubts for one in rulebook.models if one.model == model), None)
    return events if doubts is None else graded(events, doubts, address_domain(contact.fields, rulebook.fields))


def subject_of(events: tuple[Event, ...], day: date, zone: ZoneInfo, values: Mapping[str, Value]) -> Subject:
    """What conditions are asked of. What certainly a machine did is not among the events: nobody *did* it."""
    return Subject(day, values, tuple(event for event in events if event.trust != Trust.MACHINE), zone)


def gather(
    contact: Contact, events: tuple[Event, ...], *, zone: ZoneInfo, trust: TrustShares, subject: Subject
) -> Evidence:
    """Lay out `events` (as `known_events` gives them) for the factors of one model."""
    shares = {Trust.HUMAN: trust.human, Trust.UNSURE: trust.unsure, Trust.MACHINE: trust.machine}
    acts: dict[str, list[Act]] = {}
    for event in reversed(events):
        happened = day_of(event.happened_at, zone)
        acts.setdefault(event.kind, []).append(Act(event, happened, age(happened, subject.day), shares[event.trust]))
    return Evidence(contact, subject.day, zone, {kind: tuple(of_kind) for kind, of_kind in acts.items()}, subject)


def asset_test(test: Condition | None) -> Callable[[str], bool]:
    """A test of an asset's name that remembers its answers: the same few pages and forms come again and again."""
    if test is None:
        return lambda _: True

    @lru_cache(maxsize=4096)
    def passes(asset: str) -> bool:
        return asset_holds(test, asset)

    return passes
