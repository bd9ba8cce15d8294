"""What is under way in this store: workers that wait for the bell, people on tracks. Read-only."""

from __future__ import annotations

from sqlalchemy import Connection, func, select, text

from connector.store.schema import episode

#: A worker beats every ten seconds, and unregisters when it leaves (facts/parts.md, Procrastinate).
_HEARD_S = 35


def workers(conn: Connection) -> int:
    """How many workers are there, or were killed less than a minute ago. Read-only."""
    beaten = text(
        "SELECT count(*) FROM procrastinate_workers"
        " WHERE last_heartbeat > clock_timestamp() - make_interval(secs => :seconds)"
    )
    return int(conn.execute(beaten, {"seconds": _HEARD_S}).scalar_one())


def people_on_tracks(conn: Connection) -> int:
    """How many people are on a track now. Read-only."""
    on = select(func.count(episode.c.contact.distinct())).where(episode.c.left_at.is_(None))
    return int(conn.execute(on).scalar_one())
