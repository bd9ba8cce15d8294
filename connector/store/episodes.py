"""Episodes: who entered which track, by which channel, and under which id of the platform."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime

from sqlalchemy import Connection, select, text
from sqlalchemy.dialects.postgresql import insert

from connector.store.intents import Intent, source_of
from connector.store.schema import episode, record


def begin_episode(
    conn: Connection, *, contact: int, track: str, number: int, channel: str, entered_at: datetime, intent: int
) -> None:
    """Note that she entered; the first time stands. Under which id she did so is kept: two contacts who turn out to be one
    may be two members at Mailchimp, and it is the one who entered that must leave.
    """
    source = source_of(channel)
    entered_as = select(record.c.platform_id).where(record.c.contact == contact, record.c.source == source)
    row = insert(episode).values(
        contact=contact,
        track=track,
        number=number,
        channel=channel,
        source=source,
        entered_at=entered_at,
        entered_as=entered_as.scalar_subquery(),
        intent=intent,
    )
    conn.execute(row.on_conflict_do_nothing())


def end_episode(conn: Connection, contact: int, track: str, number: int, at: datetime) -> None:
    """Note that she is out of the track; the first end stands."""
    conn.execute(
        text(
            "UPDATE episode SET left_at = :at"
            " WHERE contact = :contact AND track = :track AND number = :number AND left_at IS NULL"
        ),
        {"contact": contact, "track": track, "number": number, "at": at},
    )


def entered_as(conn: Connection, leaving: Sequence[Intent]) -> Mapping[int, str]:
    """Under which id of the platform each of these began the episode that she is to leave, by intent, where it is known.

    Read-only.
    """
    asked = text(
        "SELECT intent.id, episode.entered_as FROM intent JOIN episode ON episode.contact = intent.contact"
        " AND episode.track = intent.track AND episode.number = intent.episode"
        " WHERE intent.id = ANY(:ids) AND episode.entered_as IS NOT NULL"
    )
    return {row.id: row.entered_as for row in conn.execute(asked, {"ids": [one.id for one in leaving]})}
