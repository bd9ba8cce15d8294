"""All that waits in the outbox, and how much of it the guard and the pace would let go now. Read-only."""

from __future__ import annotations

from collections.abc import Sequence
from collections.abc import Set as AbstractSet
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import Connection, text

from connector.store.heard import HEARD
from connector.store.intents import FREE, IN_SEGMENT
from connector.store.pace import CLAIMED, ROOM, SENT, Pace
from connector.store.schema import LIVE_ENROLLMENT, OPEN_LEAVE

_DAY = timedelta(days=1)


@dataclass(frozen=True, slots=True)
class WaitingIntent:
    """An intent that waits. `way` is the first way of an enrollment, or the key of a leave; `told`: one source was told of
    this very move already; `due`: it may be claimed now; `held` says why it waits for a person, where it does.
    """

    id: int
    kind: str
    contact: int
    source: str
    track: str
    episode: int
    ways: tuple[tuple[str, str], ...]
    segment: bool
    move: bool
    told: bool
    heard: bool
    approved: bool
    due: bool
    not_before: datetime
    over: bool
    held: str
    payload: Any


@dataclass(frozen=True, slots=True)
class Room:
    """What has gone out in the sliding 24 h and counts in the guard, and how many more the pace lets enter now (None: any).

    `enrolled` are enrollments that a workflow hears, `listed` those by ways that nobody listens to, each with what is
    claimed right now; `sent` are all of both that went out; `heard` are writes that a workflow heard.
    """

    enrolled: int
    listed: int
    sent: int
    heard: int
    pace: int | None


#: What claiming would end (store/claiming.py).
_OVER = f"state = 'pending' AND expires_at <= :now AND {FREE}"
_WAITING = text(
    "SELECT id, kind, contact, coalesce(source, '') AS source, coalesce(track, '') AS track, coalesce(episode, 0) AS episode,"  # noqa: S608
    f" payload, {IN_SEGMENT} AS segment, move, coalesce(heard, false) AS heard, approved_at IS NOT NULL AS approved,"
    f" not_before <= :now AND {FREE} AS due, not_before, coalesce({_OVER}, false) AS over,"
    " CASE state WHEN 'held' THEN reason ELSE '' END AS held,"
    " move AND EXISTS (SELECT FROM intent AS other WHERE other.contact = intent.contact AND other.move"
    "  AND other.state = 'accepted' AND other.approved_at IS NULL AND other.finished_at > :since"
    "  AND other.created_at >= (SELECT max(at) FROM flip WHERE flip.contact = intent.contact AND NOT flip.baseline)) AS told"
    " FROM intent WHERE state IN ('pending', 'held') ORDER BY id"
)
_STANDING = text(
    "SELECT contact, track, episode FROM intent WHERE contact = ANY(:ids)"  # noqa: S608 -- our own words
    f" AND (({LIVE_ENROLLMENT}) OR ({OPEN_LEAVE})) AND kind = :kind AND ({_OVER}) IS NOT TRUE"
)
_OUT = SENT.format(since="since")


def _counted(whom: str) -> str:
    return f"(SELECT count(*) FROM intent WHERE kind = 'enroll' AND approved_at IS NULL AND {whom})"  # noqa: S608


_ROOM = text(
    f"SELECT {_counted(f'NOT {IN_SEGMENT} AND ({_OUT} OR {CLAIMED})')} AS enrolled,"
    f" {_counted(f'{IN_SEGMENT} AND ({_OUT} OR {CLAIMED})')} AS listed, {_counted(_OUT)} AS sent,"
    f" {HEARD} AS heard, ({ROOM}) AS pace"
)

_SENT_LATELY = text(f"SELECT sending_at FROM intent WHERE kind = 'enroll' AND NOT {IN_SEGMENT} AND {_OUT} ORDER BY 1")  # noqa: S608


def waiting_intents(conn: Connection, now: datetime) -> Sequence[WaitingIntent]:
    """What waits, or is held, oldest first."""
    return [
        WaitingIntent(ways=_ways(row.kind, row.payload), **row._mapping)  # noqa: SLF001
        for row in conn.execute(_WAITING, {"now": now, "since": now - _DAY})
    ]


def standing_wishes(
    conn: Connection, kind: str, contacts: Sequence[int], now: datetime
) -> AbstractSet[tuple[int, str, int]]:
    """The enrollments (``enroll``) or exits (``leave``) of these contacts beside which no second one may stand: (contact,
    track, episode).
    """
    return {tuple(row) for row in conn.execute(_STANDING, {"ids": list(contacts), "kind": kind, "now": now})}


def room_now(conn: Connection, pace: Pace, now: datetime) -> Room:
    """What is left of the last 24 hours, counted as claiming counts it (store/claiming.py)."""
    return Room(*conn.execute(_ROOM, {"since": now - _DAY, **pace.values(now)}).one())


def sent_lately(conn: Connection, pace: Pace, now: datetime) -> Sequence[datetime]:
    """When the enrollments of the last 24 hours went out that the pace counts, oldest first; none where there is no pace."""
    return conn.scalars(_SENT_LATELY, {"since": now - _DAY}).all() if pace != Pace() else ()


def _ways(kind: str, payload: Any) -> tuple[tuple[str, str], ...]:
    if kind == "enroll":
        return tuple((way["source"], way["key"]) for way in payload["ways"])
    return (("", payload["key"]),) if kind == "leave" else ()
