"""Ids that the full read at hand has met, and who was not among them."""

from __future__ import annotations

from array import array
from collections.abc import Sequence
from datetime import datetime

from sqlalchemy import Connection, text

from connector.store.json_array import json_array


def begin_listing(conn: Connection, source: str) -> None:
    """Forget what an earlier full read of a source has met."""
    conn.execute(text("DELETE FROM listed WHERE source = :source"), {"source": source})


def list_ids(conn: Connection, source: str, ids: Sequence[str]) -> None:
    """Note that these ids are there; one may be noted twice."""
    conn.execute(
        text("INSERT INTO listed (source, platform_id) SELECT :source, json_array_elements_text(:ids)"),
        {"source": source, "ids": json_array(ids)},
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
            "SELECT platform_id FROM record WHERE source = :source AND NOT archived AND NOT EXISTS (SELECT FROM listed"
            "  WHERE listed.source = record.source AND listed.platform_id = record.platform_id) ORDER BY 1"
        ),
        {"source": source},
    ).all()


def count_present(conn: Connection, source: str) -> int:
    """How many records of a source we hold for present. Read-only."""
    count: int = conn.execute(
        text("SELECT count(*) FROM record WHERE source = :source AND NOT archived"), {"source": source}
    ).scalar_one()
    return count


def present_numbers(conn: Connection, source: str) -> Sequence[int]:
    """Ids of all whom we know to be there, lowest first: those whom we hold for present, and those whom nobody can read.

    Ids that are no numbers are left out. A million of them are 8 MB. Read-only.
    """
    found = conn.scalars(
        text(
            "SELECT platform_id::bigint FROM (SELECT platform_id FROM record WHERE source = :source AND NOT archived"
            " UNION SELECT platform_id FROM failure WHERE step = 'read' AND source = :source AND resolved_at IS NULL)"
            " AS known WHERE platform_id ~ '^[0-9]{1,18}$' ORDER BY 1"
        ).execution_options(stream_results=True, yield_per=10_000),
        {"source": source},
    )
    return array("q", found)


def archived_among(conn: Connection, source: str, ids: Sequence[str]) -> frozenset[str]:
    """Those of these ids that we hold for archived or deleted. Read-only."""
    query = text(
        "SELECT asked.platform_id FROM json_array_elements_text(:ids) AS asked (platform_id),"
        " LATERAL (SELECT archived FROM record"
        "  WHERE source = :source AND platform_id = asked.platform_id LIMIT 1) AS known WHERE known.archived"
    )
    return frozenset(conn.scalars(query, {"source": source, "ids": json_array(ids)}))


def archived_between(conn: Connection, source: str, since: datetime, until: datetime) -> Sequence[str]:
    """Ids of records that were found archived or deleted in [since, until). Read-only."""
    query = text(
        "SELECT platform_id FROM record WHERE source = :source AND archived AND read_at >= :since AND read_at < :until"
        " ORDER BY 1"
    )
    return conn.scalars(query, {"source": source, "since": since, "until": until}).all()
