"""What has gone out stays counted when whoever it was for is erased: the guard and the pace know that it did, not to whom."""

from __future__ import annotations

from datetime import datetime, timedelta

from sqlalchemy import Connection, text

from connector.store.intents import IN_SEGMENT
from connector.store.pace import SENT

#: What is counted slides over 24 h; as long again, since a clock may be set back.
KEPT = timedelta(hours=48)

# Rows of their own, of nobody (contacts below 0): what is still being sent for her is to find no row at its end. One such
# contact for each person erased, for stage moves are counted by contact.
_KEEP = text(
    "INSERT INTO intent (kind, state, contact, payload, move, heard, approved_at, sending_at,"  # noqa: S608
    "  not_before, created_at, finished_at)"
    " SELECT kind, 'accepted', (SELECT least(min(contact), 0) - 1 FROM intent),"
    f"  CASE WHEN {IN_SEGMENT} THEN CAST(:segment AS jsonb) ELSE CAST('{{}}' AS jsonb) END,"
    "  move, heard, approved_at, sending_at, at, at, at"
    " FROM intent, LATERAL (SELECT coalesce(sending_at, finished_at)) AS told (at) WHERE contact = :contact"
    f" AND ((kind = 'enroll' AND {SENT.format(since='since')})"
    "  OR (state = 'accepted' AND (move OR heard) AND finished_at > :since))"
)
_SEGMENT = '{"ways": [{"segment": true}]}'


def keep_counted(conn: Connection, contact: int, at: datetime) -> None:
    """Before her intents are deleted: keep of those that count in the sliding 24 h when they went out, and nothing of her."""
    conn.execute(_KEEP, {"contact": contact, "since": at - timedelta(hours=24), "segment": _SEGMENT})
