"""The outbox: everything decided to do on a platform, and what became of it.

    pending ──► sending ──► accepted          held: waits for a person; approved → pending
       │           ├──────► refused           parked: a person must look, nothing else is tried
       │           └──────► unknown ──► …     superseded, expired: over, never sent

An intent is claimed while it stays pending, under a lease on database time that nobody else breaks; `sending` is
committed before the bytes leave. Only `sending`, `accepted`, `unknown` (and what was parked after them) use an episode up.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import Connection, RowMapping, func, select, text
from sqlalchemy.dialects.postgresql import insert

from connector.store.deciding import LIFE
from connector.store.engine import LOCK_SPACE
from connector.store.schema import episode, intent
from connector.store.texts import storable

#: Attempts are counted before the work and given back by an orderly `release`: who is out of them killed five workers.
MAX_ATTEMPTS = 5

_DAY = timedelta(hours=24)


@dataclass(frozen=True, slots=True)
class Intent:
    """One thing to do on a platform. `kind` is write, enroll, leave or handover; `payload` is the kind's own."""

    id: int
    kind: str
    state: str
    contact: int
    source: str | None
    track: str | None
    episode: int | None
    channel: str | None
    payload: Mapping[str, Any] = field(repr=False)
    why: str
    move: bool
    not_before: datetime
    expires_at: datetime | None
    attempts: int
    sending_at: datetime | None
    approved_at: datetime | None
    reason: str
    created_at: datetime
    finished_at: datetime | None


_COLUMNS = [intent.c[name] for name in Intent.__dataclass_fields__]
_NAMES = ", ".join(f"intent.{name}" for name in Intent.__dataclass_fields__)
_FREE = "(lease_until IS NULL OR lease_until < clock_timestamp())"


# ---------------------------------------------------------------- claiming


def claim_writes(conn: Connection, source: str, limit: int, lease_s: float) -> list[Intent]:
    """Claim writes to one source, oldest first. None whose predecessor may still be on its way to the platform."""
    _set_aside(conn, "write")
    free = (
        f"SELECT id FROM intent WHERE kind = 'write' AND state = 'pending' AND source = :source AND {_FREE}"  # noqa: S608
        " AND NOT EXISTS (SELECT 1 FROM intent AS older WHERE older.contact = intent.contact AND older.kind = 'write'"
        "  AND older.source = intent.source AND older.state = 'superseded' AND older.lease_until > clock_timestamp())"
        " ORDER BY id LIMIT :limit FOR UPDATE SKIP LOCKED"
    )
    return _claim(conn, free, {"source": source, "limit": limit}, lease_s)


def claim(conn: Connection, kind: str, limit: int, lease_s: float, now: datetime) -> list[Intent]:
    """Claim what is due of another kind (leave, handover), oldest first."""
    expire(conn, now)
    _set_aside(conn, kind)
    free = (
        f"SELECT id FROM intent WHERE kind = :kind AND state = 'pending' AND not_before <= :now AND {_FREE}"  # noqa: S608
        " ORDER BY id LIMIT :limit FOR UPDATE SKIP LOCKED"
    )
    return _claim(conn, free, {"kind": kind, "now": now, "limit": limit}, lease_s)


def claim_enrollments(
    conn: Connection, limit: int, lease_s: float, now: datetime, cap_per_24h: int, *, after: int = 0
) -> list[Intent]:
    """Claim enrollments that are due and have ids above `after`, oldest first, within the guard.

    The guard counts what was sent in the sliding 24 h (accepted, sending, unknown, parked) and what is claimed right now;
    beyond the cap, what is due is held for a person. What a person approved neither counts nor is held. One claimer at a
    time counts; two never get the same.
    """
    conn.execute(text("SELECT pg_advisory_xact_lock(:space, hashtext('guard'))"), {"space": LOCK_SPACE})
    expire(conn, now)
    _set_aside(conn, "enroll")
    due = f"kind = 'enroll' AND state = 'pending' AND not_before <= :now AND id > :after AND {_FREE}"
    room = (
        "SELECT greatest(0, :cap - count(*)) FROM intent WHERE kind = 'enroll' AND approved_at IS NULL AND ("
        " (sending_at > :since AND state IN ('accepted', 'sending', 'unknown', 'parked'))"
        " OR (state = 'pending' AND attempts > 0 AND lease_until > clock_timestamp()))"
    )
    free = (
        f"SELECT id FROM intent WHERE {due} AND (approved_at IS NOT NULL OR id IN (SELECT id FROM intent WHERE {due}"  # noqa: S608
        f"  AND approved_at IS NULL ORDER BY id LIMIT ({room})))"
        " ORDER BY id LIMIT :limit FOR UPDATE SKIP LOCKED"
    )
    values = {"now": now, "since": now - _DAY, "after": after, "cap": cap_per_24h, "limit": limit}
    beyond = (
        "UPDATE intent SET state = 'held', expires_at = NULL, lease_until = NULL,"  # noqa: S608
        "  reason = 'more enrollments in 24 h than the guard allows'"
        f" WHERE {due} AND approved_at IS NULL AND id NOT IN ("
        f"  SELECT id FROM intent WHERE {due} AND approved_at IS NULL ORDER BY id LIMIT ({room}))"
    )
    conn.execute(text(beyond), values)
    return _claim(conn, free, values, lease_s)


