"""Acts into the ledger: one per contact and key, in monthly partitions made on demand."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import UTC, date, datetime

from sqlalchemy import Connection, insert, text

from connector.facts import Event
from connector.store.schema import event
from connector.store.texts import storable

#: Everything before shares one partition, everything from `LATER` on another: nobody makes us open thousands.
ANCIENT = date(2024, 1, 1)
LATER = date(2100, 1, 1)


def add_events(conn: Connection, rows: Sequence[tuple[int, Event]]) -> int:
    """Add what contacts did; returns how many were new. What is known under its contact and key already stays as it is.

    Marks the contacts of new events for a new judgement. The caller holds the writer lock.
    """
    new: dict[tuple[int, str], Event] = {}
    for contact, one in rows:
        new.setdefault((contact, storable(one.key)), one)
    for known in _known(conn, new):
        del new[known]
    if not new:
        return 0
    _ensure_partitions(conn, (one.happened_at for one in new.values()))
    conn.execute(insert(event), [_row(contact, key, one) for (contact, key), one in new.items()])
    conn.execute(
        text("UPDATE contact SET changed = nextval('ledger_position') WHERE id = ANY(:ids)"),
        {"ids": sorted({contact for contact, _key in new})},
    )
    return len(new)


def _known(conn: Connection, asked: Iterable[tuple[int, str]]) -> list[tuple[int, str]]:
    pairs = sorted(asked)
    statement = text(
        "SELECT contact, key FROM event"
        " JOIN unnest(CAST(:contacts AS bigint[]), CAST(:keys AS text[])) AS asked (contact, key) USING (contact, key)"
    )
    found = conn.execute(statement, {"contacts": [one for one, _ in pairs], "keys": [key for _, key in pairs]})
    return [(row.contact, row.key) for row in found]


def _row(contact: int, key: str, one: Event) -> dict[str, object]:
    return {
        "contact": contact,
        "key": key,
        "kind": one.kind,
        "happened_at": one.happened_at,
        "known_at": one.known_at,
        "asset": storable(one.asset),
        "channel": one.channel,
        "trust": one.trust.value,
    }


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
