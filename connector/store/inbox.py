"""The inbox: what the receiver was sent, raw, kept before it is answered, claimed by whoever takes it in.

Each delivery ends handled, ignored (with the reason), unknown, or failed after five attempts; nothing ends silently.
"""

from __future__ import annotations

import hashlib
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum
from typing import Any

from sqlalchemy import ColumnElement, Connection, RowMapping, exists, func, insert, select, text, update

from connector.store.schema import delivery
from connector.store.texts import storable

#: Attempts are counted before the work, so that a delivery that kills its worker is set aside as well.
MAX_ATTEMPTS = 5

_WAITING = "waiting"


class Ending(StrEnum):
    """How a delivery ends."""

    HANDLED = "handled"
    IGNORED = "ignored"
    UNKNOWN = "unknown"  # a person must look
    FAILED = "failed"  # set aside; a person may replay it


@dataclass(frozen=True, slots=True)
class End:
    """How one delivery ends, and why; the reason names no person."""

    ending: Ending
    reason: str


@dataclass(frozen=True, slots=True)
class Delivery:
    """One request of a platform. `state` is ``waiting`` or an `Ending`; `replayed`: a person wants it done again in full."""

    id: int
    platform: str
    body: bytes = field(repr=False)
    content_type: str
    meta: Mapping[str, str]
    received_at: datetime
    state: str
    attempts: int
    replayed: bool
    reason: str
    ended_at: datetime | None


_COLUMNS = [delivery.c[name] for name in Delivery.__dataclass_fields__]

#: The eldest that is free, alone if it was claimed before without an ending: it may be what ended its worker. Otherwise
#: with those after it that were never claimed, as far as their bodies fit.
_CLAIM = text(
    "WITH free AS ("
    "  SELECT id, attempts, octet_length(body) AS size FROM delivery"
    "  WHERE state = 'waiting' AND platform = :platform"
    "  AND (lease_until IS NULL OR lease_until < clock_timestamp())"
    "  ORDER BY id LIMIT :limit FOR UPDATE SKIP LOCKED"
    "), in_line AS ("
    "  SELECT id, attempts, row_number() OVER line AS place, first_value(attempts) OVER line AS of_eldest,"
    "  sum(size) OVER line - size AS before FROM free WINDOW line AS (ORDER BY id)"
    "), chosen AS ("
    "  SELECT id FROM in_line WHERE place = 1 OR (of_eldest = 0 AND attempts = 0 AND before < :bytes)"
    ") UPDATE delivery SET attempts = delivery.attempts + 1,"
    " lease_until = clock_timestamp() + make_interval(secs => :lease) FROM chosen WHERE delivery.id = chosen.id"
    " RETURNING delivery.*"
)
_FINISH = text(
    "UPDATE delivery SET state = told.state, reason = told.reason, ended_at = clock_timestamp(), lease_until = NULL,"
    " body = CASE WHEN told.empty THEN '' ELSE body END"
    " FROM unnest(CAST(:ids AS bigint[]), CAST(:states AS text[]), CAST(:reasons AS text[]),"
    "  CAST(:empties AS boolean[])) AS told (id, state, reason, empty)"
    " WHERE delivery.id = told.id AND delivery.state = 'waiting'"
)


def receive(
    conn: Connection, *, platform: str, body: bytes, content_type: str, received_at: datetime, meta: Mapping[str, str]
) -> int:
    """Store a verified request and return its id; it is durable when the caller's transaction has committed."""
    row = insert(delivery).values(
        platform=platform,
        body=body,
        content_type=storable(content_type),
        received_at=received_at,
        meta={storable(name): storable(value) for name, value in meta.items()},
    )
    number: int = conn.execute(row.returning(delivery.c.id)).scalar_one()
    return number


def claim_deliveries(conn: Connection, platform: str, limit: int, most_bytes: int, lease_s: float) -> list[Delivery]:
    """Claim waiting deliveries of a platform for `lease_s` seconds of database time, oldest first; two claimers never get
    the same. At most `limit`, and no further one once their bodies make up `most_bytes`.

    The attempt is counted here. One that was claimed before without an ending comes alone, so that nobody else's attempts
    are used up with its own; what has used up its attempts is set aside as failed.
    """
    conn.execute(
        update(delivery)
        .where(
            delivery.c.state == _WAITING,
            delivery.c.platform == platform,
            delivery.c.attempts >= MAX_ATTEMPTS,
            _lease_is_over(),
        )
        .values(
            state=Ending.FAILED,
            reason=f"its worker died or failed {MAX_ATTEMPTS} times",
            ended_at=func.clock_timestamp(),
            lease_until=None,
        )
    )
    asked = {"platform": platform, "limit": limit, "bytes": most_bytes, "lease": lease_s}
    rows = conn.execute(_CLAIM, asked).mappings()
    return sorted((_delivery(row) for row in rows), key=lambda one: one.id)


def claimable(conn: Connection) -> bool:
    """Whether a claim now would get anything: what is claimed or pauses does not count. Read-only."""
    return bool(conn.scalar(select(exists().where(delivery.c.state == _WAITING, _lease_is_over()))))


