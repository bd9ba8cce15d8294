"""Ids that the full read at hand has met, and who was not among them."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime

from sqlalchemy import Connection, text


def begin_listing(conn: Connection, source: str) -> None:
    """Forget what an earlier full read of a source has met."""
    conn.execute(text("DELETE FROM listed WHERE source = :source"), {"source": source})


def list_ids(conn: Connection, source: str, ids: Sequence[str]) -> None:
    """Note that these ids are there; one may be noted twice."""
    conn.execute(
        text("INSERT INTO listed (source, platform_id) SELECT :source, unnest(CAST(:ids AS text[]))"),
        {"source": source, "ids": list(ids)},
    )


def count_listed(conn: Connection, source: str) -> int:
    """How many different ids have been met, but for those that we know as archived. Read-only."""
    count: int = conn.execute(
        text(
            "SELECT count(DISTINCT listed.platform_id) FROM listed LEFT JOIN record USING (source, platform_id)"
            " WHERE source = :source AND archived IS NOT TRUE"
        ),
        {"source": source},
    ).scalar_one()
    return count


def not_listed(conn: Connection, source: str) -> Sequence[str]:
    """Ids of records that we hold for present and that have not been met. Read-only."""
    return conn.scalars(
        text(
            "SELECT platform_id FROM record WHERE source = :source AND NOT archived"
            " AND platform_id NOT IN (SELECT platform_id FROM listed WHERE source = :source) ORDER BY 1"
        ),
        {"source": source},
    ).all()


def present_ids(conn: Connection, source: str) -> Sequence[str]:
    """Ids of all records of a source that we hold for present. Read-only."""
    return conn.scalars(
        text("SELECT platform_id FROM record WHERE source = :source AND NOT archived"), {"source": source}
    ).all()


def archived_before(conn: Connection, source: str, moment: datetime) -> Sequence[str]:
    """Ids of records that were found archived or deleted before `moment`. Read-only."""
    return conn.scalars(
        text("SELECT platform_id FROM record WHERE source = :source AND archived AND read_at < :moment ORDER BY 1"),
        {"source": source, "moment": moment},
    ).all()
