"""The inbox: what the receiver was sent, raw, kept before it is answered, claimed by whoever takes it in.

Each delivery ends handled, ignored (with the reason), unknown, or failed after five attempts; nothing ends silently.
"""

from __future__ import annotations

import hashlib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum
from typing import Any

from sqlalchemy import ColumnElement, Connection, RowMapping, func, insert, select, text, update

from connector.store.schema import delivery, seen
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
class Delivery:
    """One request of a platform. `state` is ``waiting`` or an `Ending`."""

    id: int
    platform: str
    body: bytes = field(repr=False)
    content_type: str
    meta: Mapping[str, str]
    received_at: datetime
    state: str
    attempts: int
    reason: str
    ended_at: datetime | None


_COLUMNS = [delivery.c[name] for name in Delivery.__dataclass_fields__]


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


def claim_deliveries(conn: Connection, limit: int, lease_s: float) -> list[Delivery]:
    """Claim waiting deliveries, oldest first, for `lease_s` seconds of database time; two claimers never get the same.

    The attempt is counted here. What has used up its attempts is set aside as failed.
    """
    conn.execute(
        update(delivery)
        .where(delivery.c.state == _WAITING, delivery.c.attempts >= MAX_ATTEMPTS, _lease_is_over())
        .values(
            state=Ending.FAILED,
            reason=f"its worker died or failed {MAX_ATTEMPTS} times",
            ended_at=func.clock_timestamp(),
            lease_until=None,
        )
    )
    free = (
        select(delivery.c.id)
        .where(delivery.c.state == _WAITING, _lease_is_over())
        .order_by(delivery.c.id)
        .limit(limit)
        .with_for_update(skip_locked=True)
        .scalar_subquery()
    )
    rows = conn.execute(
        update(delivery)
        .where(delivery.c.id.in_(free))
        .values(
            attempts=delivery.c.attempts + 1,
            lease_until=func.clock_timestamp() + func.make_interval(0, 0, 0, 0, 0, 0, lease_s),
        )
        .returning(*_COLUMNS)
    )
    return sorted((_delivery(row._mapping) for row in rows), key=lambda one: one.id)  # noqa: SLF001


def finish_delivery(conn: Connection, number: int, ending: Ending, reason: str, *, empty: bool = False) -> None:
    """End a delivery; with `empty` its body goes, because it speaks of somebody who was erased."""
    ended = update(delivery).where(delivery.c.id == number)
    conn.execute(ended.values(state=ending, reason=storable(reason), ended_at=func.clock_timestamp(), lease_until=None))
    if empty:
        conn.execute(ended.values(body=b""))


def release_delivery(conn: Connection, number: int, *, again_in_s: float) -> None:
    """Give a claimed delivery back: its platform was away, which is no fault of its own, so the attempt does not count."""
    conn.execute(
        update(delivery)
        .where(delivery.c.id == number, delivery.c.state == _WAITING)
        .values(
            attempts=func.greatest(delivery.c.attempts - 1, 0),
            lease_until=func.clock_timestamp() + func.make_interval(0, 0, 0, 0, 0, 0, again_in_s),
        )
    )


def replay_delivery(conn: Connection, number: int) -> bool:
    """Let an ended delivery be taken in again, with all its attempts; False if there is none, or its body is gone."""
    again = (
        update(delivery)
        .where(delivery.c.id == number, delivery.c.state != _WAITING, func.length(delivery.c.body) > 0)
        .values(state=_WAITING, attempts=0, reason="", ended_at=None, lease_until=None)
    )
    return conn.execute(again).rowcount == 1


def list_deliveries(conn: Connection, *, state: str | None = None, limit: int = 100) -> Sequence[Delivery]:
    """Deliveries, the latest first, all or those in one state. Read-only."""
    query = select(*_COLUMNS).order_by(delivery.c.id.desc()).limit(limit)
    if state is not None:
        query = query.where(delivery.c.state == state)
    return [_delivery(row._mapping) for row in conn.execute(query)]  # noqa: SLF001


def show_delivery(conn: Connection, number: int) -> Delivery | None:
    """One delivery by its id. Read-only."""
    row = conn.execute(select(*_COLUMNS).where(delivery.c.id == number)).one_or_none()
    return None if row is None else _delivery(row._mapping)  # noqa: SLF001


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


def unseen(conn: Connection, keys: Sequence[str]) -> set[str]:
    """Those of `keys` that `first_seen` was never told. Read-only."""
    hashes = {_hash(key): key for key in keys}
    known = conn.scalars(select(seen.c.hash).where(seen.c.hash.in_(hashes)))
    for one in known:
        hashes.pop(bytes(one), None)
    return set(hashes.values())


def first_seen(conn: Connection, keys: Sequence[str], at: datetime) -> set[str]:
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
    values: dict[str, Any] = dict(row)
    values["body"] = bytes(values["body"])
    return Delivery(**values)
