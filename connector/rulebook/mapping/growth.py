"""The acts that one record's news tell of: counters that grew, properties that became another value."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from datetime import datetime
from types import MappingProxyType

from connector.facts import Event, Record, Trust
from connector.rulebook.fields_file import Counter
from connector.rulebook.mapping.names import HUBSPOT
from connector.rulebook.quantities import parse_moment, parse_number
from connector.rulebook.types import FieldsFile

#: Most acts that one growth of a counter becomes: more would be an import, not a person.
MAX_GROWTH = 50

#: Acts that a machine may have done: mail programs open mail before people do (facts/hubspot.md §7).
_UNSURE = frozenset({"email_open"})

#: So many plain digits need no closer look, and nearly no counter has more.
_FEW = 9

_NOTHING: Mapping[str, datetime] = MappingProxyType({})


def growth(
    before: Record | None,
    after: Record,
    fields: FieldsFile,
    known_at: datetime,
    latest: Mapping[str, datetime] = _NOTHING,
) -> tuple[Event, ...]:
    """The acts that HubSpot tells of between two sights of one record, oldest first.

    A counter seen for the first time (a new record, or a property mapped since) gives its last act only, known at its own
    time: it is history. Growth from a to b gives acts a+1 … b (the newest MAX_GROWTH) at the date of the last; should
    that date be missing, at the record's own modification. A counter that stands or falls gives nothing, and as acts
    are named by record and ordinal, growing again to where it was tells nothing new.

    A property that became another value gives that value, at the record's modification. What it holds at first sight
    has come at some unknown time before: only its history can tell (`mapping.past`).

    What a merge makes of counters is not documented: their sum, the highest, or the winner's (facts/hubspot.md §11.14).
    So where `swallowed`, they start anew: nothing has grown, and a last act is told only if it is later than
    `latest`, the newest act known of its kind, by HubSpot's word, of both who became one.
    """
    if after.source != HUBSPOT:
        return ()
    acts: list[Event] = []
    merged = swallowed(before, after)
    was = {} if before is None else before.values
    for counter in fields.counters:
        raw = after.values.get(counter.count)
        if raw is None:
            continue
        if counter.count not in was:
            acts += _last(counter, after, None, latest if merged else _NOTHING)
        elif merged:
            acts += _last(counter, after, known_at, latest)
        elif was[counter.count] != raw:
            acts += _grown(counter, was[counter.count], after, known_at)
    for kind, name in () if merged else fields.turns:
        value = after.values.get(name)
        if value is not None and name in was and was[name] != value:
            acts.append(turned(after.id, kind, value, after.modified_at, known_at))
    return tuple(sorted(acts, key=_by_time)) if len(acts) > 1 else tuple(acts)


def swallowed(before: Record | None, after: Record) -> bool:
    """Whether `after` has taken in a record that `before` (None: nothing was known) had not."""
    if before is None:
        return bool(after.merged_ids)
    return after.id != before.id or not set(after.merged_ids).issubset(before.merged_ids)


def counted(raw: str | None) -> int:
    """A counter's value; what is empty or no whole number is 0."""
    if raw and len(raw) <= _FEW and raw.isdecimal() and raw.isascii():
        return int(raw)
    number = parse_number(raw or "")
    return number if isinstance(number, int) and number > 0 else 0


def numbered(record: Record) -> str:
    """What a record's counters are named by: a merge begins a new one, since its ordinals may be told a second time."""
    return f"{record.id}+{len(record.merged_ids)}" if record.merged_ids else record.id


def counted_act(name: str, kind: str, ordinal: int, happened_at: datetime, known_at: datetime, asset: str) -> Event:
    """The act that made the counter of a record `numbered` so reach `ordinal`."""
    trust = Trust.UNSURE if kind in _UNSURE else Trust.HUMAN
    return Event(kind, happened_at, known_at, f"{HUBSPOT}:{name}:{kind}:#{ordinal}", asset, HUBSPOT, trust)


def turned(record_id: str, kind: str, value: str, at: datetime, known_at: datetime) -> Event:
    """The act of a property becoming `value` at a moment."""
    return Event(kind, at, known_at, f"{HUBSPOT}:{record_id}:{kind}:{value}:{at.isoformat()}", value, HUBSPOT)


def last_act(counter: Counter, record: Record) -> datetime | None:
    """When the last act of a counter happened, by its own date; None where it has none, or none has happened."""
    date = record.values.get(counter.last or "")
    return parse_moment(date) if date and counted(record.values.get(counter.count)) else None


def _last(
    counter: Counter, after: Record, known_at: datetime | None, latest: Mapping[str, datetime]
) -> tuple[Event, ...]:
    """The last act alone, known at `known_at` (None: at its own time), unless one as late is known."""
    at = last_act(counter, after)
    if at is None or (counter.kind in latest and at <= latest[counter.kind]):
        return ()
    ordinal = counted(after.values[counter.count])
    return (counted_act(numbered(after), counter.kind, ordinal, at, known_at or at, _asset(counter, after)),)


def _grown(counter: Counter, raw_before: str | None, after: Record, known_at: datetime) -> Iterator[Event]:
    before, now = counted(raw_before), counted(after.values[counter.count])
    if now <= before:
        return
    at = parse_moment(after.values.get(counter.last or "") or "") or after.modified_at
    name, asset = numbered(after), _asset(counter, after)
    for ordinal in range(max(before, now - MAX_GROWTH) + 1, now + 1):
        yield counted_act(name, counter.kind, ordinal, at, known_at, asset)


def _asset(counter: Counter, record: Record) -> str:
    return (counter.asset and record.values.get(counter.asset)) or ""


def _by_time(act: Event) -> datetime:
    return act.happened_at
