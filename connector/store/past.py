"""Records whose property histories are still to be read, and what those tell once they are."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any

import orjson
from sqlalchemy import Connection, Row, text

from connector.facts import Record
from connector.rulebook.mapping import HUBSPOT, MERGED_IDS
from connector.store.position import mark_changed
from connector.store.records import from_row
from connector.store.sightings import Sighting, log
from connector.store.texts import storable

_QUEUE = text(
    "SELECT past_to_read.platform_id FROM past_to_read LEFT JOIN record"
    " ON record.source = :hubspot AND record.platform_id = past_to_read.platform_id"
    " ORDER BY record.modified_at DESC NULLS LAST, past_to_read.platform_id LIMIT :limit"
)
_RECORDS = text("SELECT * FROM record WHERE source = :hubspot AND platform_id = ANY(:ids) ORDER BY contact")
_SIGHTINGS = text(
    "SELECT contact, platform_id, known_at, changed, values FROM sighting WHERE contact = ANY(:contacts)"
    " AND source = (SELECT id FROM word WHERE text = :hubspot) ORDER BY contact, known_at, position"
)
_CHANGED_ON = text(
    "UPDATE record SET changed_on = told.changed_on || record.changed_on"
    " FROM unnest(CAST(:contacts AS bigint[]), CAST(:changed_on AS jsonb[])) AS told (contact, changed_on)"
    " WHERE record.contact = told.contact AND record.source = :hubspot"
)


@dataclass(frozen=True, slots=True)
class Unread:
    """A HubSpot record whose past has not been read: whose it is, how it was first seen, and when that was.

    `first` holds each value as it was first told, None where it was empty; what was never told is absent.
    """

    contact: int
    first: Record
    known_at: datetime


@dataclass(frozen=True, slots=True)
class PastValues:
    """What a record held before its first sight: moments, oldest first, with the values that came then."""

    contact: int
    platform_id: str
    values: Sequence[tuple[datetime, Mapping[str, str | None]]]


def count_to_read(conn: Connection) -> int:
    """How many records wait for their histories to be read. Read-only."""
    count: int = conn.execute(text("SELECT count(*) FROM past_to_read")).scalar_one()
    return count


def queue(conn: Connection, limit: int) -> Sequence[str]:
    """The ids of the first so many of them, the most recently modified first. Read-only."""
    return conn.scalars(_QUEUE, {"hubspot": HUBSPOT, "limit": limit}).all()


def unread(conn: Connection, ids: Sequence[str]) -> Sequence[Unread]:
    """Those of these ids that still stand for themselves. Read-only.

    Who was united with another record since her first sight is left out: whose each entry was, histories do not say, and
    what both did is known from then on.
    """
    rows = conn.execute(_RECORDS, {"hubspot": HUBSPOT, "ids": list(ids)}).mappings().all()
    told: dict[int, list[Row[Any]]] = defaultdict(list)
    for row in conn.execute(_SIGHTINGS, {"hubspot": HUBSPOT, "contacts": [row["contact"] for row in rows]}):
        told[row.contact].append(row)
    found = (_first_seen(row["contact"], from_row(row), told[row["contact"]]) for row in rows)
    return [one for one in found if one is not None]


def keep_values(conn: Connection, pasts: Sequence[PastValues]) -> None:
    """Put what records held into the history of their contacts, who are marked for a new judgement.

    The caller holds the writer lock, and reads the past of a record once.
    """
    told = [one for one in pasts if one.values]
    log(
        conn,
        [
            (one.contact, Sighting(HUBSPOT, one.platform_id, at, True, _storable(values)))
            for one in told
            for at, values in one.values
        ],
    )
    changed_on = [{name: at.isoformat() for at, values in one.values for name in values} for one in told]
    conn.execute(
        _CHANGED_ON,
        {
            "hubspot": HUBSPOT,
            "contacts": [one.contact for one in told],
            "changed_on": [orjson.dumps(one).decode() for one in changed_on],
        },
    )
    mark_changed(conn, [one.contact for one in told])


def set_read(conn: Connection, ids: Sequence[str]) -> None:
    """Take records from the queue. Belongs into the transaction that keeps what their histories told."""
    conn.execute(text("DELETE FROM past_to_read WHERE platform_id = ANY(:ids)"), {"ids": list(ids)})


def _first_seen(contact: int, present: Record, sightings: Sequence[Row[Any]]) -> Unread | None:
    first: dict[str, str | None] = {}
    for one in sightings:
        if one.platform_id != present.id:
            return None
        if not one.changed:
            first = {**one.values, **first}
    known_at = next((one.known_at for one in sightings if not one.changed), None)
    if known_at is None or first.get(MERGED_IDS) != present.values.get(MERGED_IDS):
        return None
    return Unread(contact, replace(present, values={name: first.get(name) for name in present.values}), known_at)


def _storable(values: Mapping[str, str | None]) -> Mapping[str, str | None]:
    return {name: storable(value) if value else None for name, value in values.items()}
