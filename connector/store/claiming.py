"""Claiming what the outbox holds: under a lease on database time, counted before the work, two never get the same."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import Connection, text

from connector.store.due import look_again
from connector.store.engine import LOCK_SPACE
from connector.store.heard import HEARD
from connector.store.intents import FREE, IN_SEGMENT, NAMES, Intent
from connector.store.pace import CLAIMED, ROOM, SENT, Pace, wait_for_room

#: Attempts are counted before the work and given back by an orderly `release`: who is out of them killed five workers.
MAX_ATTEMPTS = 5

#: Who goes first of enrollments that are due.
_BEST = "coalesce((payload ->> 'priority')::integer, 0) DESC, coalesce((payload ->> 'score')::integer, -1) DESC, id"

#: Why enrollments beyond the guard wait.
BEYOND_ENROLLMENTS = "more enrollments in 24 h than the guard allows"

_DAY = timedelta(days=1)
_ANY_PACE = Pace()


def claim_writes(conn: Connection, source: str, limit: int, lease_s: float) -> list[Intent]:
    """Claim writes to one source, oldest first. None whose predecessor may still be on its way to the platform."""
    free = (
        f"SELECT id FROM intent WHERE kind = 'write' AND state = 'pending' AND source = :source AND {FREE}"  # noqa: S608
        " AND attempts = :attempts"
        " AND NOT EXISTS (SELECT 1 FROM intent AS older WHERE older.contact = intent.contact AND older.kind = 'write'"
        "  AND older.source = intent.source AND older.state = 'superseded' AND older.lease_until > clock_timestamp())"
        " ORDER BY id LIMIT :limit FOR UPDATE SKIP LOCKED"
    )
    claimed = _claim(conn, free, {"source": source}, limit, lease_s)
    if not claimed:
        _set_aside(conn, "write")
    return claimed


def claim(conn: Connection, kind: str, limit: int, lease_s: float, now: datetime) -> list[Intent]:
    """Claim what is due of another kind (leave, handover), oldest first."""
    expire(conn, now)
    _set_aside(conn, kind)
    free = (
        f"SELECT id FROM intent WHERE kind = :kind AND state = 'pending' AND not_before <= :now AND {FREE}"  # noqa: S608
        " AND attempts = :attempts ORDER BY id LIMIT :limit FOR UPDATE SKIP LOCKED"
    )
    return _claim(conn, free, {"kind": kind, "now": now}, limit, lease_s)


def claim_enrollments(
    conn: Connection,
    limit: int,
    lease_s: float,
    now: datetime,
    cap_per_24h: int,
    *,
    pace: Pace = _ANY_PACE,
    besides: Collection[int] = (),
) -> list[Intent]:
    """Claim enrollments that are due, within the guard and the pace, all `besides` some tried just now. Where not all may
    go, the best do: the highest priority of their track, then the highest score, then who waits longest.

    Of one contact only the first that is due, and none while nobody knows what became of another: each enrollment reads
    the markers that the one before it wrote.

    The guard counts what was sent in the sliding 24 h (accepted, sending, unknown, parked), what is claimed right now, and
    writes that a workflow heard (store/heard.py); beyond the cap, what is due is held for a person. What a person approved
    neither counts nor is held. Ways that nobody listens to are counted apart, up to the same cap: they mail nobody, but a
    workflow that nobody told us of might listen. The pace counts whatever is mailed, approved or not; beyond it everybody
    waits (store/pace.py). One claimer at a time counts; two never get the same.
    """
    conn.execute(text("SELECT pg_advisory_xact_lock(:space, hashtext('guard'))"), {"space": LOCK_SPACE})
    expire(conn, now)
    _set_aside(conn, "enroll")
    values = {"now": now, "since": now - _DAY, "besides": list(besides), "cap": cap_per_24h}
    conn.execute(_HOLD_BEYOND_GUARD, values)
    wait_for_room(conn, _DUE, values, pace, now)
    return _claim(conn, _FREE_ENROLLMENTS, {**values, **pace.values(now)}, limit, lease_s)


_DUE = (
    f"kind = 'enroll' AND state = 'pending' AND not_before <= :now AND {FREE} AND id <> ALL(:besides)"
    " AND NOT EXISTS (SELECT FROM intent AS other WHERE other.contact = intent.contact AND other.kind = 'enroll'"
    "  AND (other.state IN ('sending', 'unknown')"
    "   OR (other.state = 'pending' AND other.not_before <= :now AND other.id < intent.id)))"
)


def _first_within_guard(whom: str, besides: str = "0") -> str:
    room = (
        f"SELECT greatest(0, :cap - count(*) - {besides}) FROM intent WHERE kind = 'enroll' AND approved_at IS NULL"  # noqa: S608
        f" AND {whom} AND ({SENT.format(since='since')} OR {CLAIMED})"
    )
    return f"SELECT id FROM intent WHERE {_DUE} AND approved_at IS NULL AND {whom} ORDER BY {_BEST} LIMIT ({room})"  # noqa: S608


_WITHIN_GUARD = (
    f"(approved_at IS NOT NULL OR id IN ({_first_within_guard(f'NOT {IN_SEGMENT}', HEARD)})"
    f" OR id IN ({_first_within_guard(IN_SEGMENT)}))"
)
_HOLD_BEYOND_GUARD = text(
    "UPDATE intent SET state = 'held', expires_at = NULL, lease_until = NULL, sending_at = NULL,"  # noqa: S608
    f"  reason = '{BEYOND_ENROLLMENTS}'"
    f" WHERE {_DUE} AND NOT {_WITHIN_GUARD}"
)
_FREE_ENROLLMENTS = (
    f"WITH going AS MATERIALIZED (SELECT id, payload, {IN_SEGMENT} AS in_segment FROM intent WHERE {_DUE} AND {_WITHIN_GUARD}),"  # noqa: S608
    f" paced AS (SELECT id FROM going WHERE NOT in_segment ORDER BY {_BEST} LIMIT ({ROOM}))"
    f" SELECT id FROM intent WHERE {_DUE} AND attempts = :attempts"
    " AND (id IN (SELECT id FROM paced) OR id IN (SELECT id FROM going WHERE in_segment))"
    f" ORDER BY {_BEST} LIMIT :limit FOR UPDATE SKIP LOCKED"
)


def _claim(conn: Connection, free: str, values: Mapping[str, Any], limit: int, lease_s: float) -> list[Intent]:
    """Claim up to `limit` that were never claimed without an ending; after them those that were once, then twice, …

    An eighth as many at each step, one at last: whoever kills the workers is soon alone, and parked alone.
    """
    statement = text(
        "UPDATE intent SET attempts = attempts + 1, lease_until = clock_timestamp() + make_interval(secs => :lease)"  # noqa: S608
        f" WHERE id IN ({free}) RETURNING {NAMES}"
    )
    for attempts in range(MAX_ATTEMPTS):
        tried = {"attempts": attempts, "limit": max(1, limit // 8**attempts), "lease": lease_s}
        rows = conn.execute(statement, {**values, **tried}).mappings().all()
        if rows:
            return sorted((Intent(**row) for row in rows), key=lambda one: one.id)
    return []


def _set_aside(conn: Connection, kind: str) -> None:
    """Poison: park what was claimed too often without an ending."""
    conn.execute(
        text(
            "UPDATE intent SET state = 'parked', lease_until = NULL, sending_at = NULL,"  # noqa: S608
            " reason = 'its worker died ' || attempts || ' times'"
            f" WHERE kind = :kind AND state = 'pending' AND attempts >= :most AND {FREE}"
        ),
        {"kind": kind, "most": MAX_ATTEMPTS},
    )


def expire(conn: Connection, now: datetime) -> int:
    """End what was not done within its life and is not being done; returns how many. Whoever it was about is judged again."""
    statement = text(
        "UPDATE intent SET state = 'expired', reason = 'not done within 24 h', finished_at = :now"  # noqa: S608
        f" WHERE state = 'pending' AND expires_at <= :now AND {FREE} RETURNING contact"
    )
    contacts = list(conn.scalars(statement, {"now": now}))
    if contacts:
        look_again(conn, contacts, now.date() - _DAY)  # the team's day may be one behind UTC's
    return len(contacts)
