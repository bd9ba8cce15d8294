"""Acts into the ledger: one per contact and key, in monthly partitions made on demand."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping, Sequence
from datetime import date
from types import MappingProxyType
from typing import Any

import numpy as np
from numpy.typing import NDArray
from sqlalchemy import Connection, Row, text

from connector.facts import Event, Trust
from connector.store.bulk.copy import BIGINT, INTEGER, SMALLINT, Columns, micros, write_rows
from connector.store.bulk.events import EPOCH_2000
from connector.store.dictionary import asset_ids, word_ids
from connector.store.position import mark_changed, take_positions
from connector.store.texts import storable

#: Everything before shares one partition, everything from `LATER` on another: nobody makes us open thousands.
ANCIENT = date(2024, 1, 1)
LATER = date(2100, 1, 1)

#: Their places are what `event.trust` holds.
TRUSTS = (Trust.HUMAN, Trust.UNSURE, Trust.MACHINE)
_PLACES = {trust: place for place, trust in enumerate(TRUSTS)}

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


def add_events(
    conn: Connection, rows: Sequence[tuple[int, Event]], newcomers: Mapping[int, int] = MappingProxyType({})
) -> int:
    """Add what contacts did; returns how many were new. What is known under its contact and key already stays as it is.

    Keys are kept as digests: they come back in another form, as unique as before. Marks the contacts of new events for a
    new judgement. `newcomers` are contacts of whom this transaction knows the first thing, and nothing that they did
    (`TakenIn.newcomers`): they need neither be asked about nor marked. The caller holds the writer lock.
    """
    new: dict[tuple[int, int], Event] = {}
    for contact, one in rows:
        new.setdefault((contact, key_number(one.key)), one)
    for known in _known(conn, [pair for pair in new if pair[0] not in newcomers]):
        del new[known]
    if new:
        _write(conn, new, newcomers)
        mark_changed(conn, {contact for contact, _key in new} - newcomers.keys())
    return len(new)


def _write(conn: Connection, new: Mapping[tuple[int, int], Event], newcomers: Mapping[int, int]) -> None:
    acts = new.values()
    happened_at = np.array([micros(one.happened_at) for one in acts])
    _ensure_partitions(conn, happened_at)
    texts = {asset: storable(asset) for asset in {one.asset for one in acts}}
    assets = asset_ids(conn, set(texts.values()))
    words = word_ids(conn, {word for one in acts for word in (one.kind, one.channel)})
    columns = {
        "contact": (BIGINT, np.array([contact for contact, _ in new])),
        "key": (BIGINT, np.array([key for _, key in new])),
        "happened_at": (BIGINT, happened_at),
        "known_at": (BIGINT, np.array([micros(one.known_at) for one in acts])),
        "position": (BIGINT, np.array(_positions(conn, [contact for contact, _ in new], newcomers))),
        "asset": (INTEGER, np.array([assets[texts[one.asset]] for one in acts])),
        "kind": (SMALLINT, np.array([words[one.kind] for one in acts])),
        "channel": (SMALLINT, np.array([words[one.channel] for one in acts])),
        "trust": (SMALLINT, np.array([_PLACES[one.trust] for one in acts])),
    }
    write_rows(conn, "event", Columns(columns))


def _positions(conn: Connection, contacts: Sequence[int], newcomers: Mapping[int, int]) -> list[int]:
    """A position for each row: a newcomer's own, or else the next one."""
    others = sum(contact not in newcomers for contact in contacts)
    following = iter(take_positions(conn, others) if others else ())
    return [newcomers[contact] if contact in newcomers else next(following) for contact in contacts]


def _known(conn: Connection, asked: Sequence[tuple[int, int]]) -> list[tuple[int, int]]:
    if not asked:
        return []
    pairs = sorted(asked)
    statement = text(
        "SELECT contact, key FROM event"
        " JOIN unnest(CAST(:contacts AS bigint[]), CAST(:keys AS bigint[])) AS asked (contact, key) USING (contact, key)"
    )
    found = conn.execute(statement, {"contacts": [one for one, _ in pairs], "keys": [key for _, key in pairs]})
    return [(row.contact, row.key) for row in found]


def _ensure_partitions(conn: Connection, moments: NDArray[np.int64]) -> None:
    """Make what is missing of the partitions of these moments, microseconds since 2000."""
    months = np.unique((moments + EPOCH_2000).astype("datetime64[us]").astype("datetime64[M]"))
    wanted = {_bounds(month) for month in months.tolist()}
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
