"""Holds: what waits for a person because the guard found it too much, and her answer (promise 6)."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from datetime import datetime, timedelta

from sqlalchemy import Connection, func, select, text

from connector.store.deciding import LIFE
from connector.store.episodes import begin_episode
from connector.store.intents import COLUMNS, DISCARDED, FREE, IN_SEGMENT, Intent
from connector.store.position import mark_changed
from connector.store.schema import intent

#: A contact of whom more writes than this were accepted by one source within an hour: something answers each of them.
MOST_WRITES = 12

#: Why what is held by `hold_moves_beyond` waits.
BEYOND_MOVES = "more stage moves in 24 h than the guard allows"

_DAY = timedelta(hours=24)
_HOUR = timedelta(hours=1)
_HOLD_LOOPS = text(
    "UPDATE intent SET state = 'held', lease_until = NULL, attempts = greatest(attempts - 1, 0), reason = :why"
    " WHERE id = ANY(:ids) AND state = 'pending' AND :most < (SELECT count(*) FROM intent AS done"
    "  WHERE done.contact = intent.contact AND done.source = intent.source AND done.kind = 'write'"
    "  AND done.state = 'accepted' AND done.finished_at > greatest(:since, (SELECT max(let_go.approved_at)"
    "   FROM intent AS let_go WHERE let_go.contact = intent.contact AND let_go.source = intent.source"
    "   AND let_go.kind = 'write'))) RETURNING id"
)


def hold_moves_beyond(conn: Connection, room: int, sources: Collection[str], now: datetime) -> int:
    """Let `room` contacts' stage moves go on, the oldest first; hold all that waits for the others. Returns how many.

    Of what waits for other sources than these, nothing goes on anyway. A move that one source was told of (it counts since)
    is no second one at another. What a person approved is not counted and not held; leaving a track never waits.
    """
    statement = text(
        "UPDATE intent SET state = 'held', expires_at = NULL, sending_at = NULL,"  # noqa: S608
        f" reason = '{BEYOND_MOVES}'"
        f" WHERE state = 'pending' AND kind <> 'leave' AND approved_at IS NULL AND {FREE} AND contact IN ("
        "  SELECT contact FROM intent AS waiting WHERE state = 'pending' AND move AND approved_at IS NULL"
        "  AND source = ANY(:sources) AND NOT EXISTS (SELECT FROM intent AS told WHERE told.contact = waiting.contact"
        "   AND told.move AND told.state = 'accepted' AND told.approved_at IS NULL AND told.finished_at > :since"
        "   AND told.created_at >= (SELECT max(at) FROM flip WHERE flip.contact = waiting.contact AND NOT flip.baseline))"
        "  GROUP BY contact ORDER BY min(id) OFFSET :room)"
    )
    told = {"room": max(0, room), "sources": sorted(sources), "since": now - _DAY}
    return conn.execute(statement, told).rowcount


def hold_loops(conn: Connection, claimed: Sequence[int], now: datetime) -> frozenset[int]:
    """Hold those of these claimed writes whose contact was written too often within the hour; returns them.

    A person's approval begins a new count.
    """
    why = f"written more than {MOST_WRITES} times within an hour: something else changes what Trellis writes"
    told = {"ids": list(claimed), "most": MOST_WRITES, "since": now - _HOUR, "why": why}
    return frozenset(conn.scalars(_HOLD_LOOPS, told))


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
    query = select(*COLUMNS).where(intent.c.state.in_(("held", "parked"))).order_by(intent.c.id)
    return [Intent(**row) for row in conn.execute(query).mappings()]


def approve(conn: Connection, number: int, now: datetime) -> bool:
    """Let a held intent go: its life starts now, and its contact is judged anew. False if it is not held.

    A newer write to the same place that does not wait for anybody has the last word: then this one is superseded. The
    caller holds the writer lock.
    """
    contact = conn.scalar(
        text(
            "UPDATE intent SET approved_at = :now,"
            " expires_at = CASE WHEN kind = 'enroll' THEN greatest(not_before, CAST(:now AS timestamptz)) + :life END,"
            " reason = '', state = CASE WHEN kind = 'write' AND EXISTS (SELECT 1 FROM intent AS newer"
            "   WHERE newer.contact = intent.contact AND newer.source = intent.source AND newer.kind = 'write'"
            "   AND newer.state = 'pending') THEN 'superseded' ELSE 'pending' END"
            " WHERE id = :id AND state = 'held' RETURNING contact"
        ),
        {"id": number, "now": now, "life": LIFE},
    )
    if contact is not None:
        mark_changed(conn, [contact])
    return contact is not None


def discard(conn: Connection, number: int, now: datetime) -> bool:
    """Drop a held or parked intent for good. False if it is neither.

    What may have been sent keeps its episode used up. An enrollment is not proposed again before she has stopped matching
    the track and matches it anew.
    """
    row = conn.execute(
        text(
            "UPDATE intent SET state = 'refused', reason = :why, finished_at = :now"  # noqa: S608 -- our own words
            " WHERE id = :id AND state IN ('held', 'parked')"
            f" RETURNING kind = 'enroll' AND sending_at IS NOT NULL AND NOT {IN_SEGMENT} AS used_up,"
            " contact, track, episode, channel, sending_at"
        ),
        {"id": number, "now": now, "why": DISCARDED},
    ).one_or_none()
    if row is not None and row.used_up:
        begin_episode(
            conn,
            contact=row.contact,
            track=row.track,
            number=row.episode,
            channel=row.channel,
            entered_at=row.sending_at,
            intent=number,
        )
    return row is not None
