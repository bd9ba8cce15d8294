"""Erasing a person from every table, and keeping her out afterwards.

What stays is a keyed hash per id and address: it tells that a record belongs to somebody who was erased, and nothing
else. The key is a secret of this store; without it the hashes cannot be tried out.
"""

from __future__ import annotations

import hashlib
import hmac
import re
import secrets as randomness
from collections.abc import Sequence
from datetime import datetime
from urllib.parse import quote_plus, unquote_plus

from sqlalchemy import Connection, func, select, text
from sqlalchemy.dialects.postgresql import insert

from connector.facts import Record
from connector.store import state
from connector.store.schema import identity, record, tombstone
from connector.store.texts import email_key

_PURPOSE = "tombstone"
_NUMBER = re.compile(r"\d+")
_ADDRESS = re.compile(r"[^\s\"'<>&=,;:()\[\]{}]+@[^\s\"'<>&=,;:()\[\]{}]+")
_TABLES = (
    "identity",
    "record",
    "past_to_read",
    "unsettled",
    "sighting",
    "event",
    "verdict",
    "flip",
    "track_state",
    "intent",
    "episode",
    "written",
    "failure",
)
#: Tables that name people by what platforms call them.
_NAMED = ("failure", "listed")


def forget(conn: Connection, contact: int, at: datetime) -> bool:
    """Erase one contact from every table; True if there was one. The caller holds the writer lock.

    Bodies of ended deliveries that mention her address or ids are emptied; of one that still waits, `names_forgotten`
    tells at its end.
    """
    ids = conn.execute(select(identity.c.source, identity.c.platform_id).where(identity.c.contact == contact)).all()
    addresses = {one for one in conn.scalars(select(record.c.email).where(record.c.contact == contact)) if one}
    logged = conn.scalars(
        text("SELECT DISTINCT value FROM sighting, jsonb_each_text(values) WHERE contact = :id AND value LIKE '%@%'"),
        {"id": contact},
    )
    keys = {key for one in addresses if (key := email_key(one))}
    _bury(conn, {f"{source}:{one}" for source, one in ids} | {f"email:{key}" for key in keys}, at)
    _empty_bodies(conn, {*addresses, *logged}, [(source, one) for source, one in ids])
    assets = conn.scalars(text("SELECT DISTINCT asset FROM event WHERE contact = :id"), {"id": contact}).all()
    for table in _TABLES:
        conn.execute(text(f"DELETE FROM {table} WHERE contact = :id"), {"id": contact})  # noqa: S608 -- our own names
    for source, one in ids:
        for table in _NAMED:
            conn.execute(
                text(f"DELETE FROM {table} WHERE source = :source AND platform_id = :one"),  # noqa: S608 -- our own names
                {"source": source, "one": one},
            )
    _drop_unused(conn, assets)
    return conn.execute(text("DELETE FROM contact WHERE id = :id"), {"id": contact}).rowcount == 1


def _drop_unused(conn: Connection, assets: Sequence[int]) -> None:
    """Delete those of these assets that no act names any more: their addresses may say who she was.

    One look through all events: an index that only erasures need would weigh on every act.
    """
    if assets:
        conn.execute(
            text(
                "DELETE FROM asset WHERE id <> 0 AND id = ANY(:ids)"
                " AND id NOT IN (SELECT DISTINCT asset FROM event WHERE asset = ANY(:ids))"
            ),
            {"ids": list(assets)},
        )


def forget_record(conn: Connection, source: str, platform_id: str, at: datetime) -> bool:
    """Erase whoever has this id, and drop what may come later under it; True if somebody was known by it.

    An id that was never seen leaves its tombstone too: the news of an erasure may be faster than the person's.
    The caller holds the writer lock.
    """
    contact: int | None = conn.scalar(
        select(identity.c.contact).where(identity.c.source == source, identity.c.platform_id == platform_id)
    )
    if contact is not None:
        return forget(conn, contact, at)
    _bury(conn, {f"{source}:{platform_id}"}, at)
    return False


def forgotten(conn: Connection, records: Sequence[Record]) -> set[int]:
    """The places in `records` of people who were erased. Read-only."""
    keys = state.secrets(conn, _PURPOSE)
    if not keys:
        return set()
    marks: dict[bytes, set[int]] = {}
    for number, one in enumerate(records):
        key = email_key(one.email)
        names = {f"{one.source}:{one.id}"} | ({f"email:{key}"} if key else set())
        for name in names:
            marks.setdefault(_hash(keys[0], name), set()).add(number)
    buried = conn.scalars(select(tombstone.c.hash).where(tombstone.c.hash == func.any(list(marks))))
    return set().union(*(marks[bytes(one)] for one in buried))


def _bury(conn: Connection, names: set[str], at: datetime) -> None:
    if not state.secrets(conn, _PURPOSE):
        state.keep_secret(conn, _PURPOSE, randomness.token_hex(32), at)
    key = state.secrets(conn, _PURPOSE)[0]
    rows = [{"hash": _hash(key, name), "at": at} for name in sorted(names)]
    if rows:
        conn.execute(insert(tombstone).on_conflict_do_nothing(), rows)


def _hash(key: str, name: str) -> bytes:
    return hmac.digest(bytes.fromhex(key), name.encode(), hashlib.sha256)


def names_forgotten(conn: Connection, source: str, body: bytes) -> bool:
    """Whether a delivery's body names somebody who was erased, by an address or an id of `source`. Read-only."""
    keys = state.secrets(conn, _PURPOSE)
    if not keys:
        return False
    told = unquote_plus(body.decode("utf-8", "replace"))
    names = {f"{source}:{number}" for number in _NUMBER.findall(told)}
    names |= {f"email:{email_key(address)}" for address in _ADDRESS.findall(told)}
    marks = [_hash(keys[0], name) for name in names]
    return bool(conn.scalar(select(func.count()).where(tombstone.c.hash == func.any(marks))))


def _empty_bodies(conn: Connection, addresses: set[str], ids: Sequence[tuple[str, str]]) -> None:
    needles = {one.encode() for address in addresses for one in (address, address.lower(), quote_plus(address))}
    for needle in sorted(needles):
        conn.execute(
            text(
                "UPDATE delivery SET body = '' WHERE state <> 'waiting' AND position(CAST(:needle AS bytea) IN body) > 0"
            ),
            {"needle": needle},
        )
    for source, one in ids:
        if one.isdecimal():
            conn.execute(
                text(
                    "UPDATE delivery SET body = '' WHERE state <> 'waiting' AND platform = :source"
                    " AND encode(body, 'escape') ~ :number"
                ),
                {"source": source, "number": rf"\m{one}\M"},
            )
