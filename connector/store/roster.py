"""Who stands on which list or tag, as far as we have put people there, and who is still to be put there or taken off."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlalchemy import Connection, text

_DAY = timedelta(hours=24)

#: What is to be done, and may be now. The first of it is what the index `membership_open` holds.
_OPEN = "wanted <> there AND NOT held AND (again_at IS NULL OR again_at <= :now)"


@dataclass(frozen=True, slots=True)
class Listed:
    """One contact on a source; `id` is empty where she has no record there any more."""

    contact: int
    id: str


_KEYS = text(f"SELECT DISTINCT key, source FROM membership WHERE {_OPEN} ORDER BY key")  # noqa: S608 -- our own words
_LET_GO = text("UPDATE membership SET held = false WHERE held AND key <> ALL(:guarded)")
_PUT_LATELY = text(
    "SELECT count(*) FROM membership WHERE key = :key AND put_at > :since AND put_at IS NOT NULL AND approved_at IS NULL"
    " AND (there OR NOT wanted)"
)
_EVER_PUT = text("SELECT EXISTS (SELECT FROM membership WHERE key = :key AND put_at IS NOT NULL)")
_UNASKED = f"key = :key AND wanted AND approved_at IS NULL AND {_OPEN}"
_HOLD = text(
    "UPDATE membership SET held = true WHERE key = :key AND contact IN"  # noqa: S608 -- our own words
    f" (SELECT contact FROM membership WHERE {_UNASKED} ORDER BY since, contact OFFSET :room)"
)
_TO_PUT = text(
    "UPDATE membership SET put_at = :now FROM ("  # noqa: S608 -- our own words
    " SELECT membership.contact, platform_id FROM membership"
    " JOIN record ON record.contact = membership.contact AND record.source = membership.source AND NOT archived"
    f" WHERE key = :key AND wanted AND {_OPEN} ORDER BY membership.contact LIMIT :limit) AS due"
    " WHERE key = :key AND membership.contact = due.contact RETURNING membership.contact, platform_id"
)
_TO_TAKE_OFF = text(
    "SELECT membership.contact, coalesce(platform_id, '') FROM membership"  # noqa: S608 -- our own words
    " LEFT JOIN record ON record.contact = membership.contact AND record.source = membership.source"
    f" WHERE key = :key AND there AND {_OPEN} ORDER BY membership.contact LIMIT :limit"
)
_PUT = text("UPDATE membership SET there = true, again_at = NULL WHERE key = :key AND contact = ANY(:contacts)")
_TAKEN_OFF = text(
    "UPDATE membership SET there = false, again_at = NULL, put_at = CASE WHEN put_at > :since THEN put_at END"
    " WHERE key = :key AND contact = ANY(:contacts)"
)
_LATER = text("UPDATE membership SET again_at = :again WHERE key = :key AND contact = ANY(:contacts)")
_SIZES = text("SELECT key, count(*) AS people FROM membership WHERE there AND key = ANY(:keys) GROUP BY key")
_SEEN = text(
    "UPDATE membership SET there = (platform_id = ANY(:ids)), held = false FROM record"
    " WHERE key = :key AND record.contact = membership.contact AND record.source = membership.source"
    " AND there <> (platform_id = ANY(:ids)) AND (there OR wanted OR put_at IS NOT NULL)"
)


def open_keys(conn: Connection, now: datetime) -> Mapping[str, str]:
    """The lists and tags on which something is to be done now: their sources by key. Read-only."""
    return {row.key: row.source for row in conn.execute(_KEYS, {"now": now})}


def let_go(conn: Connection, guarded: Collection[str]) -> None:
    """Let nobody wait for a person but for the `guarded` lists: that nobody listens may be known since."""
    conn.execute(_LET_GO, {"guarded": list(guarded)})


def put_lately(conn: Connection, key: str, now: datetime) -> int:
    """How many were put there in the sliding 24 h, those approved by a person apart. Whoever is still to be put there, though
    it was tried, is not among them. Read-only.
    """
    return int(conn.execute(_PUT_LATELY, {"key": key, "since": now - _DAY}).scalar_one())


def ever_put(conn: Connection, key: str) -> bool:
    """Whether anybody was ever put there. Read-only."""
    return bool(conn.scalar(_EVER_PUT, {"key": key}))


def count_unasked(conn: Connection, key: str, now: datetime) -> int:
    """How many are to be put there now whom no person has approved. Read-only."""
    query = text(f"SELECT count(*) FROM membership WHERE {_UNASKED}")  # noqa: S608 -- our own words
    return int(conn.execute(query, {"key": key, "now": now}).scalar_one())


def hold_beyond(conn: Connection, key: str, room: int, now: datetime) -> int:
    """Let `room` of those go on whom no person has approved, who came first; the others wait for one. Returns how many."""
    return conn.execute(_HOLD, {"key": key, "room": max(0, room), "now": now}).rowcount


def to_put(conn: Connection, key: str, limit: int, now: datetime) -> list[Listed]:
    """Whom to put there now. It is noted that this is tried: whoever may stand there is found the next night."""
    rows = (Listed(*row) for row in conn.execute(_TO_PUT, {"key": key, "limit": limit, "now": now}))
    return sorted(rows, key=lambda one: one.contact)


def to_take_off(conn: Connection, key: str, limit: int, now: datetime) -> list[Listed]:
    """Whom to take off now. Read-only."""
    return [Listed(*row) for row in conn.execute(_TO_TAKE_OFF, {"key": key, "limit": limit, "now": now})]


def were_put(conn: Connection, key: str, contacts: Sequence[int]) -> None:
    """Note that they stand there."""
    conn.execute(_PUT, {"key": key, "contacts": list(contacts)})


def were_taken_off(conn: Connection, key: str, contacts: Sequence[int], now: datetime) -> None:
    """Note that they do not stand there any more."""
    conn.execute(_TAKEN_OFF, {"key": key, "contacts": list(contacts), "since": now - _DAY})


def ask_again(conn: Connection, key: str, contacts: Sequence[int], at: datetime) -> None:
    """Leave them as they are until then."""
    conn.execute(_LATER, {"key": key, "contacts": list(contacts), "again": at})


def looked(conn: Connection, key: str, now: datetime) -> None:
    """Note that it was seen who stands there: whom we had put there days ago, and who does not belong, is ours no more."""
    query = text(
        "UPDATE membership SET put_at = NULL WHERE key = :key AND NOT there AND NOT wanted AND put_at <= :since"
    )
    conn.execute(query, {"key": key, "since": now - _DAY})


def emptied(conn: Connection, key: str) -> None:
    """Note that nobody stands there any more."""
    conn.execute(text("UPDATE membership SET there = false WHERE key = :key AND there"), {"key": key})


def sizes(conn: Connection, keys: Collection[str]) -> Mapping[str, int]:
    """How many we have put there, by key. Read-only."""
    return {row.key: row.people for row in conn.execute(_SIZES, {"keys": list(keys)})}


def seen_there(conn: Connection, key: str, ids: Collection[str]) -> int:
    """Note that of all people these platform ids, and no others, stand there; returns for how many that is news.

    Whoever is there by a person's hand alone is not ours to note, nor to take off.
    """
    return conn.execute(_SEEN, {"key": key, "ids": list(ids)}).rowcount
