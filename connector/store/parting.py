"""Who was forgotten while on a track: until she is out of it, for an hour at most, the platform's id of her is kept."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlalchemy import Connection, delete, insert, select, text

from connector.store.schema import parting

#: Within this everything of somebody forgotten is gone (promise 9).
WITHIN = timedelta(hours=1)

_OPEN = text(
    "SELECT channel AS key, track, source, coalesce(entered_as, (SELECT platform_id FROM record"
    "  WHERE record.contact = episode.contact AND record.source = episode.source)) AS platform_id FROM episode"
    " WHERE contact = :contact AND left_at IS NULL AND source IS DISTINCT FROM CAST(:gone_from AS text)"
)


@dataclass(frozen=True, slots=True)
class Parting:
    """One to be taken out of a track by the channel that she entered by, until a moment after which nobody knows of her."""

    key: str
    track: str
    source: str
    platform_id: str
    until: datetime


def partings_of(conn: Connection, contact: int, at: datetime, *, gone_from: str | None) -> Sequence[Parting]:
    """The tracks that somebody about to be forgotten is on, where she is not `gone_from` already. Read-only."""
    rows = conn.execute(_OPEN, {"contact": contact, "gone_from": gone_from})
    return [
        Parting(row.key, row.track, row.source, row.platform_id, at + WITHIN)
        for row in rows
        if row.platform_id is not None
    ]


def keep_partings(conn: Connection, rows: Sequence[Parting]) -> None:
    """Remember these until they are done."""
    if rows:
        names = Parting.__dataclass_fields__
        conn.execute(insert(parting), [{name: getattr(row, name) for name in names} for row in rows])


def partings(conn: Connection) -> Sequence[Parting]:
    """All that are not done. Read-only."""
    columns = [parting.c[name] for name in Parting.__dataclass_fields__]
    return [Parting(*row) for row in conn.execute(select(*columns).order_by(parting.c.id))]


def end_partings(conn: Connection, rows: Sequence[Parting]) -> None:
    """Forget these for good."""
    for row in rows:
        conn.execute(delete(parting).where(parting.c.key == row.key, parting.c.platform_id == row.platform_id))
