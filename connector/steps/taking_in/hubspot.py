"""Deliveries of HubSpot: everybody whom a batch names is read once, 100 in a call (facts/hubspot.md §6.2)."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import dataclass, field
from functools import partial
from math import ceil

from adapters.hubspot_port import HubSpotPort
from adapters.ports import PlatformRefused
from connector.steps.parts import HUBSPOT, Parts
from connector.steps.reading.companies import refresh_companies
from connector.steps.reading.groups import in_groups
from connector.steps.reading.intake import read_by_ids
from connector.steps.reading.refusals import unless_refused
from connector.steps.taking_in.apart import read_apart, somebody_else
from connector.steps.taking_in.batch import UNREAD, Round, Taken, list_unread, listed_unread
from connector.steps.taking_in.echoes import echoes
from connector.steps.taking_in.hubspot_events import HubSpotEvent, Meaning, read_events
from connector.steps.taking_in.portal_id import foreign
from connector.store import companies, inbox, ledger
from connector.store.engine import writer_lock
from connector.store.inbox import Delivery, End, Ending

#: Ten calls, of which several may be under way at once; between such groups a worker looks whether it is to stop.
_GROUP = 1000
_IN_A_CALL = 100

_NOTHING_NEW = "told before"
_ECHO = "echo of our own write"
_FOREIGN = "of another portal"
_POLLED = "of objects that are read by polling"


@dataclass(slots=True)
class _Sorted:
    """One delivery: the events to act on, those that nobody understands, and how many others there are, by reason."""

    delivery: Delivery
    events: list[HubSpotEvent] = field(default_factory=list)
    strange: list[HubSpotEvent] = field(default_factory=list)
    passed: Counter[str] = field(default_factory=Counter)

    def ids(self, *meanings: Meaning) -> set[str]:
        return {id_ for one in self.events if one.meaning in meanings for id_ in one.ids}


def take_in_hubspot(round_: Round, batch: Sequence[Delivery]) -> Taken:
    """Take a batch in and say how each delivery ends. Raises PlatformError, Stopped; then nothing of it has an ending."""
    parts, port = round_.parts, round_.parts.hubspot
    if port is None:
        return Taken({one.id: _end_while_off(one) for one in batch})
    ends: dict[int, End] = {}
    events: dict[int, Sequence[HubSpotEvent]] = {}
    for one in batch:
        told = read_events(one.body)
        if told is None:
            ends[one.id] = End(Ending.UNKNOWN, "not a JSON array of events")
        else:
            events[one.id] = told
    rows = _sort(parts, port, [one for one in batch if one.id in events], events)
    _erase(parts, rows)
    calls = _read(round_, port, rows)
    unread = listed_unread(parts, HUBSPOT, {id_ for row in rows for id_ in row.ids(Meaning.READ)})
    for row in rows:
        ends[row.delivery.id] = _end(row, unread)
    seen = [one.key for row in rows for one in (*row.events, *row.strange) if one.key is not None]
    return Taken(ends, seen, calls)


def _end_while_off(delivery: Delivery) -> End:
    """Without a token nobody can ask whose portal it is; and an erasure is told once, and found by no poll."""
    if any(one.meaning is Meaning.ERASE for one in read_events(delivery.body) or ()):
        return End(Ending.UNKNOWN, "somebody is to be erased, and HubSpot is off")
    return End(Ending.IGNORED, "HubSpot is off")


def _sort(
    parts: Parts, port: HubSpotPort, batch: Sequence[Delivery], events: Mapping[int, Sequence[HubSpotEvent]]
) -> Sequence[_Sorted]:
    """Each event is looked at once, in the oldest delivery that tells of it; of one that is replayed, every event."""
    keys = {one.key for delivery in batch if not delivery.replayed for one in events[delivery.id]} - {None}
    with parts.engine.connect() as conn:
        new = inbox.unseen(conn, [key for key in keys if key is not None])
    rows = []
    for delivery in batch:
        row = _Sorted(delivery)
        for one in events[delivery.id]:
            if delivery.replayed or one.key is None or one.key in new:
                row.events.append(one)
                new.discard(one.key or "")
            else:
                row.passed[_NOTHING_NEW] += 1
        rows.append(row)
    left = [one for row in rows for one in row.events]
    others, ours = foreign(parts, port, left), echoes(parts, left)
    for row in rows:
        kept: list[HubSpotEvent] = []
        for one in row.events:
            if one.portal in others:
                row.passed[_FOREIGN] += 1
            elif one.meaning is Meaning.STRANGE:
                row.strange.append(one)
            elif one.meaning is Meaning.POLLED:
                row.passed[_POLLED] += 1
            elif one in ours and not row.delivery.replayed:
                row.passed[_ECHO] += 1
            else:
                kept.append(one)
        row.events = kept
    return rows


def _erase(parts: Parts, rows: Sequence[_Sorted]) -> None:
    """Ids are an object type's own: a company may have the same one."""
    for id_ in sorted({id_ for row in rows for id_ in row.ids(Meaning.ERASE)}):
        with parts.engine.begin() as conn:
            writer_lock(conn)
            ledger.forget_record(conn, HUBSPOT, id_, parts.now())