def _claim(conn: Connection, free: str, values: Mapping[str, Any], lease_s: float) -> list[Intent]:
    statement = text(
        "UPDATE intent SET attempts = attempts + 1, lease_until = clock_timestamp() + make_interval(secs => :lease)"  # noqa: S608
        f" WHERE id IN ({free}) RETURNING {_NAMES}"
    )
    rows = conn.execute(statement, {**values, "lease": lease_s}).mappings()
    return sorted(map(_intent, rows), key=lambda one: one.id)


def _set_aside(conn: Connection, kind: str) -> None:
    """Poison: park what was claimed too often without an ending."""
    conn.execute(
        text(
            "UPDATE intent SET state = 'parked', lease_until = NULL, reason = 'its worker died ' || attempts || ' times'"  # noqa: S608
            f" WHERE kind = :kind AND state = 'pending' AND attempts >= :most AND {_FREE}"
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


def accept_enrollment(conn: Connection, number: int, channel: str, at: datetime, *, segment: bool = False) -> None:
    """End an enrollment as accepted, with its episode; a segment (nobody listens) uses no episode up."""
    row = conn.execute(
        text(
            "UPDATE intent SET state = 'accepted', channel = :channel, sending_at = coalesce(sending_at, :at),"
            " finished_at = :at, lease_until = NULL, reason = '' WHERE id = :id AND kind = 'enroll'"
            " RETURNING contact, track, episode, sending_at"
        ),
        {"id": number, "channel": channel, "at": at},
    ).one()
    if segment:
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
    conn.execute(
        text(
            "UPDATE intent SET state = :state, reason = :reason, lease_until = NULL,"
            " finished_at = CASE WHEN :state IN ('unknown', 'parked') THEN NULL ELSE CAST(:at AS timestamptz) END"
            " WHERE id = :id AND state <> 'accepted'"
        ),
        {"id": number, "state": state, "reason": storable(reason), "at": at},
    )


def release(conn: Connection, number: int, reason: str, at: datetime, *, again_in_s: float) -> None:
    """Give a claimed intent back: it was certainly not applied, and may be claimed again after a pause.

    The attempt does not count; an episode that it had used up is free again. What was superseded meanwhile stays so.
    """
    conn.execute(
        text(
            "UPDATE intent SET lease_until = CASE WHEN state = 'superseded' THEN NULL"
            "  ELSE clock_timestamp() + make_interval(secs => :pause) END,"
            " state = CASE WHEN state = 'superseded' THEN state ELSE 'pending' END,"
            " attempts = greatest(attempts - 1, 0), sending_at = NULL, reason = :reason,"
            " expires_at = CASE WHEN kind = 'write' THEN NULL ELSE greatest(expires_at, CAST(:at AS timestamptz)) END"
            " WHERE id = :id AND state IN ('pending', 'sending', 'unknown', 'superseded')"
        ),
        {"id": number, "reason": storable(reason), "at": at, "pause": again_in_s},
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
            f" WHERE state = 'sending' AND {_FREE}"
        )
    )
    query = select(*_COLUMNS).where(intent.c.state == "unknown", intent.c.kind == "enroll").order_by(intent.c.id)
    return [_intent(row) for row in conn.execute(query).mappings()]


def expire(conn: Connection, now: datetime) -> int:
    """End what was not done within its life and is not being done; returns how many."""
    statement = text(
        "UPDATE intent SET state = 'expired', reason = 'not done within 24 h', finished_at = :now"  # noqa: S608
        f" WHERE state = 'pending' AND expires_at <= :now AND {_FREE}"
    )
    return conn.execute(statement, {"now": now}).rowcount


# ---------------------------------------------------------------- the guard's holds


def hold_moves_beyond(conn: Connection, room: int) -> int:
    """Let `room` contacts' stage moves go on, the oldest first; hold all that waits for the others. Returns how many.

    What a person approved is not counted and not held; leaving a track never waits.
    """
    statement = text(
        "UPDATE intent SET state = 'held', expires_at = NULL, reason = 'more stage moves in 24 h than the guard allows'"  # noqa: S608
        f" WHERE state = 'pending' AND kind <> 'leave' AND approved_at IS NULL AND {_FREE} AND contact IN ("
        "  SELECT contact FROM intent WHERE state = 'pending' AND move AND approved_at IS NULL"
        "  GROUP BY contact ORDER BY min(id) OFFSET :room)"
    )
    return conn.execute(statement, {"room": max(0, room)}).rowcount


def moves_delivered(conn: Connection, now: datetime) -> int:
    """How many contacts' stage moves were written in the sliding 24 h, those approved by a person apart. Read-only."""
    query = select(func.count(intent.c.contact.distinct())).where(
        intent.c.move, intent.c.finished_at > now - _DAY, intent.c.state == "accepted", intent.c.approved_at.is_(None)
    )
    return conn.execute(query).scalar_one()


def enrolled_since(conn: Connection, now: datetime) -> int:
    """How many enrollments went out in the sliding 24 h, whatever became of them. Read-only."""
    query = select(func.count()).where(
        intent.c.kind == "enroll",
        intent.c.sending_at > now - _DAY,
        intent.c.state.in_(("accepted", "sending", "unknown", "parked")),
    )
    return conn.execute(query).scalar_one()


def list_held(conn: Connection) -> Sequence[Intent]:
    """What waits for a person: held and parked intents, oldest first. Read-only."""
    query = select(*_COLUMNS).where(intent.c.state.in_(("held", "parked"))).order_by(intent.c.id)
    return [_intent(row) for row in conn.execute(query).mappings()]


def approve(conn: Connection, number: int, now: datetime) -> bool:
    """Let a held intent go: its life starts now, and its contact is judged anew. False if it is not held.

    A newer write to the same place that does not wait for anybody has the last word: then this one is superseded.
    """
    contact = conn.scalar(
        text(
            "UPDATE intent SET approved_at = :now, expires_at = CASE WHEN kind = 'write' THEN NULL"
            "  ELSE greatest(not_before, CAST(:now AS timestamptz)) + :life END,"
            " reason = '', state = CASE WHEN kind = 'write' AND EXISTS (SELECT 1 FROM intent AS newer"
            "   WHERE newer.contact = intent.contact AND newer.source = intent.source AND newer.kind = 'write'"
            "   AND newer.state = 'pending') THEN 'superseded' ELSE 'pending' END"
            " WHERE id = :id AND state = 'held' RETURNING contact"
        ),
        {"id": number, "now": now, "life": LIFE},
    )
    if contact is not None:
        conn.execute(text("UPDATE contact SET changed = nextval('ledger_position') WHERE id = :id"), {"id": contact})
    return contact is not None


def discard(conn: Connection, number: int, now: datetime) -> bool:
    """Drop a held or parked intent for good. False if it is neither.

    What may have been sent keeps its episode used up.
    """
    row = conn.execute(
        text(
            "UPDATE intent SET state = 'refused', reason = 'discarded by a person', finished_at = :now"
            " WHERE id = :id AND state IN ('held', 'parked') RETURNING kind, contact, track, episode, channel, sending_at"
        ),
        {"id": number, "now": now},
    ).one_or_none()
    if row is not None and row.kind == "enroll" and row.sending_at is not None:
        used = insert(episode).values(
            contact=row.contact,
            track=row.track,
            number=row.episode,
            channel=row.channel,
            source=source_of(row.channel),
            entered_at=row.sending_at,
            intent=number,
        )
        conn.execute(used.on_conflict_do_nothing())
    return row is not None


def pending_counts(conn: Connection) -> Mapping[tuple[str, str], int]:
    """How many intents there are by kind and state, of those that are not over. Read-only."""
    open_states = ("pending", "held", "sending", "unknown", "parked")
    query = (
        select(intent.c.kind, intent.c.state, func.count())
        .where(intent.c.state.in_(open_states))
        .group_by(intent.c.kind, intent.c.state)
    )
    return {(kind, state): number for kind, state, number in conn.execute(query)}


def source_of(channel: str) -> str:
    """The source that a channel's key belongs to: ``hubspot``, or ``mailchimp:<audience>``."""
    platform, _, rest = channel.partition(":")
    return platform if platform == "hubspot" else f"{platform}:{rest.partition(':')[0]}"


def _intent(row: RowMapping) -> Intent:
    return Intent(**row)
