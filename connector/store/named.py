"""Whom a webhook names, as far as the ledger knows them. All read-only."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass

from sqlalchemy import Connection, text

from connector.store.json_array import json_array
from connector.store.texts import email_key, storable

_LAST_WRITTEN = text(
    "SELECT record.platform_id, written.name, written.value, record.raw ->> written.name AS held"
    " FROM record JOIN written ON written.contact = record.contact AND written.source = record.source"
    " WHERE record.source = :source AND record.platform_id = ANY(CAST(:ids AS text[]))"
)
_AT_ADDRESSES = text(
    "SELECT record.email_key, record.platform_id, record.archived"
    " FROM json_array_elements_text(:keys) AS asked (email_key) JOIN record ON record.email_key = asked.email_key"
    " WHERE record.source = :source ORDER BY record.platform_id"
)
_NOBODY_ELSE_FAILS = (
    " AND NOT archived AND NOT platform_id = ANY(CAST(:besides AS text[])) AND NOT EXISTS (SELECT FROM failure"
    "  WHERE failure.source = record.source AND failure.platform_id = record.platform_id AND resolved_at IS NULL)"
    " ORDER BY platform_id LIMIT 1"
)
_NEXT = text(
    "SELECT platform_id FROM record WHERE source = :source AND platform_id > :after" + _NOBODY_ELSE_FAILS  # noqa: S608 -- our own text
)


@dataclass(frozen=True, slots=True)
class AtAddress:
    """A record that has an address (`key`: normalized), by what we know."""

    key: str
    platform_id: str
    archived: bool


def last_written(conn: Connection, source: str, ids: Sequence[str]) -> Mapping[tuple[str, str], tuple[str, str | None]]:
    """What we wrote last to these records and what they hold now, as far as we know: by id and name, (written, held)."""
    rows = conn.execute(_LAST_WRITTEN, {"source": source, "ids": list(ids)})
    return {(row.platform_id, row.name): (row.value, row.held) for row in rows}


def another_record(conn: Connection, source: str, besides: Collection[str]) -> str | None:
    """The id of somebody who is there and reads well, not among these; None if there is nobody.

    Not always the same one: who it is depends on the last of these.
    """
    asked = {"source": source, "besides": sorted(besides)}
    for after in (max(besides, default=""), ""):
        found: str | None = conn.scalar(_NEXT, {**asked, "after": after})
        if found is not None:
            return found
    return None


def at_addresses(conn: Connection, source: str, addresses: Collection[str]) -> Sequence[AtAddress]:
    """The records of a source that have one of these e-mail addresses."""
    keys = sorted({key for one in addresses if (key := email_key(storable(one)))})
    rows = conn.execute(_AT_ADDRESSES, {"source": source, "keys": json_array(keys)}) if keys else ()
    return [AtAddress(row.email_key, row.platform_id, row.archived) for row in rows]
