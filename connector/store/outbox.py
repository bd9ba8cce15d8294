"""The outbox: everything decided to do on a platform, and what became of it.

    pending ──► sending ──► accepted          held: waits for a person; approved → pending
       │           ├──────► refused           parked: a person must look, nothing else is tried
       │           └──────► unknown ──► …     superseded, expired: over, never sent

An intent is claimed while it stays pending, under a lease on database time that nobody else breaks; `sending` is
committed before the bytes leave. Only `sending`, `accepted`, `unknown` (and what was parked after them) use an episode up.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import Connection, func, select, text
from sqlalchemy.dialects.postgresql import insert

from connector.store.deciding import LIFE
from connector.store.due import look_again
from connector.store.engine import LOCK_SPACE
from connector.store.holds import (
    approve,
    discard,
    enrolled_since,
    hold_loops,
    hold_moves_beyond,
    list_held,
    moves_delivered,
)
from connector.store.intents import COLUMNS, FREE, NAMES, Intent, source_of
from connector.store.schema import episode, intent
from connector.store.texts import storable

__all__ = [
    "MAX_ATTEMPTS",
    "Intent",
    "accept_enrollment",
    "approve",
    "claim",
    "claim_enrollments",
    "claim_writes",
    "discard",
    "end_episode",
    "enrolled_since",
    "expire",
    "finish",
    "finish_all",
    "hold_loops",
    "hold_moves_beyond",
    "list_held",
    "mark_sending",
    "moves_delivered",
    "not_sent_after",
    "not_sent_in_time",
    "pending_counts",
    "put_off_enrollments",
    "release",
    "release_all",
    "unsettled",
]

#: Attempts are counted before the work and given back by an orderly `release`: who is out of them killed five workers.
MAX_ATTEMPTS = 5

_DAY = timedelta(hours=24)
_A_DAY = timedelta(days=1)


# ---------------------------------------------------------------- claiming


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


def count_waiting(conn: Connection) -> int:
    """How many writes are still to be sent, those included that a failure put off. Read-only."""
    return int(conn.scalar(text("SELECT count(*) FROM intent WHERE kind = 'write' AND state = 'pending'")) or 0)


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
    conn: Connection, limit: int, lease_s: float, now: datetime, cap_per_24h: int, *, besides: Collection[int] = ()
) -> list[Intent]:
    """Claim enrollments that are due, oldest first, within the guard, all `besides` some that were tried just now.

    Of one contact only the first that is due, and none while nobody knows what became of another: each enrollment reads
    the markers that the one before it wrote.

    The guard counts what was sent in the sliding 24 h (accepted, sending, unknown, parked) and what is claimed right now;
    beyond the cap, what is due is held for a person. What a person approved neither counts nor is held. One claimer at a
    time counts; two never get the same.
    """
    conn.execute(text("SELECT pg_advisory_xact_lock(:space, hashtext('guard'))"), {"space": LOCK_SPACE})
    expire(conn, now)
    _set_aside(conn, "enroll")
    due = (
        f"kind = 'enroll' AND state = 'pending' AND not_before <= :now AND {FREE} AND id <> ALL(:besides)"
        " AND NOT EXISTS (SELECT FROM intent AS other WHERE other.contact = intent.contact AND other.kind = 'enroll'"
        "  AND (other.state IN ('sending', 'unknown')"
        "   OR (other.state = 'pending' AND other.not_before <= :now AND other.id < intent.id)))"
    )
    room = (
        "SELECT greatest(0, :cap - count(*)) FROM intent WHERE kind = 'enroll' AND approved_at IS NULL AND ("
        " (sending_at > :since AND state IN ('accepted', 'sending', 'unknown', 'parked'))"
        " OR (state = 'pending' AND attempts > 0 AND lease_until > clock_timestamp()))"
    )
    free = (
        f"SELECT id FROM intent WHERE {due} AND attempts = :attempts"  # noqa: S608
        f" AND (approved_at IS NOT NULL OR id IN (SELECT id FROM intent WHERE {due}"
        f"  AND approved_at IS NULL ORDER BY id LIMIT ({room})))"
        " ORDER BY id LIMIT :limit FOR UPDATE SKIP LOCKED"
    )
    values = {"now": now, "since": now - _DAY, "besides": list(besides), "cap": cap_per_24h}
    beyond = (
        "UPDATE intent SET state = 'held', expires_at = NULL, lease_until = NULL, sending_at = NULL,"  # noqa: S608
        "  reason = 'more enrollments in 24 h than the guard allows'"
        f" WHERE {due} AND approved_at IS NULL AND id NOT IN ("
        f"  SELECT id FROM intent WHERE {due} AND approved_at IS NULL ORDER BY id LIMIT ({room}))"
    )
    conn.execute(text(beyond), values)
    return _claim(conn, free, values, limit, lease_s)


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


# ---------------------------------------------------------------- sending and ending


def mark_sending(conn: Connection, channels: Mapping[int, str], at: datetime) -> frozenset[int]:
    """Note, before the call and in a transaction of its own, that these intents go out by these channels.

    Returns those that may go. The others must not be sent: they were superseded or ended meanwhile, or their lease is
    over and somebody else may have them.
    """
    if not channels:
        return frozenset()
    statement = text(
        "UPDATE intent SET state = 'sending', channel = told.channel, sending_at = :at"
        " FROM unnest(CAST(:ids AS bigint[]), CAST(:channels AS text[])) AS told (id, channel)"
        " WHERE intent.id = told.id AND state = 'pending' AND lease_until > clock_timestamp() RETURNING intent.id"
    )
    return frozenset(conn.scalars(statement, {"ids": list(channels), "channels": list(channels.values()), "at": at}))


def not_sent_in_time(conn: Connection, numbers: Collection[int]) -> int:
    """Note that these could not be sent within their lease: no attempt was made. Returns how many are free since."""
    statement = text(
        "UPDATE intent SET attempts = greatest(attempts - 1, 0), reason = 'the platforms took too long to answer'"  # noqa: S608
        f" WHERE id = ANY(:ids) AND state = 'pending' AND {FREE}"
    )
    return conn.execute(statement, {"ids": list(numbers)}).rowcount


def accept_enrollment(conn: Connection, number: int, channel: str, at: datetime, *, segment: bool = False) -> None:
    """End an enrollment as accepted, with its episode; a segment (nobody listens) uses no episode up.

    Nothing is left to end of somebody who was forgotten meanwhile.
    """
    row = conn.execute(
        text(
            "UPDATE intent SET state = 'accepted', channel = :channel, sending_at = coalesce(sending_at, :at),"
            " finished_at = :at, lease_until = NULL, reason = '' WHERE id = :id AND kind = 'enroll'"
            " RETURNING contact, track, episode, sending_at"
        ),
        {"id": number, "channel": channel, "at": at},
    ).one_or_none()
    if segment or row is None:
        return
    entered = insert(episode).values(
        contact=row.contact,
        track=row.track,
        number=row.episode,
        channel=channel,
        source=source_of(channel),
        entered_at=row.sending_at,
        intent=number,
    )
    conn.execute(entered.on_conflict_do_nothing())


def end_episode(conn: Connection, contact: int, track: str, number: int, at: datetime) -> None:
    """Note that she is out of the track; the first end stands."""
    conn.execute(
        text(
            "UPDATE episode SET left_at = :at"
            " WHERE contact = :contact AND track = :track AND number = :number AND left_at IS NULL"
        ),
        {"contact": contact, "track": track, "number": number, "at": at},
    )


def finish(conn: Connection, number: int, state: str, reason: str, at: datetime) -> None:
    """End an intent as accepted, refused, unknown, expired, superseded or parked. What is accepted stays so."""
    finish_all(conn, {number: (state, reason)}, at)


def finish_all(conn: Connection, endings: Mapping[int, tuple[str, str]], at: datetime) -> None:
    """The same of many: (state, reason) by intent."""
    if not endings:
        return
    conn.execute(
        text(
            "UPDATE intent SET state = told.state, reason = told.reason, lease_until = NULL,"
            " finished_at = CASE WHEN told.state IN ('unknown', 'parked') THEN NULL ELSE CAST(:at AS timestamptz) END"
            " FROM unnest(CAST(:ids AS bigint[]), CAST(:states AS text[]), CAST(:reasons AS text[]))"
            "  AS told (id, state, reason)"
            " WHERE intent.id = told.id AND intent.state <> 'accepted'"
        ),
        {
            "ids": list(endings),
            "states": [state for state, _ in endings.values()],
            "reasons": [storable(reason) for _, reason in endings.values()],
            "at": at,
        },
    )


def release(conn: Connection, number: int, reason: str, at: datetime, *, again_in_s: float) -> None:
    """Give a claimed intent back: it was certainly not applied, and may be claimed again after a pause.

    The attempt does not count; an episode that it had used up is free again, though `sending_at` goes on telling when it
    was last tried. What was superseded meanwhile stays so.
    """
    release_all(conn, {number: reason}, at, again_in_s=again_in_s)


def release_all(conn: Connection, reasons: Mapping[int, str], at: datetime, *, again_in_s: float) -> None:
    """The same of many: the reason by intent."""
    if not reasons:
        return
    conn.execute(
        text(
            "UPDATE intent SET lease_until = CASE WHEN state = 'superseded' THEN NULL"
            "  ELSE clock_timestamp() + make_interval(secs => :pause) END,"
            " state = CASE WHEN state = 'superseded' THEN state ELSE 'pending' END,"
            " attempts = greatest(attempts - 1, 0), reason = told.reason,"
            " expires_at = CASE WHEN kind = 'enroll' THEN greatest(expires_at, CAST(:at AS timestamptz)) END"
            " FROM unnest(CAST(:ids AS bigint[]), CAST(:reasons AS text[])) AS told (id, reason)"
            " WHERE intent.id = told.id AND state IN ('pending', 'sending', 'unknown', 'superseded')"
        ),
        {"ids": list(reasons), "reasons": list(map(storable, reasons.values())), "at": at, "pause": again_in_s},
    )


def unsettled(conn: Connection) -> list[Intent]:
    """Enrollments of which nobody knows whether they happened: to be looked at before anything else.

    What is still `sending` when its lease is over becomes `unknown`; of other kinds, which cannot be looked up, it is
    parked for a person.
    """
    conn.execute(
        text(
            "UPDATE intent SET lease_until = NULL, reason = 'its worker died while it was sent',"  # noqa: S608
            " state = CASE WHEN kind = 'enroll' THEN 'unknown' ELSE 'parked' END"
            f" WHERE state = 'sending' AND {FREE}"
        )
    )
    query = select(*COLUMNS).where(intent.c.state == "unknown", intent.c.kind == "enroll").order_by(intent.c.id)
    return [Intent(**row) for row in conn.execute(query).mappings()]


def not_sent_after(conn: Connection, now: datetime) -> None:
    """Correct when unknown enrollments were sent: not after `now`, unless the clock was set back since."""
    conn.execute(
        text("UPDATE intent SET sending_at = :now WHERE state = 'unknown' AND sending_at > :now"), {"now": now}
    )


def put_off_enrollments(conn: Connection, now: datetime, until: datetime) -> int:
    """Let no enrollment that is due, and that nobody has, go before `until`; returns how many.

    Who has not much longer to live may be over by then, and is judged again; what a person approved lives from then on.
    """
    statement = text(
        "UPDATE intent SET not_before = :until,"  # noqa: S608
        " expires_at = CASE WHEN approved_at IS NULL THEN expires_at ELSE CAST(:until AS timestamptz) + :life END"
        f" WHERE kind = 'enroll' AND state = 'pending' AND not_before <= :now AND {FREE}"
    )
    return conn.execute(statement, {"now": now, "until": until, "life": LIFE}).rowcount


def expire(conn: Connection, now: datetime) -> int:
    """End what was not done within its life and is not being done; returns how many. Whoever it was about is judged again."""
    statement = text(
        "UPDATE intent SET state = 'expired', reason = 'not done within 24 h', finished_at = :now"  # noqa: S608
        f" WHERE state = 'pending' AND expires_at <= :now AND {FREE} RETURNING contact"
    )
    contacts = list(conn.scalars(statement, {"now": now}))
    if contacts:
        look_again(conn, contacts, now.date() - _A_DAY)  # the team's day may be one behind UTC's
    return len(contacts)


def pending_counts(conn: Connection) -> Mapping[tuple[str, str], int]:
    """How many intents there are by kind and state, of those that are not over. Read-only."""
    open_states = ("pending", "held", "sending", "unknown", "parked")
    query = (
        select(intent.c.kind, intent.c.state, func.count())
        .where(intent.c.state.in_(open_states))
        .group_by(intent.c.kind, intent.c.state)
    )
    return {(kind, state): number for kind, state, number in conn.execute(query)}