def finish_deliveries(conn: Connection, ends: Mapping[int, End], *, emptied: Collection[int] = ()) -> None:
    """End deliveries that wait; the bodies of those `emptied` go, because they speak of somebody who was erased.

    Belongs into the transaction that tells what they told as seen. One that somebody else has ended meanwhile stays so.
    """
    conn.execute(
        _FINISH,
        {
            "ids": list(ends),
            "states": [end.ending.value for end in ends.values()],
            "reasons": [storable(end.reason) for end in ends.values()],
            "empties": [number in emptied for number in ends],
        },
    )


def release_deliveries(conn: Connection, numbers: Collection[int], *, again_in_s: float) -> None:
    """Give claimed deliveries back: that they have no ending is no fault of their own, so the attempt does not count."""
    conn.execute(
        update(delivery)
        .where(delivery.c.id == func.any(sorted(numbers)), delivery.c.state == _WAITING)
        .values(
            attempts=func.greatest(delivery.c.attempts - 1, 0),
            lease_until=func.clock_timestamp() + func.make_interval(0, 0, 0, 0, 0, 0, again_in_s),
        )
    )


def part_deliveries(conn: Connection, numbers: Collection[int]) -> None:
    """Give claimed deliveries back so that each is claimed alone: one of them is at fault. The attempt counts."""
    waiting_ones = delivery.c.id == func.any(sorted(numbers)), delivery.c.state == _WAITING
    conn.execute(update(delivery).where(*waiting_ones).values(lease_until=None))


def replay_delivery(conn: Connection, number: int) -> bool:
    """Let an ended delivery be taken in again, in full, with all its attempts; False if there is none, or its body is gone."""
    again = (
        update(delivery)
        .where(delivery.c.id == number, delivery.c.state != _WAITING, func.length(delivery.c.body) > 0)
        .values(state=_WAITING, attempts=0, replayed=True, reason="", ended_at=None, lease_until=None)
    )
    return conn.execute(again).rowcount == 1


def list_deliveries(conn: Connection, *, state: str | None = None, limit: int = 100) -> Sequence[Delivery]:
    """Deliveries, the latest first, all or those in one state. Read-only."""
    query = select(*_COLUMNS).order_by(delivery.c.id.desc()).limit(limit)
    if state is not None:
        query = query.where(delivery.c.state == state)
    return [_delivery(row) for row in conn.execute(query).mappings()]


def show_delivery(conn: Connection, number: int) -> Delivery | None:
    """One delivery by its id. Read-only."""
    row = conn.execute(select(*_COLUMNS).where(delivery.c.id == number)).mappings().one_or_none()
    return None if row is None else _delivery(row)


def newest_number(conn: Connection) -> int:
    """The number of the delivery that came last, its transaction may still be open; 0 before the first. Read-only.

    What begins after this was asked sees every change that deliveries up to this number tell of.
    """
    newest = conn.scalar(text("SELECT pg_sequence_last_value(pg_get_serial_sequence('delivery', 'id')::regclass)"))
    return int(newest or 0)


def waiting(conn: Connection) -> int:
    """How many deliveries wait to be taken in. Read-only."""
    return conn.execute(select(func.count()).where(delivery.c.state == _WAITING)).scalar_one()


def count_by_ending(conn: Connection) -> Mapping[tuple[str, str], int]:
    """How many deliveries there are by platform and state. Read-only."""
    query = select(delivery.c.platform, delivery.c.state, func.count()).group_by(delivery.c.platform, delivery.c.state)
    return {(platform, state): number for platform, state, number in conn.execute(query)}


def oldest_waiting(conn: Connection) -> datetime | None:
    """When the oldest waiting delivery was received, or None. Read-only."""
    at: datetime | None = conn.scalar(select(func.min(delivery.c.received_at)).where(delivery.c.state == _WAITING))
    return at


def unseen(conn: Connection, keys: Collection[str]) -> set[str]:
    """Those of `keys` that `first_seen` was never told, found in one statement. Read-only."""
    hashes = {_hash(key): key for key in keys}
    if hashes:
        known = text("SELECT hash FROM seen WHERE hash = ANY(CAST(:hashes AS bytea[]))")
        for one in conn.scalars(known, {"hashes": list(hashes)}):
            hashes.pop(bytes(one), None)
    return set(hashes.values())


def first_seen(conn: Connection, keys: Collection[str], at: datetime) -> set[str]:
    """Remember `keys` and return those that are new. Of two transactions at once, one is first for each key.

    Only hashes are kept: a key may be made of personal data.
    """
    hashes = {_hash(key): key for key in keys}
    if not hashes:
        return set()
    statement = text(
        "INSERT INTO seen (hash, at) SELECT unnest(CAST(:hashes AS bytea[])), :at ON CONFLICT DO NOTHING RETURNING hash"
    )
    new = conn.scalars(statement, {"hashes": sorted(hashes), "at": at})  # sorted: two at once never wait in a ring
    return {hashes[bytes(one)] for one in new}


def _lease_is_over() -> ColumnElement[bool]:
    return (delivery.c.lease_until.is_(None)) | (delivery.c.lease_until < func.clock_timestamp())


def _hash(key: str) -> bytes:
    return hashlib.blake2b(key.encode("utf-8", "replace"), digest_size=16).digest()


def _delivery(row: RowMapping) -> Delivery:
    values: dict[str, Any] = {name: row[name] for name in Delivery.__dataclass_fields__}
    values["body"] = bytes(values["body"])
    return Delivery(**values)
