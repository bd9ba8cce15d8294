"""Acts into the ledger: one per contact and key, in monthly partitions made on demand."""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Mapping, Sequence
from datetime import UTC, date, datetime
from typing import Any

from sqlalchemy import Connection, Row, insert, text

from connector.facts import Event, Trust
from connector.store.dictionary import asset_ids, word_ids
from connector.store.position import mark_changed
from connector.store.schema import event
from connector.store.texts import storable

#: Everything before shares one partition, everything from `LATER` on another: nobody makes us open thousands.
ANCIENT = date(2024, 1, 1)
LATER = date(2100, 1, 1)

#: Their places are what `event.trust` holds.
TRUSTS = (Trust.HUMAN, Trust.UNSURE, Trust.MACHINE)

_HALF = 2**63


def key_number(key: str) -> int:
    """What an act's key is kept as: the first eight bytes of a digest, as a signed number. No two of one contact meet."""
    return int.from_bytes(hashlib.blake2b(storable(key).encode(), digest_size=8).digest(), "big", signed=True)


def key_text(number: int) -> str:
    """The key that comes back: a text of fixed width, in the order of the numbers."""
    return f"{number + _HALF:016x}"


def event_of(row: Row[Any], words: Mapping[int, str]) -> Event:
    """The Event of a row of `event` that has its asset's text."""
    return Event(
        kind=words[row.kind],
        happened_at=row.happened_at,
        known_at=row.known_at,
        key=key_text(row.key),
        asset=row.asset,
        channel=words[row.channel],
        trust=TRUSTS[row.trust],
    )


def add_events(conn: Connection, rows: Sequence[tuple[int, Event]]) -> int:
    """Add what contacts did; returns how many were new. What is known under its contact and key already stays as it is.

    Keys are kept as digests: they come back in another form, as unique as before. Marks the contacts of new events for a
    new judgement. The caller holds the writer lock.
    """
    new: dict[tuple[int, int], Event] = {}
    for contact, one in rows:
        new.setdefault((contact, key_number(one.key)), one)
    for known in _known(conn, new):
        del new[known]
    if not new:
        return 0
    _ensure_partitions(conn, (one.happened_at for one in new.values()))
    assets = asset_ids(conn, {storable(one.asset) for one in new.values()})
    words = word_ids(conn, {word for one in new.values() for word in (one.kind, one.channel)})
    conn.execute(
        insert(event),
        [
            {
                "contact": contact,
                "key": key,
                "happened_at": one.happened_at,
                "known_at": one.known_at,
                "asset": assets[storable(one.asset)],
                "kind": words[one.kind],
                "channel": words[one.channel],
                "trust": TRUSTS.index(one.trust),
            }
            for (contact, key), one in new.items()
        ],
    )
    mark_changed(conn, {contact for contact, _key in new})
    return len(new)


def _known(conn: Connection, asked: Iterable[tuple[int, int]]) -> list[tuple[int, int]]:
    pairs = sorted(asked)
    statement = text(
        "SELECT contact, key FROM event"
        " JOIN unnest(CAST(:contacts AS bigint[]), CAST(:keys AS bigint[])) AS asked (contact, key) USING (contact, key)"
    )
    found = conn.execute(statement, {"contacts": [one for one, _ in pairs], "keys": [key for _, key in pairs]})
    return [(row.contact, row.key) for row in found]


def _ensure_partitions(conn: Connection, moments: Iterable[datetime]) -> None:
    wanted = {_bounds(moment.astimezone(UTC).date()) for moment in moments}
    names = [_name(start) for start, _end in wanted]
    there = set(conn.scalars(text("SELECT relname FROM pg_class WHERE relname = ANY(:names)"), {"names": names}))
    for start, end in sorted(wanted, key=lambda bounds: bounds[0] or date.min):
        if _name(start) not in there:
            _make_partition(conn, _name(start), start, end)


def _make_partition(conn: Connection, name: str, start: date | None, end: date | None) -> None:
    """Made apart and then attached: making it in place would lock out everybody who reads events."""
    conn.execute(text(f"CREATE TABLE {name} (LIKE event INCLUDING DEFAULTS INCLUDING INDEXES)"))
    low = f"'{start} 00:00:00+00'" if start else "MINVALUE"
    high = f"'{end} 00:00:00+00'" if end else "MAXVALUE"
    conn.execute(text(f"ALTER TABLE event ATTACH PARTITION {name} FOR VALUES FROM ({low}) TO ({high})"))


def _bounds(day: date) -> tuple[date | None, date | None]:
    """The partition a day (UTC) belongs to: its first day, and the first day after; None for no bound."""
    if day < ANCIENT:
        return None, ANCIENT
    if day >= LATER:
        return LATER, None
    first = day.replace(day=1)
    after = date(first.year + first.month // 12, first.month % 12 + 1, 1)
    return first, after


def _name(start: date | None) -> str:
    return f"event_{start:%Y_%m}" if start else "event_ancient"