def _read(round_: Round, port: HubSpotPort, rows: Sequence[_Sorted]) -> int:
    """Read whom the rows name; in about how many calls."""
    parts = round_.parts
    erased = {id_ for row in rows for id_ in row.ids(Meaning.ERASE)}
    named = {id_ for row in rows for id_ in row.ids(Meaning.READ) - erased if not round_.was_read(id_, row.delivery)}
    wanted = sorted(named, key=int)
    unread: dict[str, str] = {}
    for some in in_groups(wanted, _GROUP):
        newest = round_.newest_number()
        read = _stoppable(round_, partial(read_by_ids, parts, HUBSPOT, port))
        unread |= read_apart(read, some, partial(somebody_else, parts, port, some))
        round_.note_read(some, newest)
    list_unread(parts, HUBSPOT, unread)
    told_of = {id_ for row in rows for id_ in row.ids(Meaning.COMPANY)}
    with parts.engine.connect() as conn:
        known = companies.of_our_contacts(conn, sorted(told_of))
    if known:
        unless_refused(parts, "companies", partial(_read_companies, round_, port, known))
    return ceil(len(wanted) / _IN_A_CALL)


def _read_companies(round_: Round, port: HubSpotPort, ids: Sequence[str]) -> int:
    """Raises PlatformRefused for those that make HubSpot fail, once the others are read."""
    parts = round_.parts
    read = _stoppable(round_, partial(refresh_companies, parts, port))
    unread: dict[str, str] = {}
    for some in in_groups(ids, _GROUP):
        unread |= read_apart(read, some, partial(somebody_else, parts, port, ()))
    if unread:
        named = ", ".join(sorted(unread)[:5])
        raise PlatformRefused(HUBSPOT, f"{len(unread)} companies ({named}): {next(iter(unread.values()))}")
    return len(ids)


def _stoppable(round_: Round, read: Callable[[Sequence[str]], object]) -> Callable[[Sequence[str]], object]:
    def unless_stopped(ids: Sequence[str]) -> object:
        round_.go_on()
        return read(ids)

    return unless_stopped


def _end(row: _Sorted, unread: Collection[str]) -> End:
    told = len(row.events) + len(row.strange) + row.passed.total()
    passed = [f"{reason}: {count}" for reason, count in sorted(row.passed.items())]
    failed = row.ids(Meaning.READ).intersection(unread)
    listed = [f"{len(failed)} {UNREAD}"] if failed else []
    if row.strange:
        kinds = sorted({one.kind or "(none)" for one in row.strange})
        return End(Ending.UNKNOWN, f"not understood: {', '.join(kinds)}"[:200])
    if row.events:
        return End(Ending.HANDLED, "; ".join((f"{len(row.events)} of {told} events were new", *listed)))
    return End(Ending.IGNORED, "; ".join(passed) or "no events")
